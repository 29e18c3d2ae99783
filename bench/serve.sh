#!/usr/bin/env bash
# bench/serve.sh BIN OUT [SECONDS [SOAK_SECONDS]]: `barker serve` under wrk at 1, 8, 64 and 512
# connections, while weights, rules and the catalogue change every few seconds, and the CPU time of
# a request beside that of the same search in process, measured before and after in the same run:
# `ratio` is to searches one after the other, and for one connection, between whose requests the
# server sleeps, `paced` is to searches in process with pauses as long.
# BARKER_SERVE_CHANGES=0 leaves the changes out. With SOAK_SECONDS, 64 connections ask for so long,
# and the resident memory at the end is compared with that after a warm-up: exit 1 where it grew by
# more than a tenth. Needs wrk.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 out=$2 seconds=${3:-10} soak=${4:-0}
. bench/served.sh
make_index
demo=models/simulate/demo.barker weights=$out/weights rules=$out/rules.toml
rm -rf "$weights"
"$bin/barker" publish "$demo" --out "$weights" >/dev/null
echo '# no rules' >"$rules"
cat >"$out/queries.txt" <<'TXT'
backpack
wireless headphones
running shoes
electric kettle
面膜
moisturizer
tent
保温杯
TXT
# The same queries in the same order, escaped.
python3 - "$out" <<'PY'
import sys, urllib.parse
out = sys.argv[1]
paths = ["/v1/search?q=" + urllib.parse.quote(q.strip()) for q in open(out + "/queries.txt")]
with open(out + "/queries.lua", "w") as lua:
    lua.write("local paths = {" + ",".join('"%s"' % p for p in paths) + "}\nlocal next = 0\n"
              "request = function() next = next % #paths + 1; return wrk.format('GET', paths[next]) end\n"
              "done = function(s, l, r) io.write(string.format('RESULT %d %d %.0f %.0f %d\\n', "
              "s.requests, s.duration, l:percentile(50), l:percentile(99), "
              "s.errors.connect + s.errors.read + s.errors.write + s.errors.status + s.errors.timeout)) end\n")
PY
in_process() { "$bin/serve_bench" "$out/index" "$demo" "$out/queries.txt" "$@"; }

server='' changer=''
trap 'kill $server $changer 2>/dev/null || true' EXIT
start_server "$bin/barker" serve --weights "$weights" --rules "$rules" --server-queue 1024
# wrk counts as a timeout what took longer than two seconds.
kinds_of_errors() { grep -E 'Socket errors|Non-2xx' "$1" || true; }
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
hertz=$(getconf CLK_TCK)

# Something changes each second: weights, rules, bids, and every fourth time the whole index.
change() {
  local i
  for ((i = 1; ; ++i)); do
    sleep 1
    case $((i % 4)) in
      0) "$bin/barker" index --rebuild --out "$out/index" ;;
      1) "$bin/barker" publish "$demo" --out "$weights" && "$bin/barker" prune "$weights" --keep 3 ;;
      2) printf '# no rules, for the %dth time\n' "$i" >"$rules.new" && mv "$rules.new" "$rules" ;;
      3) printf '{"op": "set", "id": "ad%d", "bid": 0.%d}\n' $((i % 4000 + 1)) $((i % 9 + 1)) >"$out/changes.jsonl"
        "$bin/barker" index --update "$out/changes.jsonl" --out "$out/index" ;;
    esac
    echo "$i" >"$out/changes"
  done
}

in_process | tee "$out/before.txt"
wrk -t1 -c4 -d2 -s "$out/queries.lua" "$address" >/dev/null  # warms up
echo 0 >"$out/changes"
if [ "${BARKER_SERVE_CHANGES:-1}" != 0 ]; then
  change >"$out/change.log" 2>&1 &
  changer=$!
fi
printf '%12s %10s %8s %8s %7s %12s %8s %8s\n' connections requests/s p50_us p99_us errors cpu_us/req ratio paced
base=$(awk '/^search_json_us/ { print $2 }' "$out/before.txt")
for connections in 1 8 64 512; do
  threads=$((connections < 2 ? 1 : 2))
  before=$(ticks)
  wrk -t$threads -c$connections "-d${seconds}s" -s "$out/queries.lua" "$address" >"$out/wrk.txt"
  after=$(ticks)
  result=$(awk -v c=$connections -v ticks=$((after - before)) -v hz="$hertz" -v base="$base" '/^RESULT/ {
    cpu = ticks / hz * 1e6 / $2
    printf "%12d %10.0f %8d %8d %7d %12.1f %8.2f", c, $2 / $3 * 1e6, $4, $5, $6, cpu, cpu / base }' "$out/wrk.txt")
  paced=
  if [ $connections -eq 1 ]; then
    pause=$(awk '{ pause = 1e6 / $2 - $6; print int(pause > 1 ? pause : 1) }' <<<"$result")
    paced=$(in_process 4000 "$pause" 2>/dev/null | awk -v result="$result" '/^search_json_us/ {
      split(result, of); printf "%8.2f", of[6] / $2 }')
  fi
  echo "$result ${paced:-       -}"
  kinds_of_errors "$out/wrk.txt"
done
# Anonymous memory, because the pages of mapped files are the kernel's to take back.
rss_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$server/status"; }
if [ "$soak" -gt 0 ]; then
  wrk -t2 -c64 "-d${soak}s" -s "$out/queries.lua" "$address" >"$out/soak.txt" &
  wrk=$!
  sleep $((soak / 4))
  first=$(rss_kib) last=
  printf '%10s %12s\n' seconds rss_kib
  while kill -0 $wrk 2>/dev/null; do
    last=$(rss_kib)
    printf '%10d %12d\n' "$SECONDS" "$last"
    sleep $((soak / 16 + 1))
  done
  grep '^RESULT' "$out/soak.txt"
  kinds_of_errors "$out/soak.txt"
  echo "resident after the warm-up $first KiB, at the end $last KiB, after $(cat "$out/changes") changes"
  [ "$last" -le $((first + first / 10)) ] || fail "resident memory grew by more than a tenth"
fi
[ -z "$changer" ] || kill "$changer"
echo "$(cat "$out/changes") changes of weights, rules and catalogue meanwhile; refused by the server:" \
  "$(grep -c '"result":"refused"' "$out/serve.log" || true)"
in_process
