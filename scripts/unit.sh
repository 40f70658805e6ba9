#!/bin/sh
# Run the unit tests of a build folder one after the other.
# Usage: unit.sh BUILD [PART-OF-NAME]
set -eu
cd "$(dirname "$0")/.."
build=$1
. scripts/testlib.sh

for src in tests/unit/*/test_*.c; do
  name=${src#tests/} name=${name%.c}
  case $name in *"${2:-}"*) ;; *) continue ;; esac
  [ ! -e "$src" ] || run_test "$name" 120 count_cmocka "$build/tests/$name"
done
finish
