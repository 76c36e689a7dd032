#!/bin/sh
# Each direction ends by itself, in server mode and in client mode, against stunnel and ourselves.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 11
. "$top_srcdir/t/lib/tunnel.sh"

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

# but who has only closed its half still gets what is on the way
stop "$tunnel_pid"
start_peer late
serve
cat > "$scratch/half.py" <<'E'
import socket, ssl, sys
c = ssl._create_unverified_context()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
t = c.wrap_bio(i, o)
def talk(act):
    while True:
        try: r = act()
        except ssl.SSLWantReadError: r = None
        if o.pending: s.sendall(o.read())
        if r is not None: return r
        b = s.recv(65536)
        if not b: return b"cut"
        i.write(b)
talk(lambda: t.do_handshake() or 1)
talk(lambda: t.write(b"text"))
s.shutdown(socket.SHUT_WR)
print(talk(lambda: t.read(100)).decode())
try: print("left:", talk(lambda: t.read(100)))
except ssl.SSLZeroReturnError: print("farewell")
E
if command -v python3 > /dev/null; then
	is "$(python3 "$scratch/half.py" "$tport" 2>&1)" 'TEXT
left: b'"''" 'a TCP end without close_notify: the answer and a farewell still come'
	ok 'which is said' logged 'TLS socket closed (SSL_read)'
else
	skip 'a half-closed TCP connection' 'no python3'; skip 'which is said' 'no python3'
fi

# the back end is gone: a reset
rport=1 serve
s_client
ok 'no back end: stunnel'"'"'s words' logged 'LOG3[0]: s_connect: connect 127.0.0.1:1: Connection refused (111)'
ok 'and a reset' logged 'LOG5[0]: Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
