#!/bin/sh
# The service manager is told when we are ready, reload and stop.
. "${top_srcdir:-.}/t/lib.sh"
command -v socat > /dev/null || skip_all 'no socat'
plan 3
. "$top_srcdir/t/tls.sh"
start_peer echo
spawn "$scratch/notify.log" socat -u "UNIX-RECV:$scratch/notify" -
_n=0
until test -S "$scratch/notify" || [ $_n -gt 100000 ]; do _n=$((_n + 1)); done
NOTIFY_SOCKET=$scratch/notify
export NOTIFY_SOCKET
serve
told() { "$await" line "$scratch/notify.log" "$1"; }
ok 'ready' told 'READY=1'
kill -HUP "$tunnel_pid"
ok 'reloading' told 'RELOADING=1'
stop "$tunnel_pid"
ok 'stopping' told 'STOPPING=1'
