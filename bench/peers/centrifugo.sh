# shellcheck shell=bash
# Centrifugo, where a Go compiler is there and its source can be fetched.

CENTRIFUGO_SOURCE=github.com/centrifugal/centrifugo/v6@latest

centrifugo_fetch() {
  [ "$BENCH_INSTALL" != 0 ] && command -v go >/dev/null || return 1
  GOBIN=$WORK/centrifugo timeout 600 go install "$CENTRIFUGO_SOURCE" \
    >"$WORK/centrifugo/go.log" 2>&1
}

centrifugo_write_config() {
  cat >"$1" <<EOF
{
  "client": {"insecure": true},
  "http_server": {"address": "127.0.0.1", "port": "$2"},
  "http_api": {"key": "dev-key"},
  "log": {"level": "error"}
}
EOF
}

centrifugo_start() {
  local dir=$WORK/centrifugo port
  [ -z "${SKIPPED[centrifugo]:-}" ] || return 1
  mkdir -p "$dir"
  : >"$dir/go.log"
  if [ ! -x "$dir/centrifugo" ] && ! centrifugo_fetch; then
    skip centrifugo "it cannot be built here: $(tail -n 1 "$dir/go.log")"
    return 1
  fi
  port=$(free_port)
  centrifugo_write_config "$dir/config.json" "$port"
  "$dir/centrifugo" -c "$dir/config.json" >"$dir/out.log" 2>&1 &
  SERVER_PID[centrifugo]=$!
  starts centrifugo "$dir/out.log" port_open "$port" || return 1
  SUBSCRIBE[centrifugo]="--proto centrifugo --url ws://127.0.0.1:$port/connection/websocket"
  PUBLISH[centrifugo]="--pub centrifugo --pub-url http://127.0.0.1:$port/api/publish"
  CHANNEL[centrifugo]=bench
  PIDS[centrifugo]=centrifugo:${SERVER_PID[centrifugo]}
  MEMORY_PIDS[centrifugo]=${PIDS[centrifugo]}
}
