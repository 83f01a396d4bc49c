#!/usr/bin/env bash
# crash.sh ends, starves and breaks the store's process in every way that engine/crashtest and the log's own tests know, at length, and
# puts the figures into the table of docs/durability.md.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

tools/guests.sh store
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export WASQL_CRASH=1 WASQL_NEED_GUESTS=1
go test -count=1 -timeout 3h -v ./connectors/store/journal ./engine/crashtest 2>&1 | tee "$log" | grep --line-buffered -E '^(---|ok|FAIL|panic)|figures:|_test.go:' || true
! grep -qE '^(FAIL|panic)' "$log" || die "something was lost, or could not be tried"

durability_table figures "$log"
