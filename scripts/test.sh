#!/bin/sh
# Every test of Fanfare, in the order of what fails fastest. Always ends with
# one line: `N passed, N failed`. Logs stay in build/test-logs/.
set -u
cd "$(dirname "$0")/.."
rm -rf build/test-logs
mkdir -p build/test-logs
export FF_RESULTS="$PWD/build/test-logs/results"
: >"$FF_RESULTS"
build=build/test
. scripts/testlib.sh

close() {
  trap - EXIT
  echo
  closing_line "$FF_RESULTS"
  exit $?
}
trap close EXIT
trap 'echo "count 0 1" >>"$FF_RESULTS"; exit 1' HUP INT TERM

# must LABEL COMMAND...: a step without which the rest makes no sense.
must() {
  label=$1
  shift
  echo "== $label"
  "$@" >build/test-logs/step.log 2>&1 </dev/null && return
  tail -n 60 build/test-logs/step.log
  echo "FAILED  $label"
  echo 'count 0 1' >>"$FF_RESULTS"
  exit
}

# also LABEL COMMAND...: a step that reports its own results.
also() {
  label=$1
  shift
  echo "== $label"
  "$@" || { echo "FAILED  $label" && echo 'count 0 1' >>"$FF_RESULTS"; }
}

jobs=-j$(nproc)
must 'set-up' scripts/install.sh build run test
must 'build' make "$jobs" all unit-build
echo '== generated files and rules of the house'
run_test check-gen 120 count_one make -s check-gen
run_test lint-fast 120 count_one make -s lint-fast
also 'unit tests' scripts/unit.sh build/release
must 'build with sanitizers' make "$jobs" SAN=1 all unit-build
also 'unit tests with sanitizers' scripts/unit.sh build/asan
also 'system tests' tests/system/run.sh build/release
also 'system tests with sanitizers' tests/system/run.sh build/asan
must 'build fuzz targets' make "$jobs" FUZZ=1 fuzz-build
also 'fuzz smoke' scripts/fuzz.sh build/fuzz 5
