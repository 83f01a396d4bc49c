#!/usr/bin/env bash
# check.sh runs every check that needs no test data, and names the ones that failed.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

failed=()
# step NAME COMMAND... prints one line for a step that holds, its output for one that does not.
step() {
  local name=$1 log start=$SECONDS; shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    echo "ok    $name ($((SECONDS - start)) s)"
  else
    echo "FAIL  $name"; cat "$log"; failed+=("$name")
  fi
  rm -f "$log"
}

formatted() {
  local files; files=$(git ls-files '*.go' | xargs -r ls 2>/dev/null | xargs -r gofmt -l)
  [ -z "$files" ] || { echo "not formatted, run gofmt -w:"; echo "$files"; return 1; }
}
scripts() { local f; for f in tools/*.sh .ci/run; do bash -n "$f" || return 1; done; }
lint() { "$("$WASQL_ROOT/tools/install.sh" golangci-lint)" run ./...; }

step "gofmt" formatted
step "go vet" go vet ./...
step "go vet, tools" go vet -C tools ./checklist
step "go vet, storebench" go vet -C tools/storebench .
step "go vet, wirebench" go vet -C tools/wirebench .
step "go vet, as a guest" env GOOS=wasip1 GOARCH=wasm go vet ./sdk/go/... ./connectors/series/go
step "go.mod is tidy" go mod tidy -diff
step "golangci-lint" lint
step "shell scripts parse" scripts
step "cargo fmt" tools/cargo.sh fmt --all --check
step "cargo clippy" tools/cargo.sh clippy --quiet --workspace --all-targets -- -D warnings
step "rules of the house" go test -count=1 .

[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
