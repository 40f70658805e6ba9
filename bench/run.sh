#!/usr/bin/env bash
# Measure Fanfare beside the kernel's floor and other servers: see README.md.
#
# Usage: bench/run.sh BUILD_DIR [SCENARIO ...]     (a b c d e g h i j k)
#
# Environment: BENCH_ROUNDS (3), BENCH_WINDOW_MS (8000), BENCH_WARMUP_MS (2000),
# BENCH_CONTENDERS ("fanfare floor nchan nats centrifugo"), BENCH_SIZE (128),
# BENCH_INSTALL=0 (fetch nothing), BENCH_CALM_S (20: wait at most so long for a
# quiet machine before each run), BENCH_IDLE_CLIENTS (10000),
# BENCH_JITTER_CLIENTS (5000), BENCH_JITTER_MS (160000),
# BENCH_AVALANCHE_CLIENTS (5000), BENCH_FILL_CHANNELS (100000).
#
# Results: build/bench/RESULTS.md and stdout; every run in results.jsonl.
set -euo pipefail
cd "$(dirname "$0")/.."

BUILD=${1:?usage: bench/run.sh BUILD_DIR [SCENARIO ...]}
shift
[ -x "$BUILD/fanfare-loadgen" ] ||
  { echo "$BUILD/fanfare-loadgen is not there: build first" >&2 && exit 2; }
SCENARIOS=("$@")
[ $# -gt 0 ] || SCENARIOS=(a b c d e g h i j k)

: "${BENCH_ROUNDS:=3}" "${BENCH_WINDOW_MS:=8000}" "${BENCH_WARMUP_MS:=2000}"
: "${BENCH_CONTENDERS:=fanfare floor nchan nats centrifugo}" "${BENCH_SIZE:=128}"
: "${BENCH_INSTALL:=1}" "${BENCH_CALM_S:=20}" "${BENCH_IDLE_CLIENTS:=10000}"
: "${BENCH_JITTER_CLIENTS:=5000}" "${BENCH_JITTER_MS:=160000}"
: "${BENCH_AVALANCHE_CLIENTS:=5000}" "${BENCH_FILL_CHANNELS:=100000}"

WORK=$PWD/build/bench
RESULTS=$WORK/results.jsonl
LIMIT_S=$(((BENCH_WARMUP_MS + BENCH_WINDOW_MS) / 1000 + 100))

. bench/common.sh
. bench/contenders.sh
. bench/peers/nchan.sh
. bench/peers/natsws.sh
. bench/peers/centrifugo.sh
. bench/scenarios.sh

# As many files as this user may open: connections are files.
raise_limits() {
  local files
  ulimit -n "$(ulimit -Hn)"
  files=$(ulimit -n)
  if [ "$files" != unlimited ] && [ "$files" -lt $((BENCH_IDLE_CLIENTS + 500)) ]
  then
    BENCH_IDLE_CLIENTS=$((files - 500))
    say "Only $files open files are allowed: $BENCH_IDLE_CLIENTS idle clients."
  fi
}

main() {
  local scenario
  mkdir -p "$WORK"
  : >"$RESULTS"
  raise_limits
  trap stop_all EXIT
  for scenario in "${SCENARIOS[@]}"; do
    declare -F "scenario_$scenario" >/dev/null ||
      { say "no such scenario: $scenario" && exit 2; }
  done
  for scenario in "${SCENARIOS[@]}"; do
    say "scenario $scenario"
    "scenario_$scenario"
    stop_all
  done
  node bench/report.js "$RESULTS" "$WORK/RESULTS.md"
}

main
