#!/usr/bin/env bash
# fuzz.sh TIME runs every fuzz target of the tree for TIME each (such as 10s or 500x).
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

time=${1:-10s} count=0 failed=() log=$(mktemp)
trap 'rm -f "$log"' EXIT
while IFS=: read -r file target; do
  package=./$(dirname "$file")
  echo "fuzz  $package $target"
  count=$((count + 1))
  go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x >"$log" 2>&1 && continue
  # Go's fuzzer at times reports the end of its own time as a failure, without any input that failed.
  if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"; then
    echo "      ended by its time"
    continue
  fi
  cat "$log"; failed+=("$package $target")
done < <(
  git grep -E '^func Fuzz[A-Za-z0-9_]*\(' -- '*_test.go' | sed -E 's/^([^:]*):func (Fuzz[A-Za-z0-9_]*).*/\1:\2/')
[ "$count" -gt 0 ] || die "no fuzz target found"
[ ${#failed[@]} = 0 ] || { printf 'FAIL  %s\n' "${failed[@]}"; exit 1; }
echo "ok    $count fuzz targets, $time each"
