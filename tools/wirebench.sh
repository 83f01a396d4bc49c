#!/usr/bin/env bash
# wirebench.sh measures what leaves over MySQL's protocol, beside go-mysql-server's own server and MariaDB, each in a process of its own
# and all on one core with the client. It installs mariadb-server when there is none, and runs it in a folder that is gone afterwards.
# Arguments are tools/wirebench's, such as -rows 100000.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"
command -v mariadbd >/dev/null || apt_install mariadb-server
folder=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
  rm -rf "$folder"
}
trap finish EXIT
mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --user="$(id -un)" >"$folder/install.log" 2>&1 ||
  { cat "$folder/install.log" >&2; die "mariadb-install-db failed"; }
pin=()
if command -v taskset >/dev/null; then pin=(taskset -c 0); fi
go build -C tools/wirebench -o "$folder/wirebench" .
port=$((20000 + RANDOM % 20000))
"${pin[@]}" mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/s" --bind-address=127.0.0.1 --port="$port" --user="$(id -un)" \
  --skip-log-bin --innodb-buffer-pool-size=1G --max-allowed-packet=64M >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  mariadb --no-defaults -S "$folder/s" -u root -e 'CREATE DATABASE IF NOT EXISTS wirebench' 2>/dev/null && break
  kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; die "MariaDB did not start"; }
  sleep 0.2
done
GOMAXPROCS=1 "${pin[@]}" "$folder/wirebench" -connectors "$WASQL_ROOT/connectors/build" -mariadb "tcp(127.0.0.1:$port)" "$@"
