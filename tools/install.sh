#!/usr/bin/env bash
# install.sh TOOL... builds the pinned development tools that are not there yet and
# prints the path of each. Each lands in $WASQL_CACHE/tools/TOOL-VERSION/.
#
#   buf, protoc-gen-go-lite   pinned in tools/go.mod       protobuf: lint, breaking, generate
#   golangci-lint             pinned in tools/lint/go.mod  Go linters
#   protoc-gen-prost          pinned below                 protobuf messages for Rust
#   duckdb                    pinned below                 prints a Python that has DuckDB: the oracle
#   ziglang                   pinned below                 prints a Python that has zig cc: a C compiler for wasm
#   tpchgen-cli               pinned below                 makes the tables of TPC-H; prints a Python beside it
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PROST_VERSION=0.5.0
DUCKDB_VERSION=1.4.4
ZIGLANG_VERSION=0.17.0
TPCHGEN_VERSION=4.0.0

# module_version GO.MOD MODULE prints the pinned version.
module_version() { awk -v m="$2" '$1 == m {print $2; exit}' "$1"; }

# go_tool NAME FOLDER MODULE PACKAGE
go_tool() {
  local version dir; version=$(module_version "$WASQL_ROOT/$2/go.mod" "$3")
  dir=$WASQL_CACHE/tools/$1-$version
  if [ ! -x "$dir/$1" ]; then
    say "building $1 $version (pinned in $2/go.mod; a minute or two, once)"
    (cd "$WASQL_ROOT/$2" && GOFLAGS=-mod=readonly go build -trimpath -o "$dir/$1" "$4") >&2
  fi
  echo "$dir/$1"
}

# cargo_tool NAME VERSION
cargo_tool() {
  local dir=$WASQL_CACHE/tools/$1-$2
  if [ ! -x "$dir/$1" ]; then
    say "building $1 $2 with cargo (half a minute, once)"
    local target; target=$(mktemp -d)
    (cd "$target" && "$WASQL_ROOT/tools/cargo.sh" install --quiet --locked --version "$2" \
      --root "$target/tree" --target-dir "$target/build" "$1") >&2
    mkdir -p "$dir"; mv "$target/tree/bin/$1" "$dir/$1"; rm -rf "$target"
  fi
  echo "$dir/$1"
}

# python_with PACKAGE VERSION prints a Python of a virtual environment that has it.
python_with() {
  local dir=$WASQL_CACHE/tools/$1-$2
  if [ ! -e "$dir/ready" ]; then
    python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null || apt_install python3 python3-venv
    say "installing $1 $2 from PyPI into $dir"
    rm -rf "$dir"; python3 -m venv "$dir" >&2
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check "$1==$2" >&2
    touch "$dir/ready"
  fi
  echo "$dir/bin/python"
}

install_one() {
  case $1 in
    buf) go_tool buf tools github.com/bufbuild/buf github.com/bufbuild/buf/cmd/buf;;
    protoc-gen-go-lite) go_tool "$1" tools github.com/aperturerobotics/protobuf-go-lite \
      github.com/aperturerobotics/protobuf-go-lite/cmd/protoc-gen-go-lite;;
    golangci-lint) go_tool "$1" tools/lint github.com/golangci/golangci-lint/v2 \
      github.com/golangci/golangci-lint/v2/cmd/golangci-lint;;
    protoc-gen-prost) cargo_tool "$1" "$PROST_VERSION";;
    duckdb) python_with duckdb "$DUCKDB_VERSION";;
    tpchgen-cli) python_with tpchgen-cli "$TPCHGEN_VERSION";;
    ziglang) python_with ziglang "$ZIGLANG_VERSION";;
    *) die "install.sh: no tool named $1";;
  esac
}

for tool in "$@"; do once "tool-$tool" install_one "$tool"; done
