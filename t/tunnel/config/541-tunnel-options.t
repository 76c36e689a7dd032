#!/bin/sh
# Every option of stunnel by name, with its mark in the specification: M, S and C are taken and mean what is
# said, P are taken, warned of once and do nothing, R (those of P that decide who is let in, or where keys come
# from) stop the start.  And no option is missing from this list.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/tunnel.sh"
echo 'me:00112233445566778899aabbccddeeff' > "$scratch/psk"; chmod 600 "$scratch/psk"
(cd "$pki" && mkdir hashed conf.d && cp ca.crt hashed/ && openssl rehash hashed && echo 'debug = 4' > conf.d/x
    : > index.txt; echo 01 > crlnumber
    printf '[ca]\ndefault_ca = x\n[x]\ndatabase = %s/index.txt\ncrlnumber = %s/crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' "$pki" "$pki" > ca.cnf
    openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null)
key=00112233445566778899aabbccddeeff
trust="CAfile = $pki/ca.crt;verifyChain = yes"

# name | mark | of: g(lobal), s(erver), c(lient), a (server without connect), i (no accept), k (client without
# connect) | value | more lines | in the dump, when not itself
cat > "$scratch/rows" <<-EOF
	accept|M|a|127.0.0.1:1|connect = 127.0.0.1:1
	connect|M|a|127.0.0.1:1
	client|M|c|yes
	cert|M|c|$pki/client.crt|key = $pki/client.key
	key|M|c|$pki/client.key|cert = $pki/client.crt
	pid|M|g|$scratch/x.pid
	foreground|M|g|quiet
	debug|M|g|local3.4
	output|M|g|$scratch/x.log
	log|M|g|overwrite
	syslog|M|g|no
	logId|M|s|unique
	socket|M|s|l:SO_KEEPALIVE=1
	setuid|M|g|nobody
	setgid|M|g|nogroup
	chroot|M|g|$scratch
	CAfile|M|s|$pki/ca.crt
	CApath|M|s|$pki/hashed
	CRLfile|M|s|$pki/crl.pem
	CRLpath|M|s|$pki/hashed
	verify|M|s|2|CAfile = $pki/ca.crt|verifyChain = yes
	verifyChain|M|s|yes|CAfile = $pki/ca.crt
	verifyPeer|M|s|yes|CAfile = $pki/ca.crt
	requireCert|M|s|yes
	checkHost|M|s|a.example|$trust
	checkIP|M|s|192.0.2.1|$trust
	sslVersion|M|s|TLSv1.3||sslVersionMin = TLSv1.3
	sslVersionMin|M|s|TLSv1.3
	sslVersionMax|M|s|TLSv1.2
	options|M|s|NO_TICKET
	ciphers|M|s|ECDHE+AESGCM
	ciphersuites|M|s|TLS_AES_128_GCM_SHA256
	curves|M|s|P-256
	curve|M|s|P-384||curves = P-384
	renegotiation|M|s|no
	sni|M|c|a.example
	sessionCacheTimeout|M|s|77
	session|M|s|78||sessionCacheTimeout = 78
	TIMEOUTclose|M|s|1
	TIMEOUTidle|M|s|2
	TIMEOUTbusy|M|s|3
	TIMEOUTconnect|M|s|4
	delay|M|s|yes
	PSKsecrets|M|s|$scratch/psk
	PSKidentity|M|c|me|PSKsecrets = $scratch/psk
	exec|M|a|/bin/true
	execArgs|M|a|true or not|exec = /bin/true
	include|M|s|$pki/conf.d||debug = 4
	fips|M|g|no
	OCSPaia|M|s|yes|$trust
	protocol|M|s|proxy
	sessionCacheSize|S|s|5
	sessionResume|S|s|no
	ticketKeySecret|S|s|$key|ticketMacSecret = $key|ticketKeySecret = ...
	ticketMacSecret|S|s|$key|ticketKeySecret = $key|ticketMacSecret = ...
	redirect|S|s|127.0.0.1:2|$trust
	failover|S|s|rr
	retry|S|i|7|exec = /bin/true;connect = 127.0.0.1:1;client = yes
	local|S|s|127.0.0.1
	reset|S|s|no
	securityLevel|S|s|3
	checkEmail|S|s|a@example|$trust
	OCSP|S|s|http://127.0.0.1:1/|$trust
	OCSPrequire|S|s|no
	OCSPnonce|S|s|yes
	TIMEOUTocsp|S|s|6
	service|S|g|named
	setEnv|S|g|SALLYPORT_TEST=1
	config|S|s|MaxProtocol:TLSv1.2
	CAstore|S|s|file:$pki/ca.crt
	protocolHost|C|c|a.example:1|protocol = connect
	protocolUsername|C|c|u|protocol = connect;protocolHost = a.example:1
	protocolPassword|C|c|p|protocol = connect;protocolHost = a.example:1|protocolPassword = ...
	protocolDomain|C|c|d|protocol = connect;protocolHost = a.example:1
	protocolAuthentication|C|c|login|protocol = smtp
	protocolHeader|C|c|X-A: b|protocol = connect;protocolHost = a.example:1
	OCSPflag|C|s|NOCERTS
	transparent|C|s|source
	pty|C|s|yes
	ident|C|s|alice
	provider|C|g|default
	providerParameter|C|g|default:a=b|provider = default
	libwrap|C|s|yes
	compression|P|g|zlib
	EGD|P|g|/dev/egd
	RNDbytes|P|g|64
	RNDfile|P|g|/dev/urandom
	RNDoverwrite|P|g|no
	stack|P|s|65536
	engine|R|g|auto
	engineCtrl|R|g|LOAD
	engineDefault|R|g|ALL
	engineId|R|s|pkcs11
	engineNum|R|s|1
	CAengine|R|s|pkcs11:x
	sessiond|R|s|127.0.0.1:1
EOF
# the values of protocol
for p in smtp imap pop3 nntp ldap pgsql cifs; do echo "protocol|C|c|$p"; done >> "$scratch/rows"
for p in smtp imap pop3 pgsql cifs connect; do echo "protocol|C|s|$p"; done >> "$scratch/rows"
cat >> "$scratch/rows" <<-EOF
	protocol|C|c|connect|protocolHost = a.example:1
	protocol|C|c|socks|protocolHost = a.example:1
	protocol|C|a|socks
	protocol|P|s|capwin
	protocol|P|c|capwin
	protocol|P|k|capwinctrl
EOF
plan $(($(wc -l < "$scratch/rows") + 8))
lines() { [ -z "$1" ] || printf '%s\n' "$1" | tr ';' '\n'; }
rport=9
file() { # of the row
	printf 'foreground = yes\nsyslog = no\n'
	case $of in g) lines "$more"; echo "$name = $value" ;; esac
	case $of in
	g | s) server | sed 's/PORT/1/' ;;
	c) printf '[c]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\n'; [ "$name" = client ] || echo 'client = yes' ;;
	k) printf '[k]\naccept = 127.0.0.1:1\nclient = yes\n' ;;
	a) printf '[a]\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key"; [ "$name" = accept ] || echo 'accept = 127.0.0.1:1' ;;
	i) echo '[i]' ;;
	esac
	[ "$of" = g ] || { lines "$more"; echo "$name = $value"; }
}
dump() { "$tunnel" --dump-config "$scratch/o.conf" > "$scratch/o.out" 2> "$scratch/o.err" || { cat "$scratch/o.err"; false; }; }
taken() {
	dump && ! grep 'has no effect' "$scratch/o.err" || return 1
	grep -qxF -e "${shows:-$name = $value}" "$scratch/o.out" || { cat "$scratch/o.out"; false; }
}
ignored() { dump && { [ "$(grep -c "\"$name.*\" has no effect in this version" "$scratch/o.err")" = 1 ] || { cat "$scratch/o.err"; false; }; }; }
refused() {
	! "$tunnel" --check-config "$scratch/o.conf" 2> "$scratch/o.err" && grep -F "\"$name\" is not supported by this version" "$scratch/o.err"
}
too_old=$(openssl version | grep -E 'OpenSSL 3\.[01]\.')
while IFS='|' read -r name mark of value more shows; do
	file > "$scratch/o.conf"
	what="$mark: $name = $value ($of)"
	case $name$too_old in
	libwrap*) ldconfig -p 2> /dev/null | grep -q libwrap.so.0 || { skip "$what" 'no libwrap'; continue; } ;;
	providerParameterO*) fails 1 "$what: not with this library" "$tunnel" --check-config "$scratch/o.conf"; continue ;;
	esac
	case $mark in
	P) ok "$what" ignored ;;
	R) ok "$what" refused ;;
	*) ok "$what" taken ;;
	esac
done < "$scratch/rows"

# nothing else is in the tables, but what is our own
"$tunnel" -help 2>&1 | sed -n 's/^\([A-Za-z]*\)  *= .*/\1/p' | sort -u > "$scratch/help"
cut -d '|' -f 1,2 "$scratch/rows" | sed -n 's/|[MSC]$//p' | grep -v -x -e curve -e session -e include | sort -u > "$scratch/spec"
is "$(comm -13 "$scratch/help" "$scratch/spec" | tr '\n' ' ')" '' '-help names all of them'
for n in $(comm -23 "$scratch/help" "$scratch/spec"); do
	grep -q "^\.It Cm $n = \|Li $n = \|^\.Li $n" "$top_srcdir/man/sallyport-tunnel.conf.5" || echo "$n"
done > "$scratch/unknown"
is "$(cat "$scratch/unknown")" '' 'and what else it names is our own, and in the manual page'

# providers' parameters belong to a provider; a key that "config" names is a key like any other
printf 'foreground = yes\nsyslog = no\nprovider = default\nproviderParameter = other:a=b\n' > "$scratch/o.conf"
server | sed 's/PORT/1/' >> "$scratch/o.conf"
fails 1 'the parameter of a provider that is not there' "$tunnel" --check-config "$scratch/o.conf"
like "$out" '*Global options: Provider not found: other:a=b*' 'in these words'
printf '[a]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\ncert = %s\nconfig = PrivateKey:%s\nconfig = MaxProtocol:TLSv1.2\n' "$pki/server.crt" "$pki/server.key" > "$scratch/o.conf"
name=key value=$pki/server.key shows=
ok 'config = PrivateKey is taken for the key' taken
ok 'and is no command any more' sh -c "! grep -i privatekey: '$scratch/o.out' && grep -qx 'config = MaxProtocol:TLSv1.2' '$scratch/o.out'"

# the system wants FIPS
printf 'openssl_conf = o\n[o]\nalg_section = a\n[a]\ndefault_properties = fips=yes\n' > "$scratch/fips.cnf"
printf 'fips = no\n' > "$scratch/o.conf"; server | sed 's/PORT/1/' >> "$scratch/o.conf"
fails 1 'fips = no where the system says yes' env OPENSSL_CONF="$scratch/fips.cnf" "$tunnel" --check-config "$scratch/o.conf"
like "$out" '*o.conf:1: "fips = no": Failed to override system-wide FIPS mode*' 'in these words'
