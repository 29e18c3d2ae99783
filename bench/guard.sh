#!/usr/bin/env bash
# bench/guard.sh BIN OUT: measures what bench/guard.toml looks at, into OUT, and compares.
set -euo pipefail
bin=$1 out=$2
mkdir -p "$out"
export OMP_NUM_THREADS=1  # libtorch and oneDNN on one core, as everything here

measure() {
  local name=$1
  shift
  "$bin/$name" --benchmark_repetitions=3 --benchmark_out="$out/$name.json" \
    --benchmark_out_format=json "$@" >"$out/$name.txt" 2>&1 ||
    { cat "$out/$name.txt" >&2; return 1; }
}

measure kernel_bench --benchmark_filter='^(Gather/128/ahead:0|(Peak/fp32|Dense|Pool/fp16|Candidates/fp16|Choose/.*)/)'
measure peers_bench --benchmark_filter='^(Barker/(fp16|int8)|Torch|Dense)/'
measure rescore_bench --benchmark_filter='^(Window/50/|Precision/screened)'

# Instructions are counted, not timed: the same on every run. valgrind knows AVX2, not AVX-512.
queries=50
"$bin/rescore_bench" --write "$out/weights.barker"
valgrind --tool=callgrind --callgrind-out-file="$out/callgrind.out" \
  --toggle-collect='barker::Plugin::rescore*' \
  "$bin/rescore_bench" --run "$out/weights.barker" avx2 $queries 2>"$out/callgrind.txt"
instructions=$(awk '/Collected/ { print $NF }' "$out/callgrind.txt")
rm "$out/weights.barker"
printf '{"benchmarks": [{"name": "Instructions/avx2", "run_type": "iteration", "kilo_instructions": %s}]}\n' \
  "$(awk -v n="$instructions" -v q=$queries 'BEGIN { printf "%.1f", n / q / 1000 }')" >"$out/instructions.json"

"$bin/bench_guard" bench/guard.toml "$out"/{kernel_bench,peers_bench,rescore_bench,instructions}.json
