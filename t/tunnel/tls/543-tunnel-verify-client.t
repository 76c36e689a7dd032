#!/bin/sh
# The table of who is believed, from the client's side: each setting, each server, TLS 1.2 and 1.3.  Then ends
# that are none, in both roles, and what never goes to standard output.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/tunnel.sh"
nl='
'
# two servers: one that the authority knows, one that nobody does
play() { # play CERT: s_server on $sport
	sport=$(freeport)
	spawn "$scratch/$1.log" openssl s_server -quiet -rev -accept "127.0.0.1:$sport" -cert "$pki/$1.crt" -key "$pki/$1.key"
	"$await" port "$sport"
}
play server; issued=$sport
play self; own=$sport
cat "$pki/ca.crt" "$pki/server.crt" > "$pki/server-both.crt"
# SETTING | CAfile | issued | self-signed: y believed, n not.  A server always shows one, so 1 is like 2.
cat > "$scratch/rows" <<-EOF
	||y|y
	verify = 0|ca|y|y
	requireCert = yes||y|y
	verify = 1|ca|y|n
	verify = 1|server|n|n
	verify = 2|ca|y|n
	verify = 2|server|n|n
	verifyChain = yes|ca|y|n
	verifyChain = yes|server|n|n
	verify = 3|server-both|y|n
	verify = 3|ca|n|n
	verify = 3|server|n|n
	verify = 4|server|y|n
	verifyPeer = yes|server|y|n
	verify = 4|ca|n|n
	verifyChain = yes|self|n|y
	verify = 4|self|n|y
	verifyChain = yes;checkHost = localhost|ca|y|n
	verifyChain = yes;checkHost = elsewhere|ca|n|n
	verifyChain = yes;checkHost = elsewhere;checkIP = 127.0.0.1|ca|y|n
EOF
plan $(($(wc -l < "$scratch/rows") * 2 + 7))
printf 'foreground = yes\nsyslog = no\ndebug = 7\n' > "$tconf"
n=0
while IFS='|' read -r setting ca want_issued want_own; do
	for v in TLSv1.2 TLSv1.3; do
		for to in $issued $own; do
			n=$((n + 1))
			printf '[r%s]\nclient = yes\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:%s\nsslVersion = %s\n' $n "$to" $v
			[ -z "$ca" ] || echo "CAfile = $pki/$ca.crt"
			[ -z "$setting" ] || printf '%s\n' "$setting" | tr ';' '\n'
		done >> "$tconf"
	done
done < "$scratch/rows"
spawn "$tlog" "$tunnel" "$tconf"
tunnel_pid=$pid
ready "$tlog" 'Accepting new connections'
# eighty ports that are asked for one by one may not be eighty: the log has those that it got, in order
sed -n 's/.* Service \[r[0-9]*\] (FD=[0-9]*) bound to 127\.0\.0\.1://p' "$tlog" > "$scratch/ports"
believed() { case $("$peer" send "$1" "ping$nl") in gnip*) printf y ;; *) printf n ;; esac; }
exec 4< "$scratch/ports"
while IFS='|' read -r setting ca want_issued want_own; do
	for v in TLSv1.2 TLSv1.3; do
		read -r one <&4; read -r two <&4
		is "$(believed "$one")$(believed "$two")" "$want_issued$want_own" "$v, ${setting:-nothing}, CAfile ${ca:-none}"
	done
done < "$scratch/rows"
stop "$tunnel_pid"

# a back end that resets is taken for one that ended, so that its reason arrives
cat > "$scratch/reset.py" <<'E'
import socket, struct
l = socket.create_server(("127.0.0.1", 0))
print("port", l.getsockname()[1], flush=True)
while True:
    c, _ = l.accept()
    c.recv(100)
    c.sendall(b"reason\n")
    c.recv(1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
E
if command -v python3 > /dev/null; then
	spawn "$scratch/reset.log" python3 "$scratch/reset.py"
	ready "$scratch/reset.log" 'port '
	rport=$(sed -n 's/^port //p' "$scratch/reset.log")
	serve
	sport=$tport server_pid=$tunnel_pid
	is "$({ printf 'a'; "$await" line "$tlog" 'connected remote server'; printf 'b'; } | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$sport" 2>&1 | tail -n 1)" reason 'a server: the reason, and no error'
	ok 'which is said' logged 'LOG6[0]: readsocket: Connection reset by peer (104)'
	ok 'and closed as an end' logged 'LOG5[0]: Connection closed: 7 byte(s) sent to TLS, 2 byte(s) sent to socket'
	tlog=$scratch/client.log tconf=$scratch/client.conf
	printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n' "$sport" > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
	is "$("$peer" send "$tport" ab | tr '\n' ' ')" 'reason end ' 'and a client of it hears an end, too'
	stop "$tunnel_pid" "$server_pid"
else
	for _t in 1 2 3 4; do skip "a reset $_t" 'no python3'; done
fi

# nothing that is printed goes to standard output
for f in -help -version -sockets -options "$scratch/nowhere"; do "$tunnel" "$f" 2> /dev/null; done > "$scratch/stdout"
is "$(wc -c < "$scratch/stdout")" 0 'standard output stays empty'
ok '-version in the shape that programs parse' sh -c "'$tunnel' -version 2>&1 | sed -n 2p | grep -qE '^stunnel [0-9]+\\.[0-9]+ on ' && '$tunnel' -version 2>&1 | sed -n 3p | grep -qE '^Compiled/running with OpenSSL [0-9]+\\.[0-9]+\\.[0-9]+'"
ok '-help has the lines that amazon-efs-utils looks for' sh -c "'$tunnel' -help 2>&1 | grep -q ^checkHost && '$tunnel' -help 2>&1 | grep -q ^OCSPaia"
