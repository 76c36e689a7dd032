#!/bin/sh
# How long the tunnel waits for whom.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 8
. "$top_srcdir/t/lib/tunnel.sh"
start_peer hold
leave() { openssl s_client -connect "127.0.0.1:$tport" < /dev/null > /dev/null 2>&1; }	# with close_notify, at once
stay() { # a connection on which nothing happens; its process in $pid
	rm -f "$scratch/silence"
	mkfifo "$scratch/silence"
	spawn "$scratch/stay.log" sh -c "exec 3<> '$scratch/silence'; exec openssl s_client -quiet -connect 127.0.0.1:$tport <&3"
}

serve 'TIMEOUTclose = 1'
leave
ok 'a back end that never ends is given up after TIMEOUTclose' logged \
    'LOG3[0]: transfer: s_poll_wait: TIMEOUTclose exceeded: closing'
ok 'and that counts as closed' logged 'LOG5[0]: Connection closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
stop "$tunnel_pid"

serve 'TIMEOUTclose = 0'
leave
ok 'TIMEOUTclose = 0 does not wait' logged 'LOG5[0]: Connection closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
is "$(grep -c 'TIMEOUTclose exceeded' "$tlog")" 0 'nor complain'
stop "$tunnel_pid"

serve 'TIMEOUTidle = 1'
stay
ok 'silence both ways lasts TIMEOUTidle' logged 'LOG6[0]: transfer: s_poll_wait: TIMEOUTidle exceeded: sending reset'
ok 'and ends in a reset' logged 'LOG5[0]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
stop "$tunnel_pid"

serve
stay
logged 'connected remote server'
kill -USR2 "$tunnel_pid"
ok 'USR2 lists the connections' logged 'LOG0[ui]: Active connection 1: Service [rsync], 0 byte(s) sent to TLS'
kill -HUP "$tunnel_pid"
logged 'Accepting new connections'
stop "$pid"
ok 'and a generation leaves with its last one' logged 'its last connection is closed'
