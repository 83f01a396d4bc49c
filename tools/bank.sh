#!/usr/bin/env bash
# bank.sh kills a bank over three connectors, one of which cannot prepare a commit, again and again: before each step of a commit, at operations
# on files, at random moments. The figures go into the second table of docs/durability.md. BANK is the number of kills, in runs of 100.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

tools/guests.sh store
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export WASQL_NEED_GUESTS=1
for ((run = 0, kills = ${BANK:-2000}; kills > 0; run++, kills -= 100 + run)); do
  # The number of kills is the seed too, so that no two runs are alike.
  WASQL_BANK=$((100 + run)) go test -count=1 -timeout 3h -v -run '^TestTheBankIsKilled$' ./engine/crashtest 2>&1 |
    tee -a "$log" | grep --line-buffered -E '^(---|ok|FAIL|panic)|figures:|_test.go:' || true
  ! grep -qE '^(FAIL|panic)' "$log" || die "something was lost, or could not be tried"
done

durability_table bank "$log"
