#!/bin/sh
# The rules that a compiler does not check.
# Usage: lint.sh rules|format|headers|tidy|cppcheck ...
set -u
cd "$(dirname "$0")/.."
failed=0
flags='-std=c17 -D_GNU_SOURCE -Ilib -Iproto -I.'

bad() {
  echo "lint: $1" >&2
  failed=1
}

# files PATTERN...: our own files of these names.
files() {
  for pattern in "$@"; do
    find . \( -name build -o -name node_modules -o -name var -o -name .git \) \
      -prune -o -type f -name "$pattern" -print
  done | sed 's|^\./||' | LC_ALL=C sort
}
code() {
  files '*.c' '*.h'
}

# Each third-party header has one home.
homes() {
  cat <<'END'
nats[/.].*             ^lib/ff_bus[a-z_]*\.
microhttpd\.h          ^lib/ff_http[a-z_]*\.
libwebsockets\.h       ^services/gateway/lws_
ev\.h                  ^services/gateway/lws_
jwt\.h                 ^services/auth/token
sqlite3\.h             ^services/[a-z]*/store
jansson\.h             ^lib/ff_json
uv\.h                  ^lib/ff_(loop|bus)
END
}
rule_homes() {
  homes | while read -r header home; do
    code | grep -v '^tests/' |
      xargs -r grep -lE "^ *# *include *[<\"]$header[>\"]" /dev/null |
      grep -vE "$home" | sed "s#\$# includes <$header>, whose home is $home#"
  done
}

rule_neighbours() {
  for dir in services/*/; do
    me=$(basename "$dir")
    grep -nHE '^ *# *include *"(\.\./|services/)' "$dir"*.[ch] /dev/null |
      grep -v "\"services/$me/" |
      sed 's|$|  (a service includes no other service)|'
  done
}

rule_length() {
  code | xargs -r wc -l |
    awk '$2 != "total" && $1 >= 400 {print $2 " has " $1 " lines, 399 at most"}'
}

rule_sleep() {
  files '*.c' '*.test.js' | grep '^tests/' |
    xargs -r grep -nHE '(^|[^a-z_])(u|nano)?sleep *\(' /dev/null |
    sed 's|$|  (wait for a condition with a deadline)|'
}

rule_banned() {
  code | grep -v "^tests/" | xargs -r grep -nHE \
    '(^|[^a-zA-Z0-9_.>"])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets|gmtime|localtime|system|rand) *\(' \
    /dev/null | grep -vE ':[0-9]+: *(/?\*|//)' | sed 's|$|  (banned)|'
}

rule_marks() {
  { code && files '*.js' '*.def' '*.sh' Makefile; } | sort -u |
    grep -v '^scripts/lint.sh$' |
    xargs -r grep -nHwE 'TODO|FIXME|XXX' /dev/null
  files package-lock.json | xargs -r grep -nH '"resolved"' /dev/null |
    head -n 1
}

# Relative links of our pages lead somewhere, and `make x` exists.
rule_pages() {
  for page in $(files '*.md'); do
    grep -oE '\]\([^)#: ]+' "$page" | cut -c 3- | while read -r link; do
      [ -e "$(dirname "$page")/$link" ] || echo "$page: no such file: $link"
    done
    grep -oE '`make [a-z][a-z-]*' "$page" | cut -c 7- | sort -u |
      while read -r target; do
        grep -qE "^([a-z -]* )?$target( [a-z -]*)?:" Makefile ||
          [ -d "services/$target" ] || echo "$page: no such target: $target"
      done
  done
}

check_rules() {
  for rule in homes neighbours length sleep banned marks pages; do
    found=$("rule_$rule")
    [ -z "$found" ] || bad "$rule
$found"
  done
}

check_format() {
  code | xargs -r clang-format --dry-run -Werror || bad 'run make format'
}

# Every header compiles alone.
check_headers() {
  for h in $(files '*.h' | grep -v '^scripts/'); do
    # shellcheck disable=SC2086
    gcc $flags -Wall -Wextra -Werror -fsyntax-only -x c "$h" \
      -Wno-unused-function 2>&1 || bad "$h does not compile alone"
  done
}

check_tidy() {
  # shellcheck disable=SC2086
  files '*.c' | grep -v '^tests/' |
    xargs -r -P "$(nproc)" -n 8 sh -c \
      'clang-tidy --quiet "$@" -- '"$flags"' 2>/dev/null' sh || bad 'clang-tidy'
}

# Left out is what it gets wrong where a call does not return; the other
# analyzer and the compilers see to that.
check_cppcheck() {
  # shellcheck disable=SC2046
  cppcheck --quiet --std=c11 -D_GNU_SOURCE -Ilib -Iproto -I. -j "$(nproc)" \
    --include=scripts/cppcheck.h \
    --enable=warning,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=preprocessorErrorDirective \
    --suppress=nullPointerRedundantCheck \
    --suppress=uninitvar --suppress=legacyUninitvar \
    $(ls -d lib services tools bench 2>/dev/null) || bad 'cppcheck'
}

for check in "$@"; do
  "check_$check"
done
exit $failed
