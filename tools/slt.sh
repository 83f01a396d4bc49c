#!/usr/bin/env bash
# slt.sh make|random|diff [OPTIONS]: expectations and comparisons with DuckDB, see slt/make.py.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
python=$("$WASQL_ROOT/tools/install.sh" duckdb)
data=$("$WASQL_ROOT/tools/demo-data.sh")
verb=$1; shift
exec env PYTHONDONTWRITEBYTECODE=1 "$python" "$WASQL_ROOT/tools/slt/make.py" "$verb" "$data" --wasql "$WASQL_ROOT/bin/wasql" "$@"
