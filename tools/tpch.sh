#!/usr/bin/env bash
# tpch.sh make | bench SCALE [OPTIONS]: answers to the questions of TPC-H, and times beside DuckDB, see tpch/tpch.py.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
python=$("$WASQL_ROOT/tools/install.sh" duckdb)
verb=$1 scale=${2:-0.01}; shift $(($# > 1 ? 2 : 1))
data=$("$WASQL_ROOT/tools/tpch-data.sh" "$scale")
exec env PYTHONDONTWRITEBYTECODE=1 "$python" "$WASQL_ROOT/tools/tpch/tpch.py" "$verb" "$data" "$scale" "$WASQL_ROOT/bin/wasql" "$@"
