#!/bin/sh
# Install the Debian packages of some groups, as far as they are missing.
# Usage: install.sh build|run|test|lint|bench ...
# Works on Debian 12 and 13, as root or as a user who may use sudo.
set -eu
cd "$(dirname "$0")/.."

build='gcc libc6-dev pkgconf libnats-dev libuv1-dev libwebsockets-dev libev-dev
  libmicrohttpd-dev libjansson-dev libjwt-dev libsqlite3-dev libssl-dev
  zlib1g-dev'
run='nats-server libwebsockets-evlib-ev'
test='libcmocka-dev clang llvm libclang-rt-dev chromium iproute2'
lint='clang clang-format clang-tidy cppcheck'
bench='nodejs'

has_node() {
  command -v npm >/dev/null && command -v node >/dev/null &&
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'
}

installed() {
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "Missing packages: $missing" >&2
    echo 'Install them as root, or install sudo for this user.' >&2
    exit 1
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" </dev/null
}

missing=
for group in "$@"; do
  case $group in
    build | run | test | lint | bench) eval "packages=\$$group" ;;
    *) echo "unknown group: $group" >&2 && exit 2 ;;
  esac
  for p in $packages; do
    installed "$p" || missing="$missing $p"
  done
  if [ "$group" = test ] && ! has_node; then
    missing="$missing nodejs npm"
  fi
done

if [ -n "$missing" ]; then
  echo "Installing:$missing"
  # The lists may be absent or old: refresh them when the first try fails.
  # shellcheck disable=SC2086
  apt install --no-install-recommends $missing ||
    { apt update && apt install --no-install-recommends $missing; } ||
    { echo "Could not install:$missing" >&2 && exit 1; }
fi

# The Node modules of the system tests, exactly as locked.
case " $* " in *' test '*)
  if [ ! tests/node_modules/.package-lock.json -nt tests/package-lock.json ]
  then
    echo 'Installing the Node modules of the tests'
    (cd tests && npm ci --no-audit --no-fund --ignore-scripts </dev/null)
    touch tests/node_modules/.package-lock.json
  fi ;;
esac
