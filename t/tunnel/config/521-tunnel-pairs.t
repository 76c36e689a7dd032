#!/bin/sh
# Every option that shows on the wire, between ours and stunnel, both ways round: the client's section
# and the server's get it, a line goes through, and its effect is in the log of ours.
. "${top_srcdir:-.}/t/lib/lib.sh"
real=$(command -v stunnel4) || skip_all 'no stunnel4'
. "$top_srcdir/t/lib/tunnel.sh"
nl='
'
start_peer echo
echo 'me:00112233445566778899aabbccddeeff' > "$scratch/psk"; chmod 600 "$scratch/psk"
(
	cd "$pki" || exit 1
	issue mail ca 'subjectAltName=email:a@example.org' '/CN=mail'
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=rsa -keyout rsa.key -out rsa.crt 2> /dev/null
	: > index.txt; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
	mkdir hashed && cp ca.crt crl.pem hashed/ && openssl rehash hashed
)
k1=00112233445566778899aabbccddeeff k2=0123456789abcdef0123456789abcdef
# name | in both sections | in the client's | in the server's | what ours says
cat > "$scratch/rows" <<-EOF
	sslVersion 1.2|sslVersion = TLSv1.2|||TLSv1.2 ciphersuite
	sslVersion 1.3|sslVersion = TLSv1.3|||TLSv1.3 ciphersuite
	sslVersionMin|sslVersionMin = TLSv1.3|||TLSv1.3 ciphersuite
	sslVersionMax|sslVersionMax = TLSv1.2|||TLSv1.2 ciphersuite
	options|options = NO_TLSv1_3|||TLSv1.2 ciphersuite
	ciphers|sslVersion = TLSv1.2;ciphers = ECDHE-ECDSA-CHACHA20-POLY1305|||ECDHE-ECDSA-CHACHA20-POLY1305
	ciphersuites|ciphersuites = TLS_CHACHA20_POLY1305_SHA256|||TLS_CHACHA20_POLY1305_SHA256
	curves|curves = P-384|||Peer temporary key: EC, 384 bits
	securityLevel|securityLevel = 3;curves = P-384|||ciphersuite
	config|config = MaxProtocol:TLSv1.2|||TLSv1.2 ciphersuite
	verify 2, checkHost||verify = 2;CAfile = $pki/ca.crt;checkHost = localhost||
	CApath, checkIP||verifyChain = yes;CApath = $pki/hashed;checkIP = 127.0.0.1||
	verifyPeer||verifyPeer = yes;CAfile = $pki/server.crt||
	client certificate||cert = $pki/client.crt;key = $pki/client.key|verify = 2;CAfile = $pki/ca.crt|
	verify 4||cert = $pki/client.crt;key = $pki/client.key|verify = 4;CAfile = $pki/client.crt|
	requireCert||cert = $pki/client.crt;key = $pki/client.key|requireCert = yes|
	PSK 1.2|sslVersion = TLSv1.2;ciphers = PSK;PSKsecrets = $scratch/psk|||
	PSK 1.3|sslVersion = TLSv1.3;PSKsecrets = $scratch/psk|||
	sni||sni = a.name||
	tickets|||ticketKeySecret = $k1;ticketMacSecret = $k2|
	sessionResume|sessionResume = no|||new session negotiated
	renegotiation|renegotiation = no|||
	protocol proxy|||protocol = proxy|
	TIMEOUTclose|TIMEOUTclose = 1|||
	reset|reset = no|||
	OCSPaia||verifyChain = yes;CAfile = $pki/ca.crt;OCSPaia = yes||
	verify 1||cert = $pki/client.crt;key = $pki/client.key|verify = 1;CAfile = $pki/ca.crt|
	verify 3||cert = $pki/client.crt;key = $pki/client.key|verify = 3;CAfile = $pki/both.crt|
	checkEmail, CRLfile||cert = $pki/mail.crt;key = $pki/mail.key|verifyChain = yes;CAfile = $pki/ca.crt;CRLfile = $pki/crl.pem;checkEmail = a@example.org|
	CRLpath||verifyChain = yes;CAfile = $pki/ca.crt;CRLpath = $pki/hashed|
	RSA||CAfile = $pki/rsa.crt;verifyPeer = yes|cert = $pki/rsa.crt;key = $pki/rsa.key|
	PSKidentity||ciphers = PSK;sslVersion = TLSv1.2;PSKsecrets = $scratch/psk;PSKidentity = me|PSKsecrets = $scratch/psk|
	sni, a section of its own||sni = a.name;CAfile = $pki/rsa.crt;verifyPeer = yes|[v];sni = s:*.name;connect = 127.0.0.1:$rport;cert = $pki/rsa.crt;key = $pki/rsa.key|
	redirect|||verifyChain = yes;CAfile = $pki/other-ca.crt;redirect = 127.0.0.1:$rport|
	sessionCacheTimeout|sessionCacheSize = 5;sessionCacheTimeout = 60|||
	TIMEOUTidle, TIMEOUTbusy|TIMEOUTidle = 60;TIMEOUTbusy = 20;TIMEOUTconnect = 5|||
	local||local = 127.0.0.1||
	OCSPaia in a server||cert = $pki/client.crt;key = $pki/client.key|verifyChain = yes;CAfile = $pki/ca.crt;OCSPaia = yes|
	delay, failover|delay = yes;failover = rr|||
	socket|socket = l:SO_KEEPALIVE=1;socket = r:SO_KEEPALIVE=1;socket = a:SO_REUSEADDR=1|||
EOF
plan $(($(wc -l < "$scratch/rows") * 2))
lines() { printf '%s\n' "$1" | tr ';' '\n'; }
head='foreground = yes\nsyslog = no\npid =\ndebug = 7\n'
pair() { # pair CLIENTPROGRAM SERVERPROGRAM
	a=$(freeport) b=$(freeport)
	{ printf "$head"'[c]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\n' "$a" "$b"; lines "$both"; lines "$mine"; } > "$scratch/c.conf"
	{ printf "$head"'[s]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$b" "$rport" "$pki/server.crt" "$pki/server.key"
	    lines "$both"; lines "$theirs"; } > "$scratch/s.conf"
	spawn "$scratch/s.log" "$2" "$scratch/s.conf"; _s=$pid
	spawn "$scratch/c.log" "$1" "$scratch/c.conf"; _c=$pid
	out='no start'
	"$await" line "$scratch/s.log" 'Accepting new connections' && "$await" line "$scratch/c.log" 'Accepting new connections' &&
	    out=$(timeout 10 "$peer" send "$a" "ping$nl")
	stop "$_c" "$_s"
	[ "$1" = "$tunnel" ] && ours=$scratch/c.log || ours=$scratch/s.log
	case $out in
	*PING* | PROXY\ TCP4\ 127.0.0.1*) [ -z "$says" ] || grep -q "$says" "$ours" ;;
	*) echo "$out"; tail -n 6 "$scratch/c.log" "$scratch/s.log"; false ;;
	esac
}
while IFS='|' read -r name both mine theirs says; do
	ok "$name: ours to stunnel" pair "$tunnel" "$real"
	ok "$name: stunnel to ours" pair "$real" "$tunnel"
done < "$scratch/rows"
