#!/bin/sh
# A session is good only where nothing it stands for has changed, and not for ever.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 34
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
keys='ticketKeySecret = 00112233445566778899aabbccddeeff
ticketMacSecret = 0123456789abcdef0123456789abcdef'
echo ping > "$scratch/ping"
# talk VERSION ARGS...: one connection; whether it was Reused or New, and what came back, in $got
talk() {
	_v=$1; shift
	timeout 10 openssl s_client -ign_eof "-$_v" -connect "127.0.0.1:$tport" "$@" < "$scratch/ping" > "$scratch/talk" 2> /dev/null
	got="$(sed -n 's/^\(Reused\|New\), .*/\1/p' "$scratch/talk" | head -n 1) $(grep -c '^PING' "$scratch/talk")"
}
own() { printf -- '-cert %s/client.crt -key %s/client.key' "$pki" "$pki"; }

# names that are alike for longer than a session's context is
long=customers-of-the-backup-service-
sections() { # sections LINES...: an open one, and a closed one of the name after it
	printf '[%sopen]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\ncert = %s/server.crt\nkey = %s/server.key\n%s\n' "$long" "$rport" "$pki" "$pki" "$keys"
	printf '[%sclosed]\nsni = %sopen:closed.example\nconnect = 127.0.0.1:%s\ncert = %s/server.crt\nkey = %s/server.key\n%s\n' "$long" "$long" "$rport" "$pki" "$pki" "$keys"
	for _l; do echo "$_l"; done
}
sections 'verifyChain = yes' "CAfile = $pki/ca.crt" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
for v in tls1_2 tls1_3; do
	talk $v -servername x -sess_out "$scratch/sess"
	is "$got" 'New 1' "$v: the open section"
	talk $v -servername closed.example -sess_in "$scratch/sess"
	is "${got#* }" 0 "$v: its session opens no other of a name that begins like it"
done
stop "$tunnel_pid"

# what a ticket was given for has changed
reloaded() { # reloaded LINES...: the section with other lines, read again
	{ printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'; server "$keys" "$@"; } | sed "s/PORT/$tport/" > "$tconf"
	: > "$tlog"
	kill -HUP "$tunnel_pid"
	logged 'Accepting new connections'
}
crl() { # crl SERIAL: a list of the CA with that certificate on it, or with none
	: > "$scratch/index"
	[ -z "$1" ] || printf 'R\t491231235959Z\t200101000000Z\t%s\tunknown\t/CN=x\n' "$1" > "$scratch/index"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\ndefault_md=sha256\ndefault_crl_days=30\n' "$scratch/index" > "$scratch/ca.cnf"
	openssl ca -config "$scratch/ca.cnf" -gencrl -cert "$pki/ca.crt" -keyfile "$pki/ca.key" -out "$scratch/crl" 2> /dev/null
}
serial=$(openssl x509 -noout -serial -in "$pki/client.crt" | sed 's/.*=//')
crl ''
for v in tls1_2 tls1_3; do
	serve "$keys"
	talk $v -sess_out "$scratch/sess"
	reloaded
	talk $v -sess_in "$scratch/sess"
	is "$got" 'Reused 1' "$v: a ticket outlives a reload that changes nothing"
	talk $v -sess_out "$scratch/sess"
	reloaded 'verifyChain = yes' "CAfile = $pki/ca.crt"
	talk $v -sess_in "$scratch/sess"
	is "${got#* }" 0 "$v: but not verifyChain"
	stop "$tunnel_pid"

	serve "$keys" 'verifyChain = yes' "CAfile = $pki/ca.crt" "CRLfile = $scratch/crl"
	talk $v $(own) -sess_out "$scratch/sess"
	is "$got" 'New 1' "$v: with a certificate"
	talk $v $(own) -sess_in "$scratch/sess"
	is "$got" 'Reused 1' "$v: is resumed"
	crl "$serial"
	reloaded 'verifyChain = yes' "CAfile = $pki/ca.crt" "CRLfile = $scratch/crl"
	talk $v $(own) -sess_in "$scratch/sess"
	is "${got#* }" 0 "$v: until the certificate is on the list"
	crl ''
	reloaded 'verifyChain = yes' "CAfile = $pki/other-ca.crt"
	talk $v $(own) -sess_in "$scratch/sess"
	is "${got#* }" 0 "$v: or another CA is trusted"
	reloaded 'verifyChain = yes' "CAfile = $pki/ca.crt" 'checkHost = nobody.example'
	talk $v $(own) -sess_in "$scratch/sess"
	is "${got#* }" 0 "$v: or another name is asked for"
	stop "$tunnel_pid"
done

# renewed again and again, a session still ends when its first handshake is too long ago; kept by us, or by the client
chain() { # chain VERSION SECONDS ARGS...: resume, each time what the last time gave; New when it had to begin anew by then
	_v=$1 _end=$(($(date +%s) + $2)); shift 2
	talk "$_v" "$@" -sess_out "$scratch/sess"
	[ "$got" = 'New 1' ] || { echo "first $got"; return; }
	_n=0
	while [ "$(date +%s)" -le "$_end" ]; do
		talk "$_v" "$@" -sess_in "$scratch/sess" -sess_out "$scratch/next"
		[ ! -s "$scratch/next" ] || mv "$scratch/next" "$scratch/sess"
		[ "$got" = 'Reused 1' ] || { echo "$got"; return; }
		_n=1
		sleep 0.2
	done
	echo "reused for ever"
}
for o in '' 'options = NO_TICKET'; do
	{ echo 'workers = 1'; server 'sessionCacheTimeout = 4' "$o"; } > "$scratch/in.conf"	# each has a cache of its own
	start_tunnel < "$scratch/in.conf"
	for v in tls1_2 tls1_3; do
		is "$(chain $v 12)" 'New 1' "$v ${o:-with tickets}: sessions end though they are renewed"
	done
	stop "$tunnel_pid"
done

# a certificate that runs out takes its sessions along
soon() { # a client certificate for a few seconds
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=soon -keyout "$pki/soon.key" -out "$scratch/soon.csr" 2> /dev/null
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
	    "$scratch/index" "$scratch" > "$scratch/ca.cnf"
	: > "$scratch/index"
	openssl ca -config "$scratch/ca.cnf" -batch -notext -cert "$pki/ca.crt" -keyfile "$pki/ca.key" -in "$scratch/soon.csr" \
	    -enddate "$(date -u -d "+$1 seconds" +%y%m%d%H%M%SZ)" -out "$pki/soon.crt" > /dev/null 2>&1
}
for v in tls1_2 tls1_3; do
	serve 'verifyChain = yes' "CAfile = $pki/ca.crt" "$keys"
	for life in 6 20 40; do		# where the machine is so slow that it has run out before it is first shown, a longer one
		soon $life
		said=$(chain $v $((life + 14)) -cert "$pki/soon.crt" -key "$pki/soon.key")
		case $said in first*) ;; *) break ;; esac
	done
	is "$said" 'New 0' "$v: no session outlives the certificate"
	stop "$tunnel_pid"
done

# a section that is chosen by name says itself whether it resumes, and with which groups
for l in 'sessionResume = no' 'verifyChain = yes
CAfile = '"$pki/ca.crt"'
OCSPaia = yes'; do
	sections "$l" > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
	for v in tls1_2 tls1_3; do
		rm -f "$scratch/sess"
		talk $v $(own) -servername closed.example -sess_out "$scratch/sess"
		[ ! -s "$scratch/sess" ] || talk $v $(own) -servername closed.example -sess_in "$scratch/sess"
		like "$got" 'New *' "$v: nothing is resumed in an SNI section with ${l##*
}"
	done
	stop "$tunnel_pid"
done
sections 'curves = P-384' > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
for v in tls1_2 tls1_3; do
	talk $v -servername closed.example
	like "$(grep 'Server Temp Key' "$scratch/talk")" '*384*' "$v: an SNI section has groups of its own"
done
sections 'sessionCacheTimeout = 4' > "$scratch/in.conf"
stop "$tunnel_pid"
start_tunnel < "$scratch/in.conf"
for v in tls1_2 tls1_3; do
	is "$(chain $v 12 -servername closed.example)" 'New 1' "$v: and a time of its own for its sessions"
done
stop "$tunnel_pid"

# a client does not believe a server for ever, however often that renews its sessions
sport=$(freeport)
mkfifo "$scratch/in.server"
sh -c "exec openssl s_server -accept $sport -cert '$pki/server.crt' -key '$pki/server.key' -tls1_3 -rev < '$scratch/in.server'" > "$scratch/server.log" 2>&1 &
servers="$servers $!"
exec 7> "$scratch/in.server"
"$await" port "$sport"
printf 'workers = 1\n[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\nsessionCacheTimeout = 4\n' "$sport" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
began() { grep -c 'TLS connected: new session' "$tlog"; }
_end=$(($(date +%s) + 12))
while [ "$(began)" -lt 2 ] && [ "$(date +%s)" -le $_end ]; do
	"$peer" send "$tport" "ping
" > /dev/null
	sleep 0.2
done
is "$(began)" 2 'a client shakes hands in full again'
ok 'after it had resumed' grep -q 'TLS connected: previous session reused' "$tlog"
exec 7>&-
