#!/bin/sh
# count_moves.sh OBJDUMP INSTRUCTION AT_MOST FILE...: fails where an innermost loop of an object
# file that has at least 12 of INSTRUCTION, which are the widest tiles, also copies vectors from
# register to register or moves them to or from the stack more than AT_MOST times. Fails, too, where
# no such loop is found. Exits with 77, which ctest shows as skipped, where there is no objdump.
objdump=$1 instruction=$2 at_most=$3
shift 3
if [ ! -x "$objdump" ]; then
  echo "skipped: objdump is missing"
  exit 77
fi
[ $# -gt 0 ] || exit 1
status=0
for file in "$@"; do
  "$objdump" -d --no-show-raw-insn "$file" | awk -v wanted="$instruction" -v file="$file" \
      -v at_most="$at_most" '
    /^ *[0-9a-f]+:/ {
      sub(/:$/, "", $1)
      ++count
      at[$1] = count
      code[count] = $2
      arguments[count] = $3
      # A jump back to where no other jump lies between is the end of an innermost loop.
      if ($2 ~ /^j/) {
        if ($3 in at && at[$3] > last_jump) check(at[$3], count)
        last_jump = count
      }
    }
    /^[0-9a-f]+ </ { split("", at); last_jump = count }
    function check(first, end,   i, products, moves) {
      products = moves = 0
      for (i = first; i < end; ++i) {
        if (code[i] == wanted) ++products
        if (code[i] ~ /^vmov/ && arguments[i] ~ /^%[xyz]mm[0-9]+,%[xyz]mm[0-9]+$/) ++moves
        if (code[i] ~ /^v/ && arguments[i] ~ /[xyz]mm/ && arguments[i] ~ /\(%rsp/) ++moves
      }
      if (products < 12) return
      ++loops
      largest = moves > largest ? moves : largest
    }
    END {
      printf "%s: %d loops with %s, at most %d moves of vectors in one\n", file, loops, wanted, largest
      exit loops == 0 || largest > at_most
    }' || status=1
done
exit $status
