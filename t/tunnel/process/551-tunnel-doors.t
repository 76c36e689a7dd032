#!/bin/sh
# Whom a full handshake would refuse or send elsewhere gets no further with a session: not in another section, not by another
# protocol, and not after a reload that changed one option.  DRAWS=2000 SEED=7 t/tunnel/process/551... by hand.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 4
. "$top_srcdir/t/lib/tunnel.sh"
draws=${DRAWS:-25} seed=${SEED:-551}	# one that refuses some, which another need not in so few
(
	cd "$pki" || exit 1
	issue good ca 'subjectAltName=DNS:c1.example' /CN=good
	issue second ca 'subjectAltName=DNS:c2.example' /CN=second
	issue stranger other-ca 'subjectAltName=DNS:c1.example' /CN=stranger
	cat ca.crt other-ca.crt > both.pem
	cat ca.crt good.crt > leaf.pem
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	list() { openssl ca -config ca.cnf -gencrl -cert "$1.crt" -keyfile "$1.key" 2> /dev/null; } # lists of both authorities, one file
	: > index.txt
	{ list ca; list other-ca; } > none.crl
	openssl ca -config ca.cnf -revoke good.crt -cert ca.crt -keyfile ca.key 2> /dev/null
	list ca > good.crl
	: > index.txt
	list other-ca >> good.crl
)
rport=1
server > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
ok "$draws pairs of sections, with a change between (seed $seed)" \
    "$top_builddir/t/tool/doors" "$tunnel_pid" "$tconf" "$tlog" "$tport" "$pki" "$seed" "$draws"
said=$(cat "$scratch/.ok")
note < "$scratch/.ok"
ok 'sessions were resumed' expr "$said" : '.* [1-9][0-9]* resumed'
ok 'and some were refused' expr "$said" : '.* [1-9][0-9]* refused'
is "$(grep -c 'terminated on signal' "$tlog")" 0 'no process died'
