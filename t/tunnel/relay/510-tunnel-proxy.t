#!/bin/sh
# The back end is told who connected, by the PROXY protocol.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 12
. "$top_srcdir/t/lib/tunnel.sh"
first_of() { # what the back end heard first, as hex, from an echo in capitals
	s_client "$@"
	printf '%s' "$out"
}
start_peer echo
serve 'protocol = proxy'
like "$(first_of)" "PROXY TCP4 127.0.0.1 127.0.0.1 [1-9]* $tport*" 'one line, before any data'
stop "$tunnel_pid"

small_tree "$scratch/src"
start_rsyncd <<-EOF
	use chroot = no
	proxy protocol = true
	proxy protocol hosts = 127.0.0.1
	log file = $scratch/rsyncd.log
	[m]
	path = $scratch/src
	hosts allow = 127.0.0.1
EOF
for _v in 1 2; do
	serve 'protocol = proxy' "proxyVersion = $_v"
	ok "rsync's daemon understands version $_v" "$rsyncwrap" --tls-ca="$pki/ca.crt" -a "rsyncs://localhost:$tport/m/" "$scratch/copy/"
	stop "$tunnel_pid"
done
ok 'the same tree' same_tree "$scratch/src" "$scratch/copy"

start_peer echo
server 'protocol = proxy' 'proxyVersion = 2' 'proxyTLV = yes' 'verify = 2' "CAfile = $pki/ca.crt" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
timeout 10 openssl s_client -quiet -cert "$pki/client.crt" -key "$pki/client.key" -connect "127.0.0.1:$tport" \
    < /dev/null > "$scratch/heard" 2> /dev/null
ok 'the certificate is told' grep -qa 'CLIENT ONE' "$scratch/heard"
ok 'and the version and the cipher' sh -c "grep -qa 'TLSV1.3' '$scratch/heard' && grep -qa TLS_AES '$scratch/heard'"
stop "$tunnel_pid"

# "verified" is said only of what was verified, and a name only as a whole
field() { od -An -v -tx1 "$scratch/heard" | tr -d ' \n' | sed -n 's/.*20....07\(0000000[01]\).*/\1/p'; }
heard_of() { # heard_of CERT KEY FORM
	timeout 10 openssl s_client -quiet -cert "$1" -key "$2" -certform "$3" -connect "127.0.0.1:$tport" < /dev/null > "$scratch/heard" 2> /dev/null
}
is "$(field)" 00000000 'a certificate that was verified is said to be'
serve 'protocol = proxy' 'proxyVersion = 2' 'proxyTLV = yes' 'requireCert = yes'
heard_of "$pki/self.crt" "$pki/self.key" PEM
is "$(field)" 00000001 'one that nobody looked at is not'
openssl req -x509 -key "$pki/self.key" -days 30 -subj '/CN=adminZ.other' -outform DER -out "$scratch/nul" 2> /dev/null
LC_ALL=C sed 's/adminZ/admin\x00/g' "$scratch/nul" > "$pki/nul.der"
heard_of "$pki/nul.der" "$pki/self.key" DER
is "$(field)" 00000001 'a name with a zero byte in it'
ok 'is not told' sh -c "! grep -qa 'ADMIN' '$scratch/heard'"
is "$(grep -c 'terminated on signal' "$tlog")" 0 'and nobody died'
printf '[a]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\nprotocol = proxy\n' > "$scratch/x.conf"
fails 1 'a client section cannot have it' "$tunnel" "$scratch/x.conf"
