#!/bin/sh
# Run every fuzz target for some seconds, from its corpus, with a fixed seed:
# a smoke test gives the same answer for the same code.
# Usage: fuzz.sh BUILD [SECONDS]
set -eu
cd "$(dirname "$0")/.."
build=$1
seconds=${2:-5}
. scripts/testlib.sh

for src in tests/fuzz/fuzz_*.c tests/fuzz/*/fuzz_*.c; do
  [ -e "$src" ] || continue
  name=${src#tests/fuzz/} name=${name%.c}
  base=$(basename "$name")
  seen=$build/corpus/$base
  mkdir -p "$seen"
  set -- "$seen"
  [ ! -d "tests/fuzz/corpus/$base" ] || set -- "$@" "tests/fuzz/corpus/$base"
  [ ! -f "tests/fuzz/$base.dict" ] || set -- "$@" "-dict=tests/fuzz/$base.dict"
  run_test "fuzz/$name" $((seconds + 120)) count_one "$build/$name" \
    -seed=1 -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
    -artifact_prefix="$logs/$base-" "$@"
done
finish
