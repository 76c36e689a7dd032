#!/bin/sh
# Each direction ends by itself, in server mode and in client mode, against stunnel and ourselves.
. "${top_srcdir:-.}/t/lib.sh"
plan 9
. "$top_srcdir/t/tls.sh"

# both TLS ends ours: plain peer -> client section -> server section -> plain peer
both_ways() { # both_ways SERVER-PROGRAM CLIENT-PROGRAM NAME WANTED [LATER]: what the plain peer gets, what the other prints
	a=$(freeport) b=$(freeport)
	printf 'foreground = yes\nsyslog = no\npid =\ndebug = 6\n[s]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' \
	    "$a" "$rport" "$pki/server.crt" "$pki/server.key" > "$scratch/s.conf"
	printf 'foreground = yes\nsyslog = no\npid =\ndebug = 6\n[c]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\n' \
	    "$b" "$a" > "$scratch/c.conf"
	rm -f "$scratch/s.log" "$scratch/c.log"
	spawn "$scratch/s.log" "$1" "$scratch/s.conf"; s_pid=$pid
	spawn "$scratch/c.log" "$2" "$scratch/c.conf"; c_pid=$pid
	ready "$scratch/s.log" 'Accepting new connections'
	ready "$scratch/c.log" 'Accepting new connections'
	is "$("$peer" send "$b" 'some text')" "$4" "$3"
	[ -z "$5" ] || ok "$3, and what it says afterwards arrives" "$await" line "$scratch/talk-first.log" "$5"
	stop "$s_pid" "$c_pid"
}
real=$(command -v stunnel4)

start_peer late
both_ways "$tunnel" "$tunnel" 'the client ends first: the answer still comes' 'SOME TEXTend'
if [ -n "$real" ]; then
	both_ways "$real" "$tunnel" 'the same, stunnel as the server' 'SOME TEXTend'
	both_ways "$tunnel" "$real" 'the same, stunnel as the client' 'SOME TEXTend'
else
	skip 'stunnel as the server' 'no stunnel4'; skip 'stunnel as the client' 'no stunnel4'
fi

start_peer talk-first
both_ways "$tunnel" "$tunnel" 'the server ends first: its client hears it' 'first
end' 'some text[end]'

# without close_notify: taken for an end
start_peer echo
serve
mkfifo "$scratch/fifo"
sh -c "exec 3<> '$scratch/fifo'; exec openssl s_client -quiet -connect 127.0.0.1:$tport <&3" > /dev/null 2>&1 &
victim=$!
servers="$servers $victim"
logged 'TLS accepted: new session negotiated'
logged 'Service [rsync] connected remote server'
kill -9 "$victim"
ok 'a client that vanishes is taken for one that ended' logged 'TLS socket closed (SSL_read)'
ok 'and closed as one' logged 'Connection closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
stop "$tunnel_pid"

# the back end is gone: a reset
rport=1 serve
s_client
ok 'no back end: stunnel'"'"'s words' logged 'LOG3[0]: s_connect: connect 127.0.0.1:1: Connection refused (111)'
ok 'and a reset' logged 'LOG5[0]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
