#!/bin/sh
# What makes a section worth less than it looks is told at the start and at every reload, with its name.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 9
. "$top_srcdir/t/lib/tunnel.sh"
rport=1
# warns NAME TEXT LINES...: a section with these lines says so, once
warns() {
	_n=$1 _t=$2; shift 2
	serve "$@"
	is "$(grep -c "LOG[34].*Service \[rsync\].*$_t" "$tlog")" 1 "$_n"
	stop "$tunnel_pid"
}
warns 'any certificate will do' 'any certificate is accepted' 'requireCert = yes' "CAfile = $pki/ca.crt"
warns 'security level 0' 'securityLevel = 0' 'securityLevel = 0'
warns 'an empty CRLpath' "No revocation lists found in: $scratch/none" "CAfile = $pki/ca.crt" 'verifyChain = yes' "CRLpath = $scratch/none"
warns 'lists for nobody' 'nobody is looked up there' "CRLpath = $scratch"
warns "an authority's certificate" "$pki/ca.crt is a certificate authority's" "cert = $pki/ca.crt" "key = $pki/ca.key"
serve "CAfile = $pki/ca.crt" 'verifyChain = yes'
is "$(grep -c 'LOG[34]' "$tlog")" 0 'a sound section is told nothing'
sed -i "s,^verifyChain.*,requireCert = yes," "$tconf"
kill -HUP "$tunnel_pid"
"$await" line "$tlog" 'Accepting new connections' 2
is "$(grep -c 'any certificate is accepted' "$tlog")" 1 'a reload tells, too'
stop "$tunnel_pid"
server 'protocol = socks' | grep -v '^connect' > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
ok 'a way to anywhere' logged 'leads anybody to any address'
stop "$tunnel_pid"
serve 'options = ALLOW_UNSAFE_LEGACY_RENEGOTIATION'
ok 'renegotiation without its protection' logged 'renegotiates without RFC 5746'
