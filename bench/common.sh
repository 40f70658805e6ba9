# shellcheck shell=bash
# What the runner and its contenders share: the folder of a run, processes that
# are started and surely stopped, and one line of JSON per measurement.

declare -A SERVER_PID=() # by server: what to stop
# By contender (a row of the results): how loadgen reaches it.
declare -A SUBSCRIBE=() PUBLISH=() PIDS=() MEMORY_PIDS=() CHANNEL=()
declare -A SKIPPED=()

say() {
  printf '%s\n' "$*" >&2
}

# Print an expression over the JSON file $1, which it sees as `j`.
json() {
  node -p "const j = JSON.parse(require('fs').readFileSync('$1', 'utf8')); $2"
}

free_port() {
  node -e "const s = require('net').createServer();
    s.listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })"
}

# wait_until SECONDS PID COMMAND...: false when PID ends or time is up.
wait_until() {
  local deadline=$((SECONDS + $1)) pid=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

port_open() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

stop_server() {
  local pid=${SERVER_PID[$1]:-} deadline=$((SECONDS + 20))
  [ -n "$pid" ] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "SERVER_PID[$1]"
}

stop_all() {
  local server
  for server in "${!SERVER_PID[@]}"; do
    stop_server "$server"
  done
}

# A text that can stand in a JSON string and in a table.
plain_text() {
  printf '%s' "$*" | tr -c '[:print:]' ' ' | tr '"\\|' ' '
}

# skip CONTENDER REASON: said once, and noted under the table.
skip() {
  [ -z "${SKIPPED[$1]:-}" ] || return 0
  SKIPPED[$1]=$2
  say "  $1 is left out: $2"
  printf '{"skipped":"%s","reason":"%s"}\n' "$1" \
    "$(plain_text "$2")" >>"$RESULTS"
}

# starts SERVER LOG COMMAND...: wait until COMMAND tells that it serves; else it
# is stopped and left out, and the end of its log says why.
starts() {
  local server=$1 log=$2
  shift 2
  ! wait_until 10 "${SERVER_PID[$server]}" "$@" || return 0
  stop_server "$server"
  skip "$server" "$(tail -n 1 "$log")"
  return 1
}

# Hundredths of a second in which a processor was busy, of all together.
busy_ticks() {
  local user nice system irq softirq steal
  read -r _ user nice system _ _ irq softirq steal _ </proc/stat
  echo $((user + nice + system + irq + softirq + steal))
}

# Wait, at most BENCH_CALM_S seconds, until others use less than a fifth of one
# processor: a starved server is no measure of anything.
wait_for_calm() {
  local deadline=$((SECONDS + BENCH_CALM_S)) before
  while [ "$SECONDS" -lt "$deadline" ]; do
    before=$(busy_ticks)
    sleep 1
    [ $(($(busy_ticks) - before)) -ge 20 ] || return 0
  done
}

# record SCENARIO CONTENDER ROUND COMMAND ARGS...: one run of loadgen, bounded.
record() {
  local scenario=$1 contender=$2 round=$3 out reason
  shift 3
  say "  $contender, round $round"
  wait_for_calm
  if out=$(timeout -k 5 "$LIMIT_S" "$BUILD/fanfare-loadgen" "$@" \
    2>"$WORK/loadgen.err"); then
    printf '{"scenario":"%s","contender":"%s","round":%d,"result":%s}\n' \
      "$scenario" "$contender" "$round" "$out" >>"$RESULTS"
    return 0
  fi
  reason=$(plain_text "$(tail -n 1 "$WORK/loadgen.err")")
  reason=${reason:-no result within $LIMIT_S s}
  say "    failed: $reason"
  printf '{"scenario":"%s","contender":"%s","round":%d,"failed":"%s"}\n' \
    "$scenario" "$contender" "$round" "$reason" >>"$RESULTS"
}
