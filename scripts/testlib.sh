# What unit.sh, fuzz.sh and tests/system/run.sh share: run one test program
# with a time limit, twice if need be, keep its log, and add up the results.
# Sourced; the caller has set $build. Variables of functions are local: dash
# and bash have that, if not POSIX.

variant=$(basename "$build")
logs=build/test-logs/$variant
results=${FF_RESULTS:-build/test-logs/results-$variant}
mkdir -p "$logs"
[ -n "${FF_RESULTS:-}" ] || : >"$results"

export ASAN_OPTIONS="detect_leaks=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0"

# count_cmocka LOG, count_tap LOG, count_one LOG: print "passed failed".
count_cmocka() {
  sed -nE 's/^\[  (PASSED|FAILED)  \] (.*: )?([0-9]+) test\(s\).*/\1 \3/p' "$1" |
    awk '{n[$1] += $2} END {print n["PASSED"] + 0, n["FAILED"] + 0}'
}
count_tap() {
  sed -n 's/^# \(pass\|fail\|cancelled\) \([0-9]*\)$/\1 \2/p' "$1" |
    awk '{n[$1] += $2} END {print n["pass"] + 0, n["fail"] + n["cancelled"]}'
}
count_one() {
  echo "1 0"
}

# attempt SECONDS LOG COMMAND...: the command's status, output in LOG, what
# else it wants to keep in the folder of the same name.
attempt() {
  local limit=$1 log=$2 status
  shift 2
  export FANFARE_TEST_LOGS="$PWD/${log%.log}"
  timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null && return 0
  status=$?
  [ $status -lt 124 ] || [ $status -gt 137 ] ||
    echo "(ended with status $status after at most $limit s)" >>"$log"
  return $status
}

# run_test NAME SECONDS COUNTER COMMAND...: one line on the terminal; the log
# only of what failed twice. A pass on the second run counts, and is told.
run_test() {
  local name=$1 seconds=$2 counter=$3 log
  log=$logs/$(echo "$name" | tr / -).log
  shift 3
  rm -rf "${log%.log}" "${log%.log}".first*
  if attempt "$seconds" "$log" "$@"; then
    say_passed
    return
  fi
  mv "$log" "${log%.log}.first.log"
  [ ! -d "${log%.log}" ] || mv "${log%.log}" "${log%.log}.first"
  if attempt "$seconds" "$log" "$@"; then
    echo "flaky: $name (passed on the second run)" | tee -a "$results"
    say_passed
    return
  fi
  say_failed
}

say_passed() {
  # shellcheck disable=SC2046
  set -- $($counter "$log")
  echo "ok      $name ($1)"
  echo "count $1 0" >>"$results"
}

# What the services of a system test complained of.
show_trouble() {
  find "$1" -name '*.log' | LC_ALL=C sort | while read -r f; do
    grep -HE '"level":"(warning|error)"|Sanitizer|runtime error:' "$f" |
      tail -n 5 | cut -c "$((${#1} + 2))-300"
  done
}

say_failed() {
  # shellcheck disable=SC2046
  set -- $($counter "$log")
  [ "$counter" != count_one ] || set -- 0 1
  [ "$2" -gt 0 ] || set -- "$1" 1
  echo "FAILED  $name ($2 failed, $1 passed); the end of $log:"
  tail -n 80 "$log" | cut -c 1-400 | sed 's/^/    | /'
  [ ! -d "${log%.log}" ] || show_trouble "${log%.log}" | tail -n 30 | sed 's/^/    | /'
  echo "count $1 $2" >>"$results"
}

# Unless a caller adds up several of us: the sum, and its exit status.
finish() {
  [ -z "${FF_RESULTS:-}" ] || return 0
  closing_line "$results"
}

# closing_line RESULTS: print flaky ones and `N passed, N failed`.
closing_line() {
  grep '^flaky:' "$1" || true
  awk '/^count /{p += $2; f += $3}
       END {printf "%d passed, %d failed\n", p, f; exit f > 0}' "$1"
}
