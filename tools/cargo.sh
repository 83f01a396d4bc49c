#!/usr/bin/env bash
# cargo.sh CARGO-ARGS... runs cargo for this machine: the one in PATH, else Debian's
# (rustc-web and cargo-web, and rust-web-clippy or rustfmt-web when asked for clippy or fmt).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if command -v cargo >/dev/null && cargo "${1:-version}" --version >/dev/null 2>&1; then
  exec cargo "$@"
fi
case ${1:-} in
  clippy) more=(rust-web-clippy);;
  fmt) more=(rustfmt-web);;
  *) more=();;
esac
once debian-rust install_debian_rust "${more[@]}"
export RUSTC=/usr/bin/rustc
exec /usr/bin/cargo "$@"
