#!/bin/sh
# --why-cert: every certificate under every setting gets the verdict that a connection with it gets, and the names that the header has.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
planned=counted
(
	cd "$pki" || exit 1
	: > index.txt; echo 01 > serial; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\nserial = serial\ncrlnumber = crlnumber\nnew_certs_dir = .\ndefault_md = sha256\ndefault_crl_days = 9\npolicy = p\n[p]\ncommonName = supplied\n' > ca.cnf
	dated() { # dated NAME FROM TO
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2> /dev/null
		openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.crt" -startdate "$2" -enddate "$3" 2> /dev/null
	}
	dated expired 200101000000Z 210101000000Z
	dated early 20900101000000Z 20910101000000Z
	dated revoked 200101000000Z 20910101000000Z
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke revoked.crt 2> /dev/null
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
	issue server-only ca 'extendedKeyUsage=serverAuth' '/CN=server only'
	issue named ca 'extendedKeyUsage=clientAuth
subjectAltName=DNS:pc.example.org,email:a@example.org,URI:urn:x' '/CN=alice'
	issue sub ca 'basicConstraints=critical,CA:TRUE
keyUsage=keyCertSign' '/CN=sub'
	issue below sub 'extendedKeyUsage=clientAuth' '/CN=below'
	cat below.crt sub.crt > chained.crt; cp below.key chained.key
	cat client.crt ca.crt > both.crt
	openssl req -newkey rsa:1024 -nodes -subj /CN=weak -keyout weak.key -out weak.csr 2> /dev/null
	openssl x509 -req -in weak.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out weak.crt 2> /dev/null
)
certs='none client named expired early revoked server-only stranger self weak below chained'
settings='plain|
chain|verifyChain = yes;CAfile = ca.crt
crl|verifyChain = yes;CAfile = ca.crt;CRLfile = crl.pem
optional|verifyChain = yes;requireCert = no;CAfile = ca.crt
host|verifyChain = yes;CAfile = ca.crt;checkHost = pc.example.org
peer|verifyPeer = yes;CAfile = client.crt
both|verify = 3;CAfile = both.crt
old|verify = 1;CAfile = ca.crt
asked|requireCert = yes'

printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n' > "$tconf"
echo "$settings" | while IFS='|' read -r name lines; do
	p=$(freeport)
	echo "$name $p" >> "$scratch/ports"
	printf '[%s]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$name" "$p" "$rport" "$pki/server.crt" "$pki/server.key"
	echo "$lines" | tr ';' '\n' | sed "s|file = |&$pki/|"
done >> "$tconf"
spawn "$tlog" "$tunnel" "$tconf"
ready "$tlog" 'Accepting new connections'
# what it says needs no key of the server's
sed "s|^key = .*|key = $scratch/lent|" "$tconf" > "$scratch/why.conf"
while read -r name tport; do
	for cert in $certs; do
		shown=$pki/$cert.crt
		if [ "$cert" = none ]; then shown=none; s_client; else s_client -cipher DEFAULT@SECLEVEL=0 -cert "$pki/$cert.crt" -key "$pki/$cert.key" -cert_chain "$pki/$cert.crt"; fi
		real=$([ "$out" = PING ] && echo 0 || echo 1)
		"$tunnel" --why-cert "$shown" "$scratch/why.conf" "$name" > "$scratch/why" 2>&1
		is "$?" "$real" "$name: $cert" || note < "$scratch/why"
	done
done < "$scratch/ports"

told() { "$tunnel" --why-cert "$pki/$1.crt" "$scratch/why.conf" "$2" 2>&1 | grep -E "$3" | tr '\n' '/'; }
is "$(told named chain '^(verdict|verified|name (cn|dns|email|uri))')" 'verdict in/verified yes/name cn:alice/name dns:pc.example.org/name email:a@example.org/name uri:urn:x/' 'the names of a verified one'
is "$(told named chain '^name key:')" "name key:$(openssl x509 -in "$pki/named.crt" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)/" 'its key'
is "$(told named plain '^(verdict|verified|name)')" 'verdict unasked/verified no/' 'none where nobody asks for it'
is "$(told named asked '^(verdict|verified|name)')" 'verdict in/verified no/' 'none where nobody verifies it'
is "$(told client peer '^(verified|name|serial)' | sed 's/key:[0-9a-f]*/key/')" 'verified yes/name cn:client one/name key/' 'of one that was only compared the name and the key'
is "$(told revoked crl '^(verdict|why|name)')" 'verdict out/why CERT: Pre-verification error: certificate revoked/' 'why, in the words of the log'
is "$(told client chain '^(tls|section)')" 'section chain/tls no/' 'this section tells nothing'
printf 'protocol = proxy\nproxyVersion = 2\nproxyTLV = yes\n' >> "$scratch/why.conf"
is "$(told client asked '^tls')" 'tls yes/' 'one with a header does'
fails 2 'no such section' "$tunnel" --why-cert none "$scratch/why.conf" nowhere
fails 2 'no such file' "$tunnel" --why-cert "$pki/nothing.crt" "$scratch/why.conf"
fails 2 'no certificate' "$tunnel" --why-cert "$pki/client.key" "$scratch/why.conf"
fails 2 'no configuration' "$tunnel" --why-cert none "$scratch/nothing.conf"
