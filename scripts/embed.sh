#!/bin/sh
# Print a C file that holds every file below a folder: see pages_data.h.
# Usage: embed.sh FOLDER
set -eu
dir=$1

type_of() {
  case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.json) echo 'application/json' ;;
    *.svg) echo 'image/svg+xml' ;;
    *.png) echo 'image/png' ;;
    *.ico) echo 'image/x-icon' ;;
    *) echo 'application/octet-stream' ;;
  esac
}

files=
[ ! -d "$dir" ] || files=$(cd "$dir" && find . -type f -size +0c | LC_ALL=C sort)

echo '#include "services/gateway/pages_data.h"'
n=0
for f in $files; do
  echo "static const unsigned char data_$n[] = {"
  od -An -v -tx1 "$dir/$f" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
  echo '};'
  n=$((n + 1))
done

echo 'const struct page pages_data[] = {'
n=0
for f in $files; do
  echo "    {\"${f#.}\", \"$(type_of "$f")\", data_$n, sizeof(data_$n)},"
  n=$((n + 1))
done
echo '    {0, 0, 0, 0}};'
