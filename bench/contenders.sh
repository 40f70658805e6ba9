# shellcheck shell=bash
# Fanfare itself, and the kernel's floor. A contender's server has one function
# SERVER_start, which fills the tables of common.sh, or says why it cannot.

FRAME_BYTES=290 # of a floor frame, until Fanfare's own is known

fanfare_json() {
  json "$WORK/fanfare/cluster.json" "$1"
}

# fanfare_start [flags of fanfare-up]: a fresh cluster, without limits.
fanfare_start() {
  if [ ! -x "$BUILD/fanfare-up" ]; then
    skip fanfare "there is no $BUILD/fanfare-up"
    return 1
  fi
  rm -rf "$WORK/fanfare"
  "$BUILD/fanfare-up" --state "$WORK/fanfare" --free-ports \
    --set gateway.workers=1 \
    --set gateway.max_connections=100000 \
    --set gateway.max_connections_per_ip=0 \
    --set gateway.max_messages_per_minute=0 \
    --set gateway.max_subscriptions=100000 \
    "$@" >"$WORK/fanfare.log" 2>&1 &
  SERVER_PID[fanfare]=$!
  if ! wait_until 60 "${SERVER_PID[fanfare]}" test -s "$WORK/fanfare/cluster.json"
  then
    say "$(tail -n 5 "$WORK/fanfare.log")"
    stop_server fanfare
    skip fanfare 'the cluster did not start'
    return 1
  fi
  fanfare_tables
  fanfare_learn_frame
}

fanfare_tables() {
  local name ws sse ingress pids gateways
  ws=$(fanfare_json 'j.gateways.map((g) => g.ws).join()')
  sse=$(fanfare_json 'j.gateways.map((g) => g.sse).join()')
  ingress=$(fanfare_json 'j.ingresses[0].url')
  pids=$(fanfare_json '[...j.nats, ...j.services]
    .filter((s) => s.pid).map((s) => s.name + ":" + s.pid).join()')
  gateways=$(fanfare_json 'j.gateways
    .map((s) => s.name + ":" + s.pid).join()')
  for name in fanfare fanfare-history fanfare-sse; do
    SUBSCRIBE[$name]="--proto fanfare --url $ws"
    PUBLISH[$name]="--pub fanfare --pub-url $ingress/v1/publish"
    CHANNEL[$name]=bench
    PIDS[$name]=$pids
    MEMORY_PIDS[$name]=$gateways
  done
  SUBSCRIBE[fanfare-sse]="--proto sse --url $sse"
  CHANNEL[fanfare-history]=history:bench
}

# How long a delivery frame of BENCH_SIZE bytes is, for the floor.
fanfare_learn_frame() {
  local out
  # shellcheck disable=SC2086
  out=$(timeout 30 "$BUILD/fanfare-loadgen" fan ${SUBSCRIBE[fanfare]} \
    ${PUBLISH[fanfare]} --channel bench --subs 1 --rate 50 \
    --size "$BENCH_SIZE" --warmup-ms 200 --window-ms 400) || return 0
  printf '%s' "$out" >"$WORK/probe.json"
  FRAME_BYTES=$(json "$WORK/probe.json" 'j.deliveries ? j.frame_bytes : 290')
}

floor_start() {
  "$BUILD/fanfare-bench-floor" "$FRAME_BYTES" >"$WORK/floor.json" &
  SERVER_PID[floor]=$!
  wait_until 10 "${SERVER_PID[floor]}" test -s "$WORK/floor.json" || return 1
  SUBSCRIBE[floor]="--proto floor --url tcp://127.0.0.1:$(json "$WORK/floor.json" j.sub)"
  PUBLISH[floor]="--pub floor --pub-url tcp://127.0.0.1:$(json "$WORK/floor.json" j.pub) --pub-conns 1"
  CHANNEL[floor]=bench
  PIDS[floor]=floor:${SERVER_PID[floor]}
}
