#!/bin/sh
# The table of who is let in: each setting, each client, TLS 1.2 and 1.3.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo

# one section each, on a port of its own
rows=0
: > "$scratch/rows"
printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n' > "$tconf"
row() { # row SETTING CA NONE CA-ISSUED SELF: y accepted, n refused
	rows=$((rows + 1))
	p=$(freeport)
	{
		printf '[r%s]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rows" "$p" "$rport" \
		    "$pki/server.crt" "$pki/server.key"
		[ -z "$2" ] || echo "CAfile = $pki/$2.crt"
		[ -z "$1" ] || printf '%s\n' "$1" | tr ';' '\n'
	} >> "$tconf"
	printf '%s|%s|%s|%s|%s|%s\n' "$p" "$1" "$2" "$3" "$4" "$5" >> "$scratch/rows"
}
row '' '' y y y
row 'verify = 0' ca y y y
row 'requireCert = yes' '' n y y
row 'verify = 1' ca y y n
row 'verify = 1' client y n n
row 'verify = 2' ca n y n
row 'verify = 2' client n n n
row 'verifyChain = yes' ca n y n
row 'verifyChain = yes;requireCert = no' ca y y n
row 'verify = 3' both n y n
row 'verify = 3' ca n n n
row 'verify = 3' client n n n
row 'verify = 4' client n y n
row 'verifyPeer = yes' client n y n
row 'verify = 4' ca n n n
row 'verifyChain = yes' self n n y
row 'verify = 4' self n n y
row 'verifyChain = yes;checkHost = client one' ca n y n
row 'verifyChain = yes;checkHost = elsewhere' ca n n n
plan $((rows * 2 + 4))
spawn "$tlog" "$tunnel" "$tconf"
ready "$tlog" 'Accepting new connections'

answer() { # answer VERSION ARGS...: y when the back end answers
	case $(printf 'ping\n' | timeout 10 openssl s_client -quiet "-$@" -connect "127.0.0.1:$p" 2> /dev/null) in
	*PING*) printf y ;;
	*) printf n ;;
	esac
}
while IFS='|' read -r p setting ca none issued self; do
	for v in tls1_2 tls1_3; do
		got=$(answer $v < /dev/null; answer $v -cert "$pki/client.crt" -key "$pki/client.key" < /dev/null
		    answer $v -cert "$pki/self.crt" -key "$pki/self.key" < /dev/null)
		is "$got" "$none$issued$self" "$v, ${setting:-nothing}, CAfile ${ca:-none}"
	done
done < "$scratch/rows"
ok 'who shows none where one is wanted is refused in stunnel'"'"'s words' logged 'peer did not return a certificate'
ok 'a refused one is named' logged 'Rejected by CERT at depth=0: CN=self'
ok 'an accepted one too' logged 'Certificate accepted at depth=0: CN=client one'
ok 'the alert goes out before the close' logged 'Connection reset/closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket'
