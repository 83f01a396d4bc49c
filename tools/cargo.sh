#!/usr/bin/env bash
# cargo.sh CARGO-ARGS... runs cargo for this machine: the one in PATH when it is recent
# enough, else Debian's (rustc-web and cargo-web, and rust-web-clippy or rustfmt-web when
# asked for clippy or fmt).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# usable SUBCOMMAND tells whether the cargo in PATH can build this tree.
usable() {
  local have want
  have=$(rustc --version 2>/dev/null | awk '{print $2}') || return 1
  want=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$WASQL_ROOT/Cargo.toml")
  [ -n "$have" ] && [ "$(printf '%s\n' "$want" "$have" | sort -V | head -1)" = "$want" ] || return 1
  case $1 in clippy | fmt) cargo "$1" --version >/dev/null 2>&1;; esac
}

if usable "${1:-}"; then exec cargo "$@"; fi
case ${1:-} in
  clippy) more=(rust-web-clippy);;
  fmt) more=(rustfmt-web);;
  *) more=();;
esac
once debian-rust install_debian_rust "${more[@]}"
export RUSTC=/usr/bin/rustc
exec /usr/bin/cargo "$@"
