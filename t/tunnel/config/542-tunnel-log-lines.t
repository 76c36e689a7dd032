#!/bin/sh
# The lines that programs grep for, letter by letter with their levels, each from a log that a real run left:
# on standard error, in a file, and by syslog.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 55
. "$top_srcdir/t/lib/tunnel.sh"
nl='
' stamp='20[0-9][0-9]\.[01][0-9]\.[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]' a='127\.0\.0\.1:[0-9][0-9]*'
# line LEVEL ID PATTERN: a whole line of the log, 5 s at most
line() {
	_n=0 _line="$stamp LOG$1\[$2\]: $3"
	while ! grep -qx "$_line" "$tlog" && [ $_n -lt 250 ]; do _n=$((_n + 1)); sleep 0.02; done
	ok "$1 $3" grep -qx "$_line" "$tlog"
}

# the start, and a server's connections
start_peer echo
: > "$pki/index.txt"
cat > "$scratch/in.conf" <<-EOF
	[rsync]
	accept = 127.0.0.1:PORT
	accept = 127.0.0.1:PORT
	connect = 127.0.0.1:$rport
	cert = $pki/server.crt
	key = $pki/server.key
	verify = 1
	CAfile = $pki/ca.crt
	[other]
	sni = rsync:other.example
	connect = 127.0.0.1:1
	cert = $pki/server.crt
	key = $pki/server.key
	[away]
	sni = rsync:away.example
	connect = 127.0.0.1:1
	redirect = 127.0.0.1:$rport
	verifyChain = yes
	CAfile = $pki/ca.crt
	cert = $pki/server.crt
	key = $pki/server.key
EOF
start_tunnel < "$scratch/in.conf"
line 5 ui 'stunnel 5\.75 on [^ ]* platform'
line 5 ui "Reading configuration from file $tconf"
line 5 ui 'Configuration successful'
line 6 ui 'Service \[rsync\] (FD=[0-9][0-9]*) bound to 127\.0\.0\.1:'"$tport"
line 5 ui "Binding service \\[rsync\\] to 127\\.0\\.0\\.1:$tport: Address already in use (98)"
line 6 ui 'Accepting new connections'
s_client -cert "$pki/client.crt" -key "$pki/client.key" -servername no.example
line 5 0 "Service \\[rsync\\] accepted connection from $a"
line 5 0 "Service \\[rsync\\] connected remote server from $a"
line '[56]' 0 "s_connect: connected 127\\.0\\.0\\.1:$rport"
line 6 0 'TLS accepted: new session negotiated'
line 6 0 'TLSv1\.3 ciphersuite: TLS_AES_256_GCM_SHA384 (256-bit encryption)'
line 6 0 'Peer temporary key: X25519, 253 bits'
line 5 0 'Certificate accepted at depth=0: CN=client one'
line 6 0 'Certificate accepted at depth=1: CN=Test ca'
line 6 0 'SNI: requested servername: no\.example'
line 3 0 'SNI: no pattern matched servername: no\.example'
line 5 0 'Connection closed: 5 byte(s) sent to TLS, 5 byte(s) sent to socket'
line 7 0 'Service \[rsync\] finished (0 left)'
s_client -cert "$pki/self.crt" -key "$pki/self.key"
line 4 1 'Rejected by CERT at depth=0: CN=self'
line 4 1 'CERT: Pre-verification error: certificate not found in local repository: self-signed certificate'
line 5 1 'SNI: no servername received'
line 3 1 'SSL_accept: .*certificate verify failed'
line 5 1 'Connection reset/closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
s_client -servername other.example
line 5 2 'SNI: switched to service \[other\]'
line 3 2 's_connect: connect 127\.0\.0\.1:1: Connection refused (111)'
line 3 2 'No more addresses to connect'
line 5 2 'Connection reset: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
s_client -servername away.example
line 5 3 'Redirecting connection'
openssl s_client -connect "127.0.0.1:$tport" -sess_out "$scratch/sess" < /dev/null > /dev/null 2>&1
{ sleep 1; } | openssl s_client -tls1_2 -connect "127.0.0.1:$tport" -sess_out "$scratch/sess" > /dev/null 2>&1
openssl s_client -tls1_2 -connect "127.0.0.1:$tport" -sess_in "$scratch/sess" < /dev/null > /dev/null 2>&1
line 6 6 'TLS accepted: previous session reused'
kill -USR2 "$tunnel_pid"
line 0 ui 'Active connections:'
line 0 ui 'Listed [0-9]* active connection(s)'
kill -USR1 "$tunnel_pid"
line 5 ui 'Log file reopened'
cp "$tconf" "$scratch/good.conf"; echo 'frob = 1' >> "$tconf"
kill -HUP "$tunnel_pid"
line 3 ui 'Configuration failed'
line 3 ui 'Failed to reload the configuration file'
line 3 ui "$tconf:[0-9]*: \"frob = 1\": Specified option name is not valid here"
cp "$scratch/good.conf" "$tconf"
# a client's
sport=$tport slog=$tlog server_pid=$tunnel_pid tlog=$scratch/client.log tconf=$scratch/client.conf
start_tunnel <<-EOF
	workers = 1
	[c]
	client = yes
	accept = 127.0.0.1:PORT
	connect = 127.0.0.1:$sport
	verifyChain = yes
	CAfile = $pki/ca.crt
	checkHost = localhost
	checkIP = 127.0.0.1
	sni = a.example
EOF
"$peer" send "$tport" "ping$nl" > /dev/null; "$peer" send "$tport" "ping$nl" > /dev/null
line 6 0 'SNI: sending servername: a\.example'
line 6 0 'TLS connected: new session negotiated'
line 6 1 'TLS connected: previous session reused'
line 5 0 'Certificate accepted at depth=0: CN=localhost'
line 6 0 'CERT: Host name "localhost" matched with "localhost"'
stop "$tunnel_pid" "$server_pid"
line 5 ui 'Terminated'
# no port, no descriptors
tlog=$scratch/x.log
printf '[a]\naccept = 127.0.0.1:%s\nconnect = 1\ncert = %s\nkey = %s\n' "$rport" "$pki/server.crt" "$pki/server.key" > "$scratch/x.conf"
fails 1 'a port that is taken' "$tunnel" "$scratch/x.conf"
for _l in "[.] Binding service [a] to 127.0.0.1:$rport: Address already in use (98)" '[!] Binding service [a] failed' '[!] Configuration failed'; do
	ok "$_l" sh -c "printf '%s\\n' \"\$1\" | grep -qxF \"\$2\"" x "$out" "$_l"
done
fails 1 'a descriptor' sh -c "exec '$tunnel' -fd 10 10< '$scratch/x.conf'"
ok 'is named as such' sh -c "printf '%s\\n' \"\$1\" | grep -qxF '[.] Reading configuration from descriptor 10'" x "$out"
tconf=$scratch/tunnel.conf tlog=$scratch/tunnel.log
start_peer hold
cat > "$scratch/many.py" <<'E'
import socket, sys, time
all = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for i in range(60)]
time.sleep(60)
E
few() { # few DESCRIPTORS WORDS: and a section from standard input, until the log has these words
	tport=$(freeport)
	{ printf 'foreground = yes\nsyslog = no\ndebug = 7\nworkers = 1\nhandshakesMax = 1000\n'; sed "s/PORT/$tport/"; } > "$tconf"
	spawn "$tlog" sh -c "ulimit -n $1; exec '$tunnel' '$tconf'"
	tunnel_pid=$pid
	ready "$tlog" 'Accepting new connections'
	spawn "$scratch/many.log" python3 "$scratch/many.py" "$tport"
	"$await" line "$tlog" "$2"
	stop "$pid" "$tunnel_pid"
}
if command -v python3 > /dev/null; then
	server > "$scratch/in.conf"
	few 64 'too many clients' < "$scratch/in.conf"
	line 4 ui 'Connection rejected: too many clients (>=[0-9]*)'
	printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n' "$rport" > "$scratch/in.conf"
	few 64 'Too many open files' < "$scratch/in.conf"
	cp "$tlog" "$scratch/even.log"
	few 63 'Too many open files' < "$scratch/in.conf"	# two a connection: one of the limits ends with an accept
	cat "$scratch/even.log" >> "$tlog"
	line 5 ui 'Accepting new connections suspended for 1 second'
else
	skip 'too many clients' 'no python3'; skip 'no descriptors' 'no python3'
fi

# the same in a file, and by syslog where its socket can be played
mkdir "$scratch/run"
start_peer echo
in_file() {
	tport=$(freeport)
	{ printf 'foreground = quiet\n%s\ndebug = info\n' "$1"; server | sed "s/PORT/$tport/"; } > "$tconf"
}
tlog=$scratch/run/t.log
in_file "output = $tlog${nl}syslog = no"
spawn "$scratch/quiet.log" "$tunnel" "$tconf"
tunnel_pid=$pid
ready "$tlog" 'Accepting new connections'
s_client
line 5 0 "Service \\[rsync\\] accepted connection from $a"
line 5 0 'Connection closed: 5 byte(s) sent to TLS, 5 byte(s) sent to socket'
# ASan says so much of stacks that are not the program's first
is "$(sed '/ASan is ignoring requested/,+2d' "$scratch/quiet.log")" '' 'a file: and nothing on standard error'
stop "$tunnel_pid"
if [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null; then
	mkdir "$scratch/dev"
	start_peer syslog "$scratch/dev/log"
	syslog_pid=$pid
	for _d in null urandom random zero; do : > "$scratch/dev/$_d"; done
	start_peer echo
	in_file 'service = stunnel'
	spawn "$scratch/quiet.log" unshare -m sh -c "for d in null urandom random zero; do mount --bind /dev/\$d '$scratch/dev/'\$d; done; mount --bind '$scratch/dev' /dev && exec '$tunnel' '$tconf'"
	tunnel_pid=$pid
	ready "$scratch/syslog.log" 'Accepting new connections'
	s_client
	for _l in 'LOG5\[0\]: Service \[rsync\] accepted connection from' 'LOG6\[0\]: TLS accepted: new session negotiated' 'LOG5\[0\]: Connection closed: 5 byte(s) sent to TLS'; do
		"$await" line "$scratch/syslog.log" 'Connection closed'
		ok "syslog: $_l" grep -q "^<[0-9]*>stunnel: $_l" "$scratch/syslog.log"
	done
	stop "$tunnel_pid" "$syslog_pid"
else
	for _t in 1 2 3; do skip "syslog $_t" 'no devices of our own'; done
fi
