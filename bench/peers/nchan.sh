# shellcheck shell=bash
# Nchan on nginx, from Debian's packages. Where they are not installed, they are
# unpacked under build/bench and run from there: nothing is installed, and no
# service is started on the machine.

# Set NGINX and NCHAN_MODULE, or fail.
nchan_find() {
  local root
  for root in '' "$WORK/nginx"; do
    NGINX=$root/usr/sbin/nginx
    NCHAN_MODULE=$root/usr/lib/nginx/modules/ngx_nchan_module.so
    [ ! -x "$NGINX" ] || [ ! -e "$NCHAN_MODULE" ] || return 0
  done
  return 1
}

nchan_fetch() {
  local package
  mkdir -p "$WORK/nginx"
  (
    cd "$WORK/nginx"
    apt-get download nginx libnginx-mod-nchan >apt.log 2>&1
    for package in *.deb; do
      dpkg -x "$package" .
    done
  )
}

# Its port is open and its worker is there.
nchan_runs() {
  port_open "$1" &&
    [ -n "$(cat "/proc/${SERVER_PID[nchan]}/task/${SERVER_PID[nchan]}/children")" ]
}

nchan_start() {
  local dir=$WORK/nchan port name worker
  if ! nchan_find; then
    [ "$BENCH_INSTALL" = 0 ] || nchan_fetch || true
    if ! nchan_find; then
      skip nchan 'the packages nginx and libnginx-mod-nchan are not there'
      return 1
    fi
  fi
  port=$(free_port)
  rm -rf "$dir"
  mkdir -p "$dir"
  sed -e "s|@MODULE@|$NCHAN_MODULE|" -e "s|@DIR@|$dir|" -e "s|@PORT@|$port|" \
    -e "s|@FILES@|$(ulimit -n)|" bench/peers/nchan.conf >"$dir/nginx.conf"
  "$NGINX" -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf" \
    >"$dir/out.log" 2>&1 &
  SERVER_PID[nchan]=$!
  starts nchan "$dir/error.log" nchan_runs "$port" || return 1
  # The first child of the master.
  read -r worker _ <"/proc/${SERVER_PID[nchan]}/task/${SERVER_PID[nchan]}/children"
  for name in nchan nchan-sse; do
    SUBSCRIBE[$name]="--proto $name --url ws://127.0.0.1:$port/sub"
    PUBLISH[$name]="--pub nchan --pub-url http://127.0.0.1:$port/pub"
    CHANNEL[$name]=bench
    PIDS[$name]=nginx:$worker
    MEMORY_PIDS[$name]=${PIDS[$name]}
  done
}
