#!/bin/sh
# Processes that speak no TLS hold none of its secrets: no private key, pre-shared key, ticket secret or password is anywhere in their
# memory.  (The vault has private keys, which is what it is for.)
. "${top_srcdir:-.}/t/lib/lib.sh"
"$tunnel" -help 2>&1 | grep -q '^metrics' || skip_all 'built without libmicrohttpd'
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
peek=$top_builddir/t/tool/peek
hex() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'; }
psk=psk-known-to-two-alone mac=ticket-mac-32-bytes-are-needed-- cipher=ticket-cipher-16 login=login-of-a-mail-relay proxy=word-for-the-proxy
printf 'us:%s\n' "$psk" > "$scratch/psk"
chmod 600 "$scratch/psk"
{
	printf 'workers = 1\nmetrics = 127.0.0.1:%s\n' "$(freeport)"
	server "ticketKeySecret = $(hex $cipher)" "ticketMacSecret = $(hex $mac)" "PSKsecrets = $scratch/psk"
	printf '[plain]\nvault = no\nident = x\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$(freeport)" "$rport" "$pki/server.crt" "$pki/server.key"
	printf '[mail]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nprotocol = smtp\nprotocolUsername = u\nprotocolPassword = %s\n' "$(freeport)" "$rport" "$login"
	printf '[far]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nprotocol = connect\nprotocolHost = a.example:1\nprotocolUsername = u\nprotocolPassword = %s\n' "$(freeport)" "$rport" "$proxy"
} > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
"$await" line "$tlog" 'Exporter '
"$await" line "$tlog" 'Vault '
"$await" line "$tlog" 'Worker '
# role NAME: the process that says so
role() { sed -n "s/.*$1 \([0-9]*\): uid.*/\1/p" "$tlog" | tail -n 1; }
"$peek" "$(role Worker)" "$psk"
[ $? -ne 2 ] || skip_all 'another process cannot be read here'
plan 8
spawner=$(pgrep -P "$tunnel_pid" | grep -v -x -e "$(role Worker)" -e "$(role Vault)" -e "$(role Exporter)")
# holds ROLE PID: which of the secrets are there
holds() {
	for _s in "$(sed -n 2p "$pki/server.key")" "$psk" "$cipher" "$(hex $cipher)" "$mac" "$(hex $mac)" "$login" "$proxy"; do
		"$peek" "$1" "$_s"
		case $? in 0) printf '%s ' "$_s" ;; 1) ;; *) printf 'unreadable ' ;; esac
	done
}
# the number that is the key: as files have it, and as the library does
number=$(openssl pkey -in "$pki/server.key" -noout -text | sed -n '/^priv:/,/^pub:/p' | tr -cd '0-9a-f:\n' | sed '1d;$d' | tr -d ':\n' | tail -c 64)
reversed=$(echo "$number" | fold -w 2 | tac | tr -d '\n')
like "$(holds "$(role Worker)")" "*$psk*$cipher*$mac*$login*$proxy*" 'a worker has them'
is "$(holds "$(role Vault)")" '' 'the vault has none'
is "$(holds "$(role Exporter)")" '' 'the exporter has none'
is "$(holds "$spawner")" '' 'the spawner has none'
"$peek" "$(role Worker)" "hex:$reversed"
is $? 0 'a worker has the key that is not for the vault'
got=
for p in "$(role Exporter)" "$spawner"; do for k in "$number" "$reversed"; do "$peek" "$p" "hex:$k"; got="$got $?"; done; done
is "$got" ' 1 1 1 1' 'neither exporter nor spawner has it'
# the next generation is forked from a master that has read them twice
newer() { [ "$(role "$1")" = "$2" ] || echo newer; }	# newer ROLE PID
vault=$(role Vault) exporter=$(role Exporter)
sed -i "s/$login/another-$login/" "$tconf"
kill -HUP "$tunnel_pid"
"$await" line "$tlog" 'Accepting new connections' 2
becomes newer newer Vault "$vault"
becomes newer newer Exporter "$exporter"
for r in Vault Exporter; do is "$(holds "$(role $r)")" '' "nor after a reload: $r"; done
