#!/bin/sh
# count_prefetches.sh OBJDUMP FILE...: fails unless each object file holds at least three prefetch
# instructions (forward.cpp prefetches three tables). Exits with 77, which ctest shows as skipped,
# where there is no objdump.
objdump=$1
shift
if [ ! -x "$objdump" ]; then
  echo "skipped: objdump is missing"
  exit 77
fi
status=0
for file in "$@"; do
  count=$("$objdump" -d "$file" | grep -cE '[[:space:]](prefetch|prfm)')
  echo "$file: $count prefetch instructions"
  [ "$count" -ge 3 ] || status=1
done
[ $# -gt 0 ] || status=1
exit $status
