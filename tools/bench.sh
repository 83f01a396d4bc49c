#!/usr/bin/env bash
# bench.sh measures and prints ratios, each made of two figures of the same run:
# batch scans against Go alone and against one row a call, wasql on CSV against DuckDB
# with one thread, how long bin/wasql takes to start, and the connector store beside SQLite.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"
python=$(tools/install.sh duckdb)
data=$(tools/demo-data.sh)
PYTHONDONTWRITEBYTECODE=1 "$python" tools/bench.py "$data" bin/wasql
exec go run -C tools/storebench .
