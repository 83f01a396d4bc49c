# Shared by the scripts of this folder: source it, do not run it.
#
# WASQL_CACHE holds everything the scripts fetch or build that is not part of
# the tree: tools, the Rust sysroot, the demo data. Deleting it costs time only.
WASQL_CACHE=${WASQL_CACHE:-$HOME/.cache/wasql}
WASQL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export GOFLAGS=${GOFLAGS:--tags=gms_pure_go} CGO_ENABLED=0

say() { echo "wasql: $*" >&2; }
die() { echo "wasql: error: $*" >&2; exit 1; }

# apt_install PACKAGE... installs Debian packages, or says how.
apt_install() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "these Debian packages are needed: run  sudo apt-get install --no-install-recommends $*"
  fi
  say "installing Debian packages: $*"
  local log; log=$(mktemp)
  if ! { apt-get -o DPkg::Lock::Timeout=600 update -qq &&
         DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    die "apt-get could not install: $*"
  fi
  rm -f "$log"
}

# durability_table MARK LOG puts the figures that tests printed to LOG into the table of docs/durability.md between its marks.
durability_table() {
  local table page
  table=$(mktemp) page=$(mktemp)
  {
    echo "| what is done | what is left |"
    echo "|---|---|"
    sed -n 's/^.*figures: \(.*\)$/| \1 |/p' "$2"
  } >"$table"
  awk -v table="$table" -v mark="$1" '
    $0 ~ "<!-- " mark " -->" { print; while ((getline line < table) > 0) print line; skip = 1 }
    $0 ~ "<!-- end of " mark " -->" { skip = 0 }
    !skip { print }
  ' docs/durability.md >"$page"
  cp "$page" docs/durability.md
  rm -f "$table" "$page"
  say "the figures are in docs/durability.md"
}

# once NAME COMMAND... runs COMMAND while holding a lock, so that parallel builds
# do the same set-up once and the later ones wait for it.
once() {
  local name=$1; shift
  mkdir -p "$WASQL_CACHE/lock"
  ( flock 9; "$@" 9>&- ) 9>"$WASQL_CACHE/lock/$name"
}

# install_debian_rust installs Debian's own current Rust (the one its browsers
# are built with), which stands in where there is no rustup.
install_debian_rust() {
  local want=() p
  for p in rustc-web cargo-web "$@"; do
    dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q 'ok installed' || want+=("$p")
  done
  [ ${#want[@]} = 0 ] || apt_install "${want[@]}"
}
