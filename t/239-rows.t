#!/bin/sh
# Rows of doc/spec/daemon-hardening.md that have no script of their own: what a client asks for by other words than the rule is written in.
. "${top_srcdir:-.}/t/lib.sh"
. "$top_srcdir/t/hostile.sh"
mkdir "$scratch/m"
echo keep > "$scratch/m/a"
printf 'use chroot = no\nreverse lookup = no\n[ro]\npath = %s/m\n[zt]\npath = %s/m\nrefuse options = compress-threads\n' "$scratch" "$scratch" > "$scratch/in"
[ "$(id -u)" != 0 ] || sed -i '1i uid = 0\ngid = 0' "$scratch/in"
start_syncd < "$scratch/in"
plan 6
h() { timeout 20 "$hostile" "$port" "$@" 2>&1; }
pull() { _m=$1; shift; h "login:29:$_m" "args:--server|--sender|-r$1|.|$_m/" raw:00000000 fin 2>&1; }
like "$(rsync -r --remove-source-files "rsync://127.0.0.1:$port/ro/" "$scratch/got" 2>&1)" '*read-only*' 'A17: --remove-source-files of a module that is read only'
is "$(cat "$scratch/m/a")" keep 'removes nothing'
like "$(pull zt '|--zt=2')" '*configured to refuse*' 'A12: --zt where compress-threads is refused'
before=$(wc -l < "$scratch/syncd.log")
for w in --help --version --info=help --debug=help; do pull ro "|$w"; done > "$scratch/out"
ok 'I6: --help and its kin print nothing into the log' test "$(($(wc -l < "$scratch/syncd.log") - before))" -le 24
is "$(grep -c 'Usage' "$scratch/syncd.log")" 0 'no usage'
ok 'no sanitizer complained, nothing was killed' no_report
