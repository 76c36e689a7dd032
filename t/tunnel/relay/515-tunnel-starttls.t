#!/bin/sh
# Protocols that talk before TLS: each pair of ours and stunnel's, and against openssl.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 48
. "$top_srcdir/t/lib/tunnel.sh"
real=$(command -v stunnel4)
head='foreground = yes\nsyslog = no\npid =\ndebug = 7\n'
nl='
'
# chain CLIENT SERVER PROTOCOL LINES...: what "peer send" sees through both is in $out
chain() {
	a=$(freeport) b=$(freeport)
	printf "$head"'[c]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nprotocol = %s\n%s\n' "$a" "$b" "$3" "$4" > "$scratch/c.conf"
	printf "$head"'[s]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nprotocol = %s\ncert = %s\nkey = %s\n' "$b" "$rport" "$3" \
	    "$pki/server.crt" "$pki/server.key" > "$scratch/s.conf"
	spawn "$scratch/s.log" "$2" "$scratch/s.conf"; _s=$pid
	spawn "$scratch/c.log" "$1" "$scratch/c.conf"; _c=$pid
	ready "$scratch/s.log" 'Accepting new connections'; ready "$scratch/c.log" 'Accepting new connections'
	out=$(timeout 10 "$peer" send "$a" "ping$nl")
	stop "$_c" "$_s"
}
three() { # three PROTOCOL WANTED CLIENTLINES
	chain "$tunnel" "$tunnel" "$1" "$3"
	like "$out" "$2" "$1, both ours"
	if [ -n "$real" ]; then
		chain "$tunnel" "$real" "$1" "$3"
		like "$out" "$2" "$1, stunnel is the server"
		chain "$real" "$tunnel" "$1" "$3"
		like "$out" "$2" "$1, stunnel is the client"
	else
		skip "$1, stunnel is the server" 'no stunnel4'; skip "$1, stunnel is the client" 'no stunnel4'
	fi
}
start_peer greet "220 mx.example hello$nl"
three smtp '220 mx.example stunnel for hello*PING*'
start_peer greet "+OK hello$nl"
three pop3 '+OK hello + stunnel*PING*'
start_peer greet "* OK [[CAPABILITY X] hello$nl"
three imap '* OK Connected.*PING*'
start_peer echo
three pgsql '*PING*'
three cifs '*PING*'
three connect '*PING*' "protocolHost = 127.0.0.1:$rport"

# openssl knows the client's side of four
start_peer greet "220 mx.example hello$nl"
serve 'protocol = smtp'
out=$(printf 'ping\n' | timeout 10 openssl s_client -quiet -starttls smtp -connect "127.0.0.1:$tport" 2> /dev/null)
like "$out" '*PING*' 'openssl s_client -starttls smtp'
s_client
like "$out" '*220 mx.example hello*' 'a client that talks first gets TLS at once'
stop "$tunnel_pid"
start_peer greet "* OK [[CAPABILITY X] hello$nl"
serve 'protocol = imap'
out=$("$peer" send "$tport" "a LOGIN x y$nl")
ok 'imap: talking first is a handshake, and this is none' logged 'LOG3[0]: SSL_accept: '
stop "$tunnel_pid"
start_peer echo
serve 'protocol = pgsql'
out=$(printf 'ping\n' | timeout 10 openssl s_client -quiet -starttls postgres -connect "127.0.0.1:$tport" 2> /dev/null)
like "$out" '*PING*' 'openssl s_client -starttls postgres'
out=$("$peer" send "$tport" "12345678")
ok 'pgsql: a client that wants no TLS' logged 'LOG3[1]: PostgreSQL client did not request TLS, rejecting'
stop "$tunnel_pid"

# clients of servers that are only played: a front before openssl's server
sport=$(freeport)
spawn "$scratch/s_server.log" openssl s_server -quiet -rev -accept "127.0.0.1:$sport" -cert "$pki/server.crt" -key "$pki/server.key"
"$await" port "$sport"
hex() { printf "$1" | od -An -v -tx1 | tr -d ' \n'; }
played() { # played PROTOCOL LINES WORDS...
	_proto=$1 _lines=$2; shift 2
	start_peer front "$sport" "$@"
	start_tunnel <<-EOF
		$_lines
		[c]
		client = yes
		accept = 127.0.0.1:PORT
		connect = 127.0.0.1:$rport
		protocol = $_proto
		protocolHost = t.example:443
		EOF
	out=$(timeout 10 "$peer" send "$tport" "ping$nl")
	stop "$tunnel_pid"
}
played nntp '' ">$(hex '200 hi\r\n')" '<10' ">$(hex '382 go\r\n')"
like "$out" '200 hi*gnip*' 'nntp'
played ldap '' '<31' '>300c02010178070a010004000400'
like "$out" '*gnip*' 'ldap'
ok 'a request as the RFC has it' grep -q '^301d02010177188016312e332e362e312e342e312e313436362e3230303337$' "$scratch/front.log"
played ldap '' '<31' '>300c02010178070a010204000400'
ok 'and a refusal is one' logged 'LDAP server refused StartTLS'
played connect "protocolUsername = u${nl}protocolPassword = pw${nl}protocolHeader = X-A: b${nl}protocolAuthentication = basic" '<100' \
    ">$(hex 'HTTP/1.1 200 ok\r\nA: b\r\n\r\n')"
like "$out" '*gnip*' 'connect'
ok 'with credentials and headers' grep -q "$(hex 'Proxy-Authorization: basic dTpwdw==\r\nX-A: b\r\n\r\n')" "$scratch/front.log"
# NTLM: an offer, the proxy's challenge with a page that is not for us, the answer
offer=$(printf 'NTLMSSP\000\002\000\000\000\000\000\000\000\000\000\000\000\005\202\010\000\001\043\105\147\211\253\315\357' | base64)
login="protocolUsername = u${nl}protocolPassword = pw${nl}protocolDomain = D${nl}protocolAuthentication = ntlm"
ntlm() { # ntlm HEADERS [WORDS]
	_headers=$1; shift
	played connect "$login" '<157' ">$(hex "HTTP/1.1 407 no\\r\\n$_headers\\r\\n")" "$@"
}
if openssl list -providers -provider legacy > /dev/null 2>&1; then
	ntlm "Proxy-Authenticate: NTLM $offer\\r\\nContent-Length: 5\\r\\n" ">$(hex "page!")" '<301' ">$(hex 'HTTP/1.1 200 ok\r\n\r\n')"
	like "$out" '*gnip*' 'connect with NTLM'
	ok 'which is offered, then answered' sh -c "grep -q '$(hex 'NTLM TlRMTVNTUAABAAAABYII')' '$scratch/front.log' && grep -q '$(hex 'NTLM TlRMTVNTUAADAAAA')' '$scratch/front.log'"
	ntlm 'Proxy-Authenticate: Basic\r\n'
	ok 'a proxy that does not speak it' logged 'NTLM authorization header not found'
	ntlm 'Proxy-Authenticate: NTLM TlRM!\r\n'
	ok 'or speaks it badly' logged 'bad NTLM challenge'
else
	for _t in 1 2 3 4; do skip "NTLM $_t" 'no legacy provider'; done
fi
played smtp '' ">$(hex '220 a\r\n')" '<20' ">$(hex '250 x\r\n')" '<10' ">$(hex '220 go\r\nMORE\r\n')"
ok 'what the server says too early does not become data' logged 'SSL_connect: '

# connect and socks go where the client says
start_peer echo
away=$rport
start_peer talk-first
serve 'protocol = connect' "connect = 127.0.0.1:$away"
out=$(printf 'ping\n' | timeout 10 openssl s_client -quiet -proxy "127.0.0.1:$tport" -connect "localhost:$away" 2> /dev/null)
is "$out" PING 'connect: the host is looked up and connected to'
start_peer echo
for _a in 127.0.0.1 0.0.0.0 '[::ffff:127.0.0.1]' '[::ffff:0.0.0.0]' '[::]'; do
	out=$(printf 'ping\n' | timeout 10 openssl s_client -quiet -proxy "127.0.0.1:$tport" -connect "$_a:$rport" 2> /dev/null)
	is "$out" '' "nothing else on the loopback is, by $_a"
done
ok 'as the log says' logged 'Connection to the loopback rejected'
out=$("$peer" send "$tport" "GET / HTTP/1.1$nl$nl")
like "$out" 'HTTP/1.0 400 Bad Request Method*' 'and no other method is'
out=$("$peer" send "$tport" "CONNECT nowhere.invalid:80 HTTP/1.1$nl$nl")
like "$out" 'HTTP/1.0 404 Not Found*' 'nor a name that is not known'
stop "$tunnel_pid"
printf '[s]\nprotocol = socks\naccept = 127.0.0.1:PORT\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
socks=$tport
out=$(printf '\005\001\000\005\001\000\003\011localhost\000\120' | timeout 5 openssl s_client -quiet -connect "127.0.0.1:$socks" 2> /dev/null | od -An -tx1 | tr -d ' \n')
is "$out" 050005020001000000000000 'socks: the loopback is out of reach'
out=$(printf '\005\001\000\005\360\000\003\011localhost\000\000' | timeout 5 openssl s_client -quiet -connect "127.0.0.1:$socks" 2> /dev/null | od -An -tx1 | tr -d ' \n')
like "$out" '050005000001*' 'but names are resolved'
stop "$tunnel_pid"
printf '[a]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\nprotocol = connect\n' > "$scratch/x.conf"
fails 1 'connect without protocolHost stops the start' "$tunnel" "$scratch/x.conf"
like "$out" '*Service [[]a]: protocolHost not specified*' 'in these words'
printf '[a]\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\nprotocol = nntp\ncert = x\n' > "$scratch/x.conf"
fails 1 'nntp has no server side' "$tunnel" "$scratch/x.conf"
