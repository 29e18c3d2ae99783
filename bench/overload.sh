#!/usr/bin/env bash
# bench/overload.sh BIN OUT [ROUNDS [SECONDS]]: what `barker serve` still answers when four times as
# many searches come as it can answer. The server runs on the first core with room for 64 waiting
# searches, bench/overload_client.cpp on the second. Each round measures the capacity, with 48
# connections that ask again at once, and then asks at four times that rate with 512 connections.
# OUT is a directory of bench/serve.sh, or a new one.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 out=$2 rounds=${3:-5} seconds=${4:-3}
. bench/served.sh
make_index
printf '/v1/search?q=%s\n' backpack wireless+headphones running+shoes electric+kettle \
  %E9%9D%A2%E8%86%9C moisturizer tent %E4%BF%9D%E6%B8%A9%E6%9D%AF >"$out/paths.txt"

server=''
trap 'kill $server 2>/dev/null || true' EXIT
start_server taskset -c 0 "$bin/barker" serve --weights models/simulate/demo.barker --server-queue 64
# Microseconds of CPU that the server's threads had. No thread ends meanwhile.
cpu_us() { awk '{ sum += $1 } END { printf "%d", sum / 1000 }' "/proc/$server/task/"*/schedstat; }
# ask RATE SECONDS CONNECTIONS: sets `answered` and `refused` to numbers of requests, `p99` to
# microseconds, and `spent` to the server's microseconds of CPU.
ask() {
  local before result other
  before=$(cpu_us)
  result=$(taskset -c 1 "$bin/overload_client" "$address" "$out/paths.txt" "$@")
  spent=$(($(cpu_us) - before))
  read -r answered refused other p99 <<<"$(awk '{ print $2, $4, $6, $12 }' <<<"$result")"
  [ "$other" -eq 0 ] || fail "$other requests failed, of those that were sent at $1 a second"
}

ask 1000000 2 8  # warms up
printf '%12s %12s %12s %8s %8s %14s %14s\n' capacity/s answered/s refused/s goodput p99_us cpu_us/answer cpu_us/refusal
for ((round = 0; round < rounds; ++round)); do
  ask 1000000 "$seconds" 48
  all=$answered cpu=$spent
  [ "$all" -gt 0 ] || fail "the capacity is unknown: no request was answered in $seconds seconds"
  rate=$((4 * all / seconds))
  ask "$rate" "$seconds" 512
  [ "$refused" -gt 0 ] || fail "the server was not overloaded: it refused no request of $rate a second"
  awk -v n="$all" -v c="$cpu" -v g="$answered" -v r="$refused" -v p="$p99" -v s="$spent" -v t="$seconds" 'BEGIN {
    printf "%12d %12d %12d %8.3f %8d %14.1f %14.2f\n", n / t, g / t, r / t, g / n, p, c / n, (s - g * c / n) / r }'
done
