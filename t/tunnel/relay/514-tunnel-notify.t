#!/bin/sh
# The service manager is told when we are ready, reload and stop, whether the new file was good, and that the master lives.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v socat > /dev/null || skip_all 'no socat'
plan 9
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
spawn "$scratch/notify.log" socat -u "UNIX-RECV:$scratch/notify" -
_n=0
until test -S "$scratch/notify" || [ $_n -gt 100000 ]; do _n=$((_n + 1)); done
NOTIFY_SOCKET=$scratch/notify WATCHDOG_USEC=100000
export NOTIFY_SOCKET WATCHDOG_USEC
unset WATCHDOG_PID
serve
told() { "$await" line "$scratch/notify.log" "$1"; }
ok 'ready' told 'READY=1'
ok 'with a word for systemctl status' told 'STATUS=Accepting new connections'
ok 'the watchdog hears of it' told 'WATCHDOG=1'
kill -HUP "$tunnel_pid"
ok 'reloading' told 'RELOADING=1'
ok 'reloading carries its time' told 'MONOTONIC_USEC='
ok 'and again and again' told 'WATCHDOG=1WATCHDOG=1'
echo 'nonsense = yes' >> "$tconf"
kill -HUP "$tunnel_pid"
ok 'a file that cannot be loaded is told' told 'STATUS=The configuration cannot be loaded: the one before is in force'
stop "$tunnel_pid"
ok 'stopping' told 'STOPPING=1'
# watched is another process: the shell that starts the tunnel, not what it starts
WATCHDOG_PID=$$
export WATCHDOG_PID
: > "$scratch/notify.log"
serve
"$await" line "$scratch/notify.log" 'READY=1'
stop "$tunnel_pid"
"$await" line "$scratch/notify.log" 'STOPPING=1'
fails 1 'who is not watched is silent' grep -a WATCHDOG "$scratch/notify.log"
