#!/bin/sh
# Peers that do not speak TLS, or stop in the middle, harm nobody else.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 8
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
serve 'TIMEOUTbusy = 1'

out=$("$peer" send "$tport" '@RSYNCD: 31.0
')
like "$out" '*reset' 'plain text on the TLS port gets no answer but a reset'
ok 'and a line that says why' logged 'SSL_accept: '
ok 'with the reason' logged 'wrong version number'
# the first bytes of a ClientHello, and no more
"$peer" send "$tport" "$(printf '\026\003\001\001\077\001')" > /dev/null
ok 'a ClientHello cut short' logged 'SSL_accept: Peer suddenly disconnected'
# it waits for a greeting that never comes
mkfifo "$scratch/never"
spawn "$scratch/silent.log" sh -c "exec 3<> '$scratch/never'; exec openssl s_client -connect 127.0.0.1:$tport -starttls smtp <&3"
ok 'a silent peer is given up after TIMEOUTbusy' logged 'TIMEOUTbusy exceeded: sending reset'
s_client
like "$out" '*PING*' 'the next client is served'
is "$(grep -c 'terminated on signal' "$tlog")" 0 'no worker died'
stop "$tunnel_pid"
ok 'stopped by TERM in so many words' logged 'LOG5[ui]: Terminated'
