#!/usr/bin/env bash
# bench/overload.sh BIN OUT [ROUNDS [SECONDS]]: what `barker serve` still answers when four times as
# many searches come as it can answer. The server runs on the first core with room for 64 waiting
# searches, bench/overload_client.cpp on the second. Each round measures the capacity, with 48
# connections that ask again at once, and then asks at four times that rate with 512 connections.
# It also measures what a refusal costs a server that does nothing else (bench/refusal_floor.cpp),
# and with it the largest goodput that any server could have with this search, client and machine:
# (1 - 4 x) / (1 - x), where x is the cost of such a refusal over that of an answer. OUT is a
# directory of bench/serve.sh, or a new one.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1 out=$2 rounds=${3:-5} seconds=${4:-3}
. bench/served.sh
make_index
printf '/v1/search?q=%s\n' backpack wireless+headphones running+shoes electric+kettle \
  %E9%9D%A2%E8%86%9C moisturizer tent %E4%BF%9D%E6%B8%A9%E6%9D%AF >"$out/paths.txt"

server='' floor=''
trap 'kill $server $floor 2>/dev/null || true' EXIT
start_server taskset -c 0 "$bin/barker" serve --weights models/simulate/demo.barker --server-queue 64
# Microseconds of CPU that the server's threads had. No thread ends meanwhile.
cpu_us() { awk '{ sum += $1 } END { printf "%d", sum / 1000 }' "/proc/$1/task/"*/schedstat; }
# ask PROCESS ADDRESS RATE SECONDS CONNECTIONS: sets `answered` and `refused` to numbers of requests,
# `p99` to microseconds, `bytes` to those of a refusal, and `spent` to the server's microseconds of
# CPU.
ask() {
  local process=$1 to=$2 before result other
  shift 2
  before=$(cpu_us "$process")
  result=$(taskset -c 1 "$bin/overload_client" "$to" "$out/paths.txt" "$@")
  spent=$(($(cpu_us "$process") - before))
  read -r answered refused other p99 bytes <<<"$(awk '{ print $2, $4, $6, $12, $14 }' <<<"$result")"
  [ "$other" -eq 0 ] || fail "$other requests failed, of those that were sent at $1 a second"
}
# ask_floor BYTES: sets `refused` and `spent` to those of a server that only refuses.
ask_floor() {
  rm -f "$out/floor"
  taskset -c 0 "$bin/refusal_floor" "$1" >"$out/floor" &
  floor=$!
  until [ -s "$out/floor" ]; do sleep 0.1; done
  ask "$floor" "$(cat "$out/floor")" 1000000 1 512
  kill "$floor"
  wait "$floor" 2>/dev/null || true
  floor=''
}

ask "$server" "$address" 1000000 2 8  # warms up
printf '%12s %12s %12s %8s %8s %14s %14s %14s %14s\n' capacity/s answered/s refused/s goodput p99_us \
  cpu_us/answer cpu_us/refusal least/refusal most_goodput
for ((round = 0; round < rounds; ++round)); do
  ask "$server" "$address" 1000000 "$seconds" 48
  all=$answered cpu=$spent
  [ "$all" -gt 0 ] || fail "the capacity is unknown: no request was answered in $seconds seconds"
  rate=$((4 * all / seconds))
  ask "$server" "$address" "$rate" "$seconds" 512
  [ "$refused" -gt 0 ] || fail "the server was not overloaded: it refused no request of $rate a second"
  line="$all $cpu $answered $refused $p99 $spent $seconds"
  ask_floor "$bytes"
  awk -v floor="$((spent * 1000 / refused))" '{
    answer = $2 / $1; least = floor / 1000; x = least / answer
    printf "%12d %12d %12d %8.3f %8d %14.1f %14.2f %14.2f %14.3f\n", $1 / $7, $3 / $7, $4 / $7, $3 / $1, $5,
      answer, ($6 - $3 * answer) / $4, least, (1 - 4 * x) / (1 - x) }' <<<"$line"
done
