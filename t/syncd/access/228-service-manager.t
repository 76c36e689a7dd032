#!/bin/sh
# What the service manager hears, transfers that are waited for at the end, and a file that is read again on SIGHUP alone.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v socat > /dev/null || skip_all 'no socat'
plan 15
mkdir "$scratch/m"
head -c 4000000 /dev/zero > "$scratch/m/big"
printf 'use chroot = no\nreverse lookup = no\n[m]\npath = %s\n' "$scratch/m" > "$scratch/in"
spawn "$scratch/notify.log" socat -u "UNIX-RECV:$scratch/notify" -
there() { [ -S "$scratch/notify" ] && echo there; }
becomes there there
NOTIFY_SOCKET=$scratch/notify WATCHDOG_USEC=100000
export NOTIFY_SOCKET WATCHDOG_USEC
unset WATCHDOG_PID
told() { "$await" line "$scratch/notify.log" "$1"; }
# a pull that lasts, its pid in $client
slow() {
	_lists=$(grep -c 'building file list' "$scratch/syncd.log")
	spawn "$scratch/client.log" rsync -a --bwlimit="$1" "rsync://127.0.0.1:$port/m/big" "$scratch/got"
	client=$pid
	"$await" line "$scratch/syncd.log" 'building file list' $((_lists + 1))
}
{ echo 'stop timeout = 60'; cat "$scratch/in"; } > "$scratch/stop"
start_syncd < "$scratch/stop"
ok 'ready' told 'READY=1'
ok 'with a word for systemctl status' told 'STATUS=0 transfers, 0 waiting'
ok 'the watchdog hears of it, again and again' told 'WATCHDOG=1WATCHDOG=1'
kill -HUP "$syncd_pid"
ok 'reloading' told 'RELOADING=1'
ok 'carries its time' told 'MONOTONIC_USEC='
slow 2000
kill "$syncd_pid"
ok 'stopping' told 'STOPPING=1'
ok 'waits for a transfer' "$await" line "$scratch/syncd.log" 'stopping: 1 transfers have 60 seconds to end'
fails 10 'and lets nobody in' rsync "rsync://127.0.0.1:$port/"
wait "$client"
is "$? $(stat -c %s "$scratch/got")" '0 4000000' 'which ends well'
ok 'and the daemon with it' "$await" gone "$syncd_pid"
rm -f "$scratch/got"

{ echo 'stop timeout = 1'; echo 'reload on hup = yes'; cat "$scratch/in"; echo "post-xfer exec = echo over >> $scratch/over"; } > "$scratch/stop"
start_syncd < "$scratch/stop"
printf '[later]\npath = %s\n' "$scratch/m" >> "$scratch/rsyncd.conf"
fails 5 'an edit waits' rsync "rsync://127.0.0.1:$port/later/"
kill -HUP "$syncd_pid"
"$await" line "$scratch/syncd.log" 'configuration reloaded'
ok 'which tells what changed' "$await" line "$scratch/syncd.log" "reload: module later added ($scratch/rsyncd.conf:"
ok 'for a SIGHUP' rsync "rsync://127.0.0.1:$port/later/"
slow 100
kill "$syncd_pid"
ok 'a transfer that lasts longer is ended' "$await" gone "$syncd_pid"
is "$(cat "$scratch/over")" over 'and what comes behind it is still run'
