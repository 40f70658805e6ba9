#!/bin/sh
# Run the system tests against the programs of a build folder, file by file.
# Usage: run.sh BUILD [FILE-OR-PART-OF-NAME...]
set -eu
cd "$(dirname "$0")/../.."
build=$1
shift
. scripts/testlib.sh
export FANFARE_BUILD="$build"

wanted() {
  file=$1
  shift
  [ $# -gt 0 ] || return 0
  for part in "$@"; do
    case $file in *"$part"*) return 0 ;; esac
  done
  return 1
}

for file in tests/system/*.test.js; do
  [ -e "$file" ] && wanted "$file" "$@" || continue
  name=system/$(basename "$file" .test.js)
  run_test "$name" 300 count_tap node --test-reporter=tap "$file"
done
finish
