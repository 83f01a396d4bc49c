#!/usr/bin/env bash
# guests.sh [NAME...] builds the default connectors (or the named ones) into
# connectors/build/NAME.wasm. A connector is built again only when a file it is made
# of is newer than its module.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

# name, language, folder; a crate whose folder has a file rustflags is built with these
connectors="
csv       rust  connectors/csv
json      rust  connectors/json
parquet   rust  connectors/parquet
series    rust  connectors/series/rust
series-go go    connectors/series/go
series-c  c     connectors/series/c
notes     rust  abi_test/guests/notes
sorted    rust  abi_test/guests/sorted
store     go    connectors/store
ixdriver  go    connectors/ixdriver
"
target=wasm32-unknown-unknown

# sources LANGUAGE FOLDER prints the paths whose change asks for a new build.
sources() {
  case $1 in
    rust) echo "$2 sdk/rust Cargo.toml Cargo.lock connectors/textfile tools/rust-wasm.sh";;
    go) echo "$2 sdk/go abi/col abi/pb go.mod go.sum";;
    c) echo "$2 abi/wasql.h tools/c-wasm.sh";;
  esac
}

# fresh NAME LANGUAGE FOLDER tells whether the module is newer than its sources.
fresh() {
  local module=connectors/build/$1.wasm path
  [ -f "$module" ] || return 1
  for path in $(sources "$2" "$3"); do
    [ ! -e "$path" ] || [ -z "$(find "$path" -name target -prune -o -type f -newer "$module" -print -quit)" ] || return 1
  done
}

# put FROM NAME replaces the module in one step, so that no reader sees half a file.
put() {
  cp "$1" "connectors/build/.$2.new" && mv "connectors/build/.$2.new" "connectors/build/$2.wasm"
  say "built connectors/build/$2.wasm ($(($(stat -c %s "connectors/build/$2.wasm") / 1024)) KB)"
}

crate() { sed -n 's/^name *= *"\(.*\)"/\1/p' "$1/Cargo.toml" | head -1; }

build() {
  local rust=() flagged=() name language folder known=" " entry
  while read -r name language folder; do
    [ -n "$name" ] || continue
    known+="$name "
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    ! fresh "$name" "$language" "$folder" || continue
    case $language in
      rust) if [ -f "$folder/rustflags" ]; then flagged+=("$name $folder"); else rust+=("$name $folder"); fi;;
      go)
        GOOS=wasip1 GOARCH=wasm go build -trimpath -buildmode=c-shared -ldflags='-s -w' -o "connectors/build/.$name.out" "./$folder"
        put "connectors/build/.$name.out" "$name"; rm "connectors/build/.$name.out";;
      c)
        tools/c-wasm.sh "$folder/$(basename "${folder%/c}").c" "connectors/build/.$name.out"
        put "connectors/build/.$name.out" "$name"; rm "connectors/build/.$name.out";;
    esac
  done <<<"$connectors"
  for name in "$@"; do [[ $known == *" $name "* ]] || die "guests.sh: no connector named $name among:$known"; done

  compile "" "${rust[@]}"
  for entry in "${flagged[@]}"; do compile "$(cat "${entry#* }/rustflags")" "$entry"; done
}

# compile FLAGS "NAME FOLDER"... builds crates in one cargo call, so that what they share is compiled once and in parallel.
compile() {
  local flags=$1 packages=() entry; shift
  [ $# != 0 ] || return 0
  for entry in "$@"; do packages+=(-p "$(crate "${entry#* }")"); done
  say "building $# Rust connectors${flags:+ with $flags}"
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags tools/rust-wasm.sh "$target" build --quiet --release "${packages[@]}"
  for entry in "$@"; do
    put "${CARGO_TARGET_DIR:-target}/$target/release/$(crate "${entry#* }" | tr - _).wasm" "${entry%% *}"
  done
}

# bundle puts the default connectors where cmd/wasql embeds them; a module that did not change
# keeps its time, so that Go need not link again.
bundle() {
  local name module bundled=cmd/wasql/internal/bundled/modules
  for name in csv ixdriver json parquet series store; do
    module=connectors/build/$name.wasm
    [ ! -f "$module" ] || cmp -s "$module" "$bundled/$name.wasm" || cp "$module" "$bundled/$name.wasm"
  done
}

# One lock a tree: two builds of the same tree wait for each other.
once "guests-$(cksum <<<"$WASQL_ROOT" | cut -d' ' -f1)" build "$@"
bundle
