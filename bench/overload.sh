#!/usr/bin/env bash
# bench/overload.sh BIN OUT [ROUNDS [SECONDS]]: what `barker serve` still answers when four times as
# many searches come as it can answer. The server runs on the first core with room for 64 waiting
# searches, bench/overload_client.cpp on the second. Each round measures the capacity, with 48
# connections that ask again at once, and then asks at four times that rate with 512 connections.
# OUT is a directory of bench/serve.sh, or a new one.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 out=$2 rounds=${3:-5} seconds=${4:-3}
mkdir -p "$out"
[ -d "$out/index" ] || {
  "$bin/barker" generate marketplace --out "$out/demo" >/dev/null
  "$bin/barker" index --ads "$out/demo/catalogue.jsonl" --out "$out/index" 2>/dev/null
}
printf '/v1/search?q=%s\n' backpack wireless+headphones running+shoes electric+kettle \
  %E9%9D%A2%E8%86%9C moisturizer tent %E4%BF%9D%E6%B8%A9%E6%9D%AF >"$out/paths.txt"

rm -f "$out/address"
taskset -c 0 "$bin/barker" serve --index "$out/index" --weights models/simulate/demo.barker \
  --listen 127.0.0.1:0 --server-queue 64 --server-deadline 2s >"$out/address" 2>"$out/serve.log" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until [ -s "$out/address" ]; do
  kill -0 $server || { cat "$out/serve.log" >&2; exit 1; }
  sleep 0.1
done
address=$(head -1 "$out/address")
# Microseconds of CPU that the server's threads had. No thread ends meanwhile.
cpu_us() { awk '{ sum += $1 } END { printf "%d", sum / 1000 }' "/proc/$server/task/"*/schedstat; }
# ask RATE SECONDS CONNECTIONS: "ANSWERED REFUSED OTHER P99_US CPU_US"
ask() {
  local before result
  before=$(cpu_us)
  result=$(taskset -c 1 "$bin/overload_client" "$address" "$out/paths.txt" "$@")
  echo "$result" | awk -v cpu=$(($(cpu_us) - before)) '{ print $2, $4, $6, $12, cpu }'
}

ask 1000000 2 8 >/dev/null  # warms up
printf '%12s %12s %12s %8s %8s %14s %14s\n' capacity/s answered/s refused/s goodput p99_us cpu_us/answer cpu_us/refusal
for ((round = 0; round < rounds; ++round)); do
  read -r all _ _ _ cpu <<<"$(ask 1000000 "$seconds" 48)"
  read -r good refused other p99 spent <<<"$(ask $((4 * all / seconds)) "$seconds" 512)"
  [ "$other" -eq 0 ] || { echo "overload.sh: $other requests failed" >&2; exit 1; }
  awk -v n="$all" -v c="$cpu" -v g="$good" -v r="$refused" -v p="$p99" -v s="$spent" -v t="$seconds" 'BEGIN {
    printf "%12d %12d %12d %8.3f %8d %14.1f %14.2f\n", n / t, g / t, r / t, g / n, p, c / n, (s - g * c / n) / r }'
done
