#!/usr/bin/env bash
# c-wasm.sh IN.c OUT.wasm [CC-ARGS...] compiles one freestanding C file (no libc, no
# entry; exports by __attribute__((export_name))) to WebAssembly, with abi/ in the include path.
#
# Uses clang and wasm-ld when both are there and know wasm32 (clang-19 and wasm-ld-19, or the
# unversioned ones), else zig's C compiler, which install.sh gets from PyPI (a wheel of 100 MB, once).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die "usage: c-wasm.sh IN.c OUT.wasm [CC-ARGS...]"
in=$1 out=$2; shift 2

# Core WebAssembly 2.0 and no further: the host refuses later features.
flags=(-std=c11 -O2 -Wall -Wextra -ffreestanding -fno-builtin -nostdlib -I"$WASQL_ROOT/abi"
  -mbulk-memory -msign-ext -mnontrapping-fptoint -Wl,--no-entry -Wl,--strip-all)

for suffix in -19 ""; do
  linker=$(command -v "wasm-ld$suffix") && command -v "clang$suffix" >/dev/null || continue
  if "clang$suffix" --print-targets | grep -q wasm32; then
    exec "clang$suffix" --target=wasm32 "${flags[@]}" "--ld-path=$linker" -o "$out" "$in" "$@"
  fi
done

python=$("$WASQL_ROOT/tools/install.sh" ziglang)
exec "$python" -m ziglang cc --target=wasm32-freestanding "${flags[@]}" -o "$out" "$in" "$@"
