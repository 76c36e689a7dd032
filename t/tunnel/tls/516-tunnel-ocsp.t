#!/bin/sh
# OCSP: peers that a responder calls revoked stay out, on both sides; and stapling, both ways.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 31
. "$top_srcdir/t/lib/tunnel.sh"
real=$(command -v stunnel4)
oport=$(freeport)
(
	cd "$pki" || exit 1
	for n in good bad; do
		issue $n ca "subjectAltName=DNS:localhost,IP:127.0.0.1
authorityInfoAccess=OCSP;URI:http://127.0.0.1:$oport/" "/CN=$n one"
		serial=$(openssl x509 -noout -serial -in $n.crt | sed 's/.*=//')
		case $n in good) state='V	491231000000Z	' ;; *) state='R	491231000000Z	250101000000Z' ;; esac
		printf '%s\t%s\tunknown\t/CN=%s one\n' "$state" "$serial" $n >> index
	done
	cat good.crt ca.crt > good-chain.crt
)
spawn "$scratch/ocsp.log" openssl ocsp -index "$pki/index" -port "$oport" -rsigner "$pki/ca.crt" -rkey "$pki/ca.key" -CA "$pki/ca.crt" -nmin 5
ready "$scratch/ocsp.log" "waiting for OCSP client"	# not by connecting: it would read that connection for ever
start_peer echo
cert() { s_client -cert "$pki/$1.crt" -key "$pki/$1.key"; }
trust="verifyChain = yes
CAfile = $pki/ca.crt"

# a responder that does not say what type its answers have
if command -v python3 > /dev/null; then
	cat > "$scratch/plain.py" <<-'EOP'
		import subprocess, sys, http.server
		pki, scratch = sys.argv[1:]
		class Untyped(http.server.BaseHTTPRequestHandler):
		    def do_POST(self):
		        open(scratch + "/ask", "wb").write(self.rfile.read(int(self.headers["Content-Length"])))
		        subprocess.run(["openssl", "ocsp", "-index", pki + "/index", "-rsigner", pki + "/ca.crt", "-rkey", pki + "/ca.key", "-CA",
		            pki + "/ca.crt", "-nmin", "5", "-reqin", scratch + "/ask", "-respout", scratch + "/say"], stdout=subprocess.DEVNULL)
		        said = open(scratch + "/say", "rb").read()
		        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)
		web = http.server.HTTPServer(("127.0.0.1", 0), Untyped)
		print("port %d" % web.server_port, flush=True)
		web.serve_forever()
	EOP
	spawn "$scratch/plain.log" python3 "$scratch/plain.py" "$pki" "$scratch"
	plain_pid=$pid
	ready "$scratch/plain.log" 'port '
	serve "$trust" "OCSP = http://127.0.0.1:$(sed -n 's/^port //p' "$scratch/plain.log")/"
	cert good
	is "$out" PING 'an answer without a Content-Type is taken'
	cert bad
	is "$out" '' 'and believed, whatever it says'
	stop "$tunnel_pid" "$plain_pid"
else
	skip 'an answer without a Content-Type' 'no python3'; skip 'and believed' 'no python3'
fi

# clients of ours are asked about
serve "$trust" "OCSP = http://127.0.0.1:$oport/" 'OCSPnonce = yes'
cert good
is "$out" PING 'the configured responder calls a client good'
ok 'which the log says' logged 'LOG5[0]: OCSP: Accepted (good)'
cert bad
is "$out" '' 'a revoked one stays out'
ok 'in the known words' logged 'LOG4[1]: Rejected by OCSP at depth=0: CN=bad one'
cert client
is "$out" '' 'so does one that the responder does not know'
ok 'since an answer is required' logged 'LOG3[2]: OCSP: Rejected (OCSPrequire = yes)'
is "$(openssl s_client -cert "$pki/good.crt" -key "$pki/good.key" -tls1_2 -connect "127.0.0.1:$tport" < /dev/null 2> /dev/null | grep -c 'TLS session ticket:')" 0 'no ticket carries a verdict of yesterday'
stop "$tunnel_pid"
serve "$trust" 'OCSPaia = yes'
cert good
is "$out" PING 'the responder of the certificate is asked'
cert bad
is "$out" '' 'and believed'
cert client
is "$out" PING 'a certificate that names none passes'
stop "$tunnel_pid"
dead=$(freeport)
serve "$trust" "OCSP = http://127.0.0.1:$dead/"
cert good
is "$out" '' 'a responder that is down keeps everybody out'
stop "$tunnel_pid"
serve "$trust" "OCSP = http://127.0.0.1:$dead/" 'OCSPrequire = no'
cert good
is "$out" PING 'but not with OCSPrequire = no'
stop "$tunnel_pid"
serve "$trust" "OCSP = http://127.0.0.1:$oport/" "redirect = 127.0.0.1:$rport"
cert bad
ok 'redirect: a revoked client is sent elsewhere' logged 'LOG5[0]: Redirecting connection'
is "$out" PING 'instead of away'
stop "$tunnel_pid"

# we are the client; stunnel and openssl are servers
client() { # client LINES...: of the server at $sport
	{
		printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n%s\n' "$sport" "$trust"
		for _line; do echo "$_line"; done
	} > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
	out=$(timeout 10 "$peer" send "$tport" 'ping
')
	stop "$tunnel_pid"
}
s_server() { # s_server NAME ARGS...
	sport=$(freeport) _n=$1; shift
	spawn "$scratch/s_server.log" openssl s_server -quiet -rev -accept "127.0.0.1:$sport" -cert "$pki/$_n.crt" -key "$pki/$_n.key" "$@"
	s_pid=$pid
	"$await" port "$sport"
}
s_server good
client 'OCSPaia = yes'
like "$out" 'gnip*' 'a good server is let in'
stop "$s_pid"; s_server bad
client 'OCSPaia = yes'
like "$out" '*reset' 'a revoked one is not'
client
like "$out" 'gnip*' 'but is, when nobody asks'
stop "$s_pid"; s_server bad -status -CAfile "$pki/ca.crt"
client
like "$out" '*reset' 'or when it staples that itself'
stop "$s_pid"; s_server good -status -CAfile "$pki/ca.crt"
client "OCSP = http://127.0.0.1:$dead/"
like "$out" 'gnip*' 'what is stapled need not be asked'
stop "$s_pid"

# we staple
staple() { timeout 10 openssl s_client -status -connect "127.0.0.1:$tport" < /dev/null 2> /dev/null | grep -c 'OCSP Response Status: successful'; }
good() {
	printf '[rsync]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" "$1" "$pki/good.key"
	shift
	for _line; do echo "$_line"; done
}
good "$pki/good-chain.crt" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
is "$(staple)" 1 'the first client gets a stapled response'
if [ -n "$real" ]; then
	sport=$tport; ours=$tunnel_pid
	port2=$(freeport)
	printf 'foreground = yes\npid =\nsyslog = no\ndebug = 7\n[c]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\n%s\nOCSPaia = yes\n' \
	    "$port2" "$sport" "$trust" > "$scratch/c.conf"
	spawn "$scratch/c.log" "$real" "$scratch/c.conf"
	ready "$scratch/c.log" 'Accepting new connections'
	out=$(timeout 10 "$peer" send "$port2" 'ping
')
	stop "$pid" "$ours"
	like "$out" '*PING*' 'stunnel as a client is content'
	sport=$(freeport)
	good "$pki/good-chain.crt" "CAfile = $pki/ca.crt" | sed "s/PORT/$sport/" > "$scratch/s.conf"
	{ printf 'foreground = yes\npid =\nsyslog = no\ndebug = 7\n'; cat "$scratch/s.conf"; } > "$scratch/s2.conf"
	spawn "$scratch/s.log" "$real" "$scratch/s2.conf"; _s=$pid
	ready "$scratch/s.log" 'Accepting new connections'
	client 'OCSPaia = yes' "OCSP = http://127.0.0.1:$oport/"
	like "$out" '*PING*' 'and as a server'
	stop "$_s"
else
	stop "$tunnel_pid"
	skip 'stunnel as a client is content' 'no stunnel4'; skip 'and as a server' 'no stunnel4'
fi
good "$pki/good.crt" 'OCSPstaple = no' > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
is "$(staple)" 0 'OCSPstaple = no switches it off'
stop "$tunnel_pid"
serve "CAfile = $pki/ca.crt"
is "$(staple)" 0 'a certificate without a responder has none'
stop "$tunnel_pid"

for _row in 'OCSP = http://127.0.0.1/|"verifyChain" has to be enabled for OCSP support' 'OCSPflag = NOSUCH|Illegal OCSP flag'; do
	server "${_row%%|*}" > "$scratch/x.conf"
	"$tunnel" "$scratch/x.conf" > "$scratch/x.out" 2>&1
	ok "refused: ${_row%%|*}" grep -qF "${_row#*|}" "$scratch/x.out"
done
server 'OCSPflag = noverify' 'OCSPflag = NONCE' > "$scratch/x.conf"
fails 1 'every flag is looked at' "$tunnel" "$scratch/x.conf"

# no memory for the question: nobody is let in unasked
if sanitized || ! command -v cc > /dev/null; then
	skip 'no memory for the question' 'no compiler, or a sanitizer'
	skip 'and the log says so' 'no compiler, or a sanitizer'
else
	[ -z "$tunnel_pid" ] || stop "$tunnel_pid"
	echo 'void *OCSP_REQUEST_new(void) { return (void *)0; }' > "$scratch/fault.c"
	cc -shared -fPIC -o "$scratch/fault.so" "$scratch/fault.c"
	LD_PRELOAD=$scratch/fault.so
	export LD_PRELOAD
	serve "$trust" "OCSP = http://127.0.0.1:$oport/"
	unset LD_PRELOAD
	cert good
	is "$out" '' 'no memory for the question: who cannot be asked about stays out'
	ok 'and the log says so' logged 'LOG3[0]: OCSP: '
fi
