#!/bin/sh
# revokeLive: who is on a new revocation list is cut at once, and cannot come back by an old session.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 20
. "$top_srcdir/t/lib/tunnel.sh"
(
	cd "$pki" || exit 1
	: > index.txt; : > index.txt.attr; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	issue bad ca "extendedKeyUsage=clientAuth" "/CN=client two"
	issue late ca "extendedKeyUsage=clientAuth" "/CN=client three"
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
)
revoke() { # revoke NAME: on the list from now on, which replaces the old file
	( cd "$pki" && openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke "$1.crt" 2> /dev/null &&
	    openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.new 2> /dev/null && mv crl.new crl.pem )
}
secrets="ticketKeySecret = 000102030405060708090a0b0c0d0e0f
ticketMacSecret = 000102030405060708090a0b0c0d0e0f"
with() { # with LINES...: an echo over TLS for those who have a certificate
	{
		printf '[cat]\naccept = 127.0.0.1:PORT\nexec = /bin/cat\ncert = %s\nkey = %s\nCAfile = %s\nverifyChain = yes\nCRLfile = %s\n' \
		    "$pki/server.crt" "$pki/server.key" "$pki/ca.crt" "$pki/crl.pem"
		printf '%s\n' "$@"
	} > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
# hold NAME VERSION: a client that stays, written to by descriptor 4 or 5
hold() {
	rm -f "$scratch/in.$1"; mkfifo "$scratch/in.$1"
	: > "$scratch/out.$1"
	sh -c "exec openssl s_client -quiet -$2 -cert '$pki/$1.crt' -key '$pki/$1.key' -connect 127.0.0.1:$tport < '$scratch/in.$1'" \
	    > "$scratch/out.$1" 2> /dev/null &
	held_pid=$!
	servers="$servers $!"
}
echoes() { "$await" line "$scratch/out.$1" "$2"; }
session() { # session OPTIONS: one connection of the bad client
	printf 'ping\n' | timeout 10 openssl s_client -ign_eof -cert "$pki/bad.crt" -key "$pki/bad.key" -connect "127.0.0.1:$tport" "$@" \
	    > "$scratch/s.out" 2> "$scratch/s.err" &
	_s=$!
	"$await" line "$scratch/s.out" ping
	kill $_s 2> /dev/null; wait $_s 2> /dev/null
}
now() { date +%s%N; }

for v in tls1_2 tls1_3; do
	: > "$pki/index.txt"
	( cd "$pki" && openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null )
	with 'revokeLive = yes' "$secrets"
	hold client $v; good_pid=$held_pid; exec 4> "$scratch/in.client"
	hold bad $v; bad_pid=$held_pid; exec 5> "$scratch/in.bad"
	echo one >&4; echo two >&5
	ok "$v: two are in" eval 'echoes client one && echoes bad two'
	session -$v -sess_out "$scratch/sess"
	ok "$v: a session was given" test -s "$scratch/sess"
	session -$v -sess_in "$scratch/sess"
	ok "$v: which opens the door" grep -q '^Reused' "$scratch/s.out"
	revoke bad
	kill -HUP "$tunnel_pid"
	began=$(now)
	ok "$v: who is revoked is cut" "$await" gone "$bad_pid"
	ok "$v: within a second" test $((($(now) - began) / 1000000)) -le 1000
	ok "$v: the log names it" logged 'CERT: Certificate revoked since it was accepted: C'
	echo three >&4
	ok "$v: the other goes on" echoes client three
	timeout 10 openssl s_client -ign_eof -$v -cert "$pki/bad.crt" -key "$pki/bad.key" -connect "127.0.0.1:$tport" \
	    -sess_in "$scratch/sess" < /dev/null > "$scratch/s.out" 2> "$scratch/s.err"
	like "$(cat "$scratch/s.out" "$scratch/s.err")" '*alert certificate revoked*' "$v: the old session does not open the door any more"
	exec 4>&- 5>&-
	stop "$tunnel_pid"
done

# without it, what is established stays
: > "$pki/index.txt"
( cd "$pki" && openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null )
with 'revokeLive = no'
hold late tls1_3; exec 4> "$scratch/in.late"
echo one >&4
echoes late one
revoke late
kill -HUP "$tunnel_pid"
"$await" line "$tlog" 'Reading configuration from file'
n=0	# a worker of before may still take one, and hold it for ever
until grep -q 'certificate revoked' "$tlog" || [ $n -ge 10 ]; do
	n=$((n + 1)); timeout 5 openssl s_client -quiet -cert "$pki/late.crt" -key "$pki/late.key" -connect "127.0.0.1:$tport" < /dev/null > /dev/null 2>&1
done
echo two >&4
ok 'without revokeLive a connection goes on' echoes late two
exec 4>&-
stop "$tunnel_pid"

sed '/^CRLfile/d; s/^revokeLive.*/revokeLive = yes/; s/PORT/1/' "$scratch/in.conf" > "$scratch/x.conf"
fails 1 'it needs lists' "$tunnel" "$scratch/x.conf"
like "$out" '*Service [[]cat[]]: "revokeLive" needs "CRLfile" or "CRLpath"*' 'and says so'
sed 's/^revokeLive.*/revokeLive = perhaps/; s/PORT/1/' "$scratch/in.conf" > "$scratch/x.conf"
fails 1 'yes or no' "$tunnel" "$scratch/x.conf"
