#!/bin/sh
# prefetches_of_functions.sh OBJDUMP LIBRARY FUNCTION...: fails unless each function (by its
# qualified name) has a prefetch instruction or calls a function whose name says that it prefetches.
# Exits with 77, which ctest shows as skipped, where there is no objdump.
objdump=$1
library=$2
shift 2
if [ ! -x "$objdump" ]; then
  echo "skipped: objdump is missing"
  exit 77
fi
code=$(mktemp)
trap 'rm -f "$code"' EXIT
"$objdump" -dC --no-show-raw-insn "$library" > "$code"
status=0
for function in "$@"; do
  count=$(awk -v begin="<$function(" '
    /^[0-9a-f]+ </ { inside = index($0, begin) > 0 }
    inside && /^ / && /[[:space:]](prefetch|prfm)|<.*::prefetch/ { ++count }
    END { print count + 0 }' "$code")
  echo "$function: $count prefetches"
  [ "$count" -ge 1 ] || status=1
done
[ $# -gt 0 ] || status=1
exit $status
