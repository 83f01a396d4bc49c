#!/usr/bin/env bash
# rust-wasm.sh TARGET CARGO-ARGS... runs cargo for a WebAssembly target.
#
#   tools/rust-wasm.sh wasm32-unknown-unknown build --release
#
# 1. When the rustc in PATH has the target (rustup target add TARGET), it is used
#    and nothing is installed.
# 2. Else Debian's packages are used: rustc-web cargo-web rust-web-src lld-19
#    (140 MB, installed through apt-get when run as root), and the standard library is
#    built once, about 30 s, into $WASQL_CACHE/rust-VERSION, laid out as rustup lays
#    out a target. Later calls only set two variables.
#
# The library is built in a crate of its own, so that neither -Z flags, nor
# RUSTC_BOOTSTRAP, nor a source replacement ever touches the project's build.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die "usage: rust-wasm.sh TARGET CARGO-ARGS...   (for example: wasm32-unknown-unknown build --release)"
target=$1; shift

has_std() { compgen -G "$1/libstd-*.rlib" >/dev/null; }

libdir=$(rustc --print target-libdir --target "$target" 2>/dev/null || true)
if [ -n "$libdir" ] && has_std "$libdir"; then
  exec cargo "$@" --target "$target"
fi

# debian_toolchain installs what building for $target needs beside rustc and cargo.
debian_toolchain() {
  local more=(rust-web-src lld-19)
  case $target in *wasi*) more+=(wasi-libc);; esac
  install_debian_rust "${more[@]}"
}

# build_std SYSROOT compiles the standard library for $target from Debian's source,
# against the crates vendored beside it, so that no registry is asked.
build_std() {
  local sysroot=$1 lib=$1/lib/rustlib/$target/lib work host
  ! has_std "$lib" || return 0
  say "building Rust's standard library for $target once, into $sysroot (about 30 s)"
  work=$(mktemp -d); trap "rm -rf '$work'" EXIT
  mkdir -p "$work/src" "$work/.cargo"; : >"$work/src/lib.rs"
  cat >"$work/Cargo.toml" <<-TOML
	[package]
	name = "empty"
	version = "0.1.0"
	edition = "2021"
	[profile.release]
	panic = "abort"
	TOML
  cat >"$work/.cargo/config.toml" <<-TOML
	[source.crates-io]
	replace-with = "vendored"
	[source.vendored]
	directory = "$(readlink -f /usr/lib/rustlib/src/rust/library)/vendor"
	TOML
  (cd "$work" && env -u CARGO_TARGET_DIR -u RUSTUP_TOOLCHAIN -u CARGO_ENCODED_RUSTFLAGS \
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked -Lnative=/usr/lib/wasm32-wasi" \
    /usr/bin/cargo build --quiet --release --offline --target "$target" \
    -Z build-std=std,panic_abort,panic_unwind) >&2
  rm -rf "$lib.new"; mkdir -p "$lib.new/self-contained"
  cp "$work/target/$target/release/deps/"*.rlib "$lib.new/"
  rm -f "$lib.new"/libempty-*.rlib
  case $target in *wasip1)
    cp /usr/lib/wasm32-wasi/{crt1-command.o,crt1-reactor.o,libc.a} "$lib.new/self-contained/";;
  esac

  # Build scripts and proc macros run on this machine: lend them its own library.
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  ln -sfn "/usr/lib/rustlib/$host" "$sysroot/lib/rustlib/$host"
  mkdir -p "$sysroot/bin"
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$sysroot" >"$sysroot/bin/rustc"
  chmod +x "$sysroot/bin/rustc"
  mv "$lib.new" "$lib"
}

once debian-rust debian_toolchain
sysroot=$WASQL_CACHE/rust-$(/usr/bin/rustc --version | awk '{print $2}')
once "std-$target" build_std "$sysroot"

name=$(tr 'a-z-' 'A-Z_' <<<"$target")
export RUSTC=$sysroot/bin/rustc "CARGO_TARGET_${name}_LINKER=wasm-ld-19"
exec /usr/bin/cargo "$@" --target "$target"
