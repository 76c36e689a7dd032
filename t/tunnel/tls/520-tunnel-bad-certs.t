#!/bin/sh
# Certificates with every fault, shown to us as a server and as a client, and what is said about it;
# and a ClientHello cut after every byte.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 48
. "$top_srcdir/t/lib/tunnel.sh"
nl='
'
start_peer echo
(
	cd "$pki" || exit 1
	: > index.txt; echo 01 > serial; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\nserial = serial\ncrlnumber = crlnumber\nnew_certs_dir = .\ndefault_md = sha256\ndefault_crl_days = 9\npolicy = p\n[p]\ncommonName = supplied\n[late]\nsubjectAltName = DNS:localhost\n' > ca.cnf
	dated() { # dated NAME FROM TO
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2> /dev/null
		openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.crt" -startdate "$2" -enddate "$3" -extensions late 2> /dev/null
	}
	dated expired 200101000000Z 210101000000Z
	dated early 20900101000000Z 20910101000000Z
	dated revoked 200101000000Z 20910101000000Z
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke revoked.crt 2> /dev/null
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
	issue server-only ca 'extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost' '/CN=server only'
	issue client-only ca 'extendedKeyUsage=clientAuth
subjectAltName=DNS:localhost' '/CN=client only'
)
trust="verifyChain = yes${nl}CAfile = $pki/ca.crt${nl}CRLfile = $pki/crl.pem"
serve "$trust" 'checkHost = localhost' 'checkHost = client one'
n=0
shown() { # shown CERT WANTED REASON: as a client, with both versions
	for _v in tls1_2 tls1_3; do
		s_client -cert "$pki/$1.crt" -key "$pki/$1.key" -$_v
		is "$out" "$2" "client, $_v: $1"
		[ -z "$3" ] || ok "which is said: $3" logged "LOG4[$n]: CERT: $3"
		n=$((n + 1))
	done
}
shown client PING ''
shown expired '' 'Pre-verification error: certificate has expired'
shown early '' 'Pre-verification error: certificate is not yet valid'
shown revoked '' 'Pre-verification error: certificate revoked'
shown server-only '' 'Pre-verification error: unsuitable certificate purpose'
shown wrongname '' 'Subject checks failed'
shown stranger '' 'Pre-verification error: '
shown self '' 'Pre-verification error: certificate not found in local repository: self-signed certificate'

spawn "$scratch/cut.log" "$peer" cut "$tport"
cut_pid=$pid
ready "$scratch/cut.log" 'port '
timeout 5 openssl s_client -connect "127.0.0.1:$(sed -n 's/^port //p' "$scratch/cut.log")" < /dev/null > /dev/null 2>&1
ok 'every beginning of a ClientHello' wait "$cut_pid"
s_client -cert "$pki/client.crt" -key "$pki/client.key"
is "$out" PING 'and the next client is served'
is "$(grep -c 'terminated on signal' "$tlog")" 0 'by workers who all lived'
stop "$tunnel_pid"

# the same as a server that we connect to: one client section each
bad() { # bad CERT WANTED REASON
	sport=$(freeport)
	spawn "$scratch/s_server.log" openssl s_server -quiet -rev -accept "127.0.0.1:$sport" -cert "$pki/$1.crt" -key "$pki/$1.key"
	_s=$pid
	"$await" port "$sport"
	printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n%s\ncheckHost = localhost\n' "$sport" "$trust" > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
	out=$(timeout 30 "$peer" send "$tport" "ping$nl")
	stop "$tunnel_pid" "$_s"
	like "$out" "$2" "server: $1"
	[ -z "$3" ] || ok "which is said: $3" logged "LOG4[0]: CERT: $3"
}
bad server 'gnip*' ''
bad expired '*reset' 'Pre-verification error: certificate has expired'
bad early '*reset' 'Pre-verification error: certificate is not yet valid'
bad revoked '*reset' 'Pre-verification error: certificate revoked'
bad client-only '*reset' 'Pre-verification error: unsuitable certificate purpose'
bad wrongname '*reset' 'Subject checks failed'
bad stranger '*reset' 'Pre-verification error: '
bad self '*reset' 'Pre-verification error: certificate not found in local repository: self-signed certificate'
