#!/bin/sh
# The back end is told who connected, by the PROXY protocol.
. "${top_srcdir:-.}/t/lib.sh"
plan 7
. "$top_srcdir/t/tls.sh"
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
printf '[a]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\nprotocol = proxy\n' > "$scratch/x.conf"
fails 1 'a client section cannot have it' "$tunnel" "$scratch/x.conf"
