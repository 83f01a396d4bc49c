#!/usr/bin/env bash
# tpch-data.sh SCALE puts the tables of TPC-H at that scale, as Parquet and as CSV, into $WASQL_CACHE/tpch-SCALE
# and prints that folder. Scale 1 is 8.7 million rows: 0.35 GB of Parquet, 1.1 GB of CSV.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scale=${1:?a scale, such as 0.01 or 1}
dir=$WASQL_CACHE/tpch-$scale

make_data() {
  local made generator work
  generator=$(dirname "$("$WASQL_ROOT/tools/install.sh" tpchgen-cli)")/tpchgen-cli
  made=$("$generator" --version | head -1)
  [ "$(cat "$dir/made" 2>/dev/null)" != "$made" ] || return 0
  say "making TPC-H at scale $scale in $dir"
  rm -rf "$dir"; mkdir -p "$dir"
  "$generator" parquet -s "$scale" -o "$dir" >&2
  "$generator" csv -s "$scale" -o "$dir" >&2
  echo "$made" >"$dir/made"
}

once "tpch-$scale" make_data
echo "$dir"
