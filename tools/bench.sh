#!/usr/bin/env bash
# bench.sh [OPTIONS] measures wasql beside DuckDB, SQLite, MariaDB and the path of the stock engine, prints ratios, each made
# of two figures of the same run, and writes docs/benchmarks.md. See bench/__main__.py for OPTIONS. From the environment:
#
#   ONLY=series,tpch   these sections alone     QUICK=1   some minutes instead of an hour or two
#   SCALES=0.1,1       scales of TPC-H          TURNS=5   turns of each pair
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"
want=()
command -v sqlite3 >/dev/null || want+=(sqlite3)
command -v gcc >/dev/null || want+=(gcc)
[ -e /usr/include/sqlite3ext.h ] || want+=(libsqlite3-dev)
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || want+=(mariadb-server)
[ ${#want[@]} = 0 ] || apt_install "${want[@]}"
python=$(tools/install.sh duckdb)
options=()
[ -z "${ONLY:-}" ] || options+=(--only "$ONLY")
[ -z "${QUICK:-}" ] || options+=(--quick)
[ -z "${SCALES:-}" ] || options+=(--scales "$SCALES")
[ -z "${TURNS:-}" ] || options+=(--turns "$TURNS")
PATH=$PATH:/usr/sbin PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tools exec "$python" -m bench bin/wasql ${options[@]+"${options[@]}"} "$@"
