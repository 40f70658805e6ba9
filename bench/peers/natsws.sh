# shellcheck shell=bash
# NATS's own WebSocket port, on the nats-server that Fanfare uses. Publishers
# speak NATS's protocol: there is no HTTP in front of it.

nats_start() {
  local dir=$WORK/natsws port ws_port
  if ! command -v nats-server >/dev/null; then
    skip nats 'nats-server is not installed'
    return 1
  fi
  port=$(free_port)
  ws_port=$(free_port)
  mkdir -p "$dir"
  cat >"$dir/nats.conf" <<EOF
listen: "127.0.0.1:$port"
websocket { listen: "127.0.0.1:$ws_port", no_tls: true }
max_connections: 100000
EOF
  nats-server -c "$dir/nats.conf" -l "$dir/nats.log" >/dev/null 2>&1 &
  SERVER_PID[nats]=$!
  starts nats "$dir/nats.log" port_open "$ws_port" || return 1
  SUBSCRIBE[nats]="--proto nats --url ws://127.0.0.1:$ws_port/"
  PUBLISH[nats]="--pub nats --pub-url nats://127.0.0.1:$port --pub-conns 1"
  CHANNEL[nats]=bench
  PIDS[nats]=nats:${SERVER_PID[nats]}
  MEMORY_PIDS[nats]=${PIDS[nats]}
}
