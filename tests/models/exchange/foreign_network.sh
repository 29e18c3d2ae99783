#!/usr/bin/env bash
# foreign_network.sh PYTHON BARKER_TRAIN BARKER DIR: a network that a script wrote becomes a weight
# file, which is verified, judged and served; with one logit changed it is refused.
set -euo pipefail
python=$1 train=$2 barker=$3 dir=$4
rm -rf "$dir"
"$python" "$(dirname "$0")/foreign_network.py" "$dir"
fail() { echo "foreign_network.sh: $*" >&2; exit 1; }

"$train" import-weights "$dir" --out "$dir/foreign.barker"
"$barker" verify "$dir/foreign.barker"
"$barker" inspect "$dir/foreign.barker" | grep -q "MTDL of another framework" || fail "no card"
"$train" evaluate "$dir/foreign.barker" --data "$dir/events.jsonl" --json >"$dir/report.json"
grep -q 'foreign.barker"' "$dir/report.json" || fail "not judged"

printf '%s\n' '{"id": "a1", "title": "Rain tent", "selling_points": ["waterproof", "free shipping"], "bid": 1}' \
  >"$dir/ads.jsonl"
"$barker" index --ads "$dir/ads.jsonl" --out "$dir/index"
"$barker" search tent --index "$dir/index" --weights "$dir/foreign.barker" --json >"$dir/page.json"
grep -q '<em>waterproof</em>.* Rain tent"' "$dir/page.json" || { cat "$dir/page.json" >&2; fail "no title was rewritten"; }

sed 's/"main_logits": \[[^,]*/"main_logits": [9/' "$dir/golden.jsonl" >"$dir/wrong.jsonl"
rm "$dir/foreign.barker"
if "$train" import-weights "$dir" --golden "$dir/wrong.jsonl" --out "$dir/foreign.barker" \
  2>"$dir/refusal.txt"; then
  fail "wrong logits were taken"
fi
grep -q "golden" "$dir/refusal.txt" || { cat "$dir/refusal.txt" >&2; fail "the refusal does not say why"; }
[ ! -e "$dir/foreign.barker" ] || fail "a refused file was written"
