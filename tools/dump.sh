#!/usr/bin/env bash
# dump.sh dumps a store with MariaDB's mariadb-dump over MySQL's protocol, reads the dump into
# another store, and compares the two. It installs mariadb-client when it is not there.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$WASQL_ROOT"
command -v mariadb-dump >/dev/null || command -v mysqldump >/dev/null || apt_install mariadb-client
WASQL_NEED_CLIENT=1 WASQL_NEED_GUESTS=1 exec go test -count=1 -run '^TestDumpAndRestore$' ./engine/server
