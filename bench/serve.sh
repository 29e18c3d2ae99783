#!/usr/bin/env bash
# bench/serve.sh BIN OUT [SECONDS]: `barker serve` under wrk at 1, 8, 64 and 512 connections, and the CPU time of a
# request beside that of the same search in process, measured before and after in the same run. Needs wrk.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 out=$2 seconds=${3:-10}
mkdir -p "$out"
[ -d "$out/index" ] || {
  "$bin/barker" generate marketplace --out "$out/demo" >/dev/null
  "$bin/barker" index --ads "$out/demo/catalogue.jsonl" --out "$out/index" 2>/dev/null
}
weights=models/simulate/demo.barker
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
in_process() { "$bin/serve_bench" "$out/index" "$weights" "$out/queries.txt"; }

rm -f "$out/address"
"$bin/barker" serve --index "$out/index" --weights "$weights" --listen 127.0.0.1:0 \
  --server-queue 1024 >"$out/address" 2>"$out/serve.log" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until [ -s "$out/address" ]; do sleep 0.1; done
address=$(head -1 "$out/address")
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
hertz=$(getconf CLK_TCK)

in_process | tee "$out/before.txt"
wrk -t1 -c4 -d2 -s "$out/queries.lua" "$address" >/dev/null  # warms up
printf '%12s %10s %8s %8s %7s %12s %8s\n' connections requests/s p50_us p99_us errors cpu_us/req ratio
base=$(awk '/^search_json_us/ { print $2 }' "$out/before.txt")
for connections in 1 8 64 512; do
  threads=$((connections < 2 ? 1 : 2))
  before=$(ticks)
  result=$(wrk -t$threads -c$connections "-d${seconds}s" -s "$out/queries.lua" "$address" | grep '^RESULT')
  after=$(ticks)
  echo "$result" | awk -v c=$connections -v ticks=$((after - before)) -v hz="$hertz" -v base="$base" '{
    cpu = ticks / hz * 1e6 / $2
    printf "%12d %10.0f %8d %8d %7d %12.1f %8.2f\n", c, $2 / $3 * 1e6, $4, $5, $6, cpu, cpu / base }'
done
in_process
