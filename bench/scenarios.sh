# shellcheck shell=bash
# The scenarios. Each starts the servers it needs, measures in rounds that
# alternate between the contenders, and stops the servers. What each one shows
# and its bar is told in README.md; the bars are checked in report.js.

# start_servers CONTENDER...: sets READY to those that can take part.
start_servers() {
  local name server
  READY=()
  for name in "$@"; do
    server=${name%%-*}
    case " $BENCH_CONTENDERS " in *" $server "*) ;; *) continue ;; esac
    [ -n "${SERVER_PID[$server]:-}" ] || "${server}_start" || continue
    READY+=("$name")
  done
}

# fan_rounds SCENARIO ROUNDS OPTIONS...: every contender in turn, per round.
fan_rounds() {
  local scenario=$1 rounds=$2 round name
  shift 2
  for ((round = 1; round <= rounds; round++)); do
    for name in "${READY[@]}"; do
      # shellcheck disable=SC2086
      record "$scenario" "$name" "$round" fan --size "$BENCH_SIZE" \
        --warmup-ms "$BENCH_WARMUP_MS" --window-ms "$BENCH_WINDOW_MS" \
        --channel "${CHANNEL[$name]}" --pids "${PIDS[$name]}" "$@" \
        ${SUBSCRIBE[$name]} ${PUBLISH[$name]}
    done
  done
}

scenario_a() {
  start_servers fanfare floor nchan nats centrifugo
  fan_rounds a "$BENCH_ROUNDS" --subs 1000 --rate 50 --pub-conns 4
}

scenario_b() {
  start_servers fanfare floor nchan nats centrifugo
  fan_rounds b "$BENCH_ROUNDS" --subs 1000 --rate 1000 --pub-conns 8
}

scenario_c() {
  local name round channel
  start_servers fanfare nchan nats centrifugo
  for name in "${READY[@]}"; do
    for round in 1 2; do
      channel=
      [ "$round" = 1 ] || channel=${CHANNEL[$name]}
      # Nchan knows no connection without a channel.
      [ -n "$channel" ] || [ "$name" != nchan ] || continue
      # shellcheck disable=SC2086
      record c "$name" "$round" idle --subs "$BENCH_IDLE_CLIENTS" \
        --channel "$channel" --pids "${MEMORY_PIDS[$name]}" ${SUBSCRIBE[$name]}
      stop_server "$name"
      "${name}_start" || break
    done
  done
}

scenario_d() {
  start_servers fanfare nchan
  fan_rounds d "$BENCH_ROUNDS" --subs 1 --rate 0 --pub-conns 8
}

scenario_e() {
  start_servers fanfare fanfare-sse nchan nchan-sse
  fan_rounds e "$BENCH_ROUNDS" --subs 1000 --rate 50 --pub-conns 4
}

scenario_g() {
  start_servers fanfare fanfare-history
  fan_rounds g "$BENCH_ROUNDS" --subs 1000 --rate 50 --pub-conns 4
}

scenario_h() {
  start_servers fanfare-history
  fan_rounds h "$BENCH_ROUNDS" --subs 1 --rate 0 --pub-conns 8
}

scenario_i() {
  start_servers fanfare
  [ "${#READY[@]}" -gt 0 ] || return 0
  # shellcheck disable=SC2086
  LIMIT_S=$((BENCH_JITTER_MS / 1000 + 180)) record i fanfare 1 resume \
    --subs "$BENCH_JITTER_CLIENTS" --rate 2 --cut-ms 15000 --offline-ms 2000 \
    --channel history:jitter --plain-channel jitter --warmup-ms 0 \
    --window-ms "$BENCH_JITTER_MS" --drain-ms 60000 \
    ${SUBSCRIBE[fanfare]} ${PUBLISH[fanfare]}
}

scenario_j() {
  case " $BENCH_CONTENDERS " in *" fanfare "*) ;; *) return 0 ;; esac
  fanfare_start --gateways 2 || return 0
  # shellcheck disable=SC2086
  LIMIT_S=180 record j fanfare 1 resume --subs "$BENCH_AVALANCHE_CLIENTS" \
    --rate 10 --channel history:avalanche --warmup-ms 0 --window-ms 20000 \
    --kill-after-ms 5000 --kill-signal 9 --kill-pids "${MEMORY_PIDS[fanfare]}" \
    --drain-ms 90000 ${SUBSCRIBE[fanfare]} ${PUBLISH[fanfare]}
}

scenario_k() {
  start_servers fanfare
  [ "${#READY[@]}" -gt 0 ] || return 0
  # shellcheck disable=SC2086
  LIMIT_S=660 record k fanfare 1 fill --channels "$BENCH_FILL_CHANNELS" \
    --per-channel 5 --subs 50 --channel history:fill --pub-conns 4 \
    --pids "${PIDS[fanfare]}" ${SUBSCRIBE[fanfare]} ${PUBLISH[fanfare]}
}
