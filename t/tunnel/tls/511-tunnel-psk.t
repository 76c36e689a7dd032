#!/bin/sh
# Pre-shared keys, with volsync's two files, both ways against stunnel; and against openssl.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 22
. "$top_srcdir/t/lib/tunnel.sh"
small_tree "$scratch/src"
echo 'volsync:23b7def123234323b7def1232343ab7def1232343b7def1232343b7d1' | sed 's/.$//' > "$scratch/psk"
echo 'other:00112233445566778899aabbccddeeff' >> "$scratch/psk"
chmod 600 "$scratch/psk"
printf 'use chroot = no\n[m]\npath = %s\n' "$scratch/src" > "$scratch/d.conf"
common() { printf 'foreground = no\npid = %s/%s.pid\noutput = %s/%s.out\ndebug = debug\nsyslog = no\nsocket = l:SO_KEEPALIVE=1\nsocket = l:TCP_KEEPIDLE=180\nsocket = r:SO_KEEPALIVE=1\nsocket = r:TCP_KEEPIDLE=180\n' "$scratch" "$1" "$scratch" "$1"; }
files() { # volsync's: the source's server with exec, the destination's client
	a=$(freeport) b=$(freeport)
	{ common s; printf '[rsync]\nciphers = PSK\nPSKsecrets = %s\naccept = :::%s\nexec = /usr/bin/rsync\nexecargs = rsync --server --daemon --config=%s .\n%s\n' \
	    "$scratch/psk" "$a" "$scratch/d.conf" "$1"; } > "$scratch/s.conf"
	{ common c; printf '[rsync]\nciphers = PSK\nPSKsecrets = %s\nclient = yes\naccept = 127.0.0.1:%s\nconnect = ::1:%s\n%s\n' \
	    "$scratch/psk" "$b" "$a" "$2"; } > "$scratch/c.conf"
}
pull() { # pull SERVER CLIENT
	rm -rf "$scratch/copy" "$scratch/s.out" "$scratch/c.out"
	"$1" "$scratch/s.conf" && "$2" "$scratch/c.conf" && "$await" port "$b" || return 1
	servers="$servers $(cat "$scratch/s.pid") $(cat "$scratch/c.pid")"
	timeout 20 rsync -a "rsync://127.0.0.1:$b/m/" "$scratch/copy/"
	_r=$?
	stop "$(cat "$scratch/s.pid")" "$(cat "$scratch/c.pid")"
	[ $_r -eq 0 ] && same_tree "$scratch/src" "$scratch/copy"
}
real=$(command -v stunnel4)
for _v in TLSv1.2 TLSv1.3; do
	files "sslVersion = $_v" "sslVersion = $_v"
	ok "$_v, both ours" pull "$tunnel" "$tunnel"
	ok 'the server says so' grep -q 'LOG5.*Key configured for PSK identity "volsync"' "$scratch/s.out"
	if [ -n "$real" ]; then
		ok "$_v, stunnel is the client" pull "$tunnel" "$real"
		ok "$_v, stunnel is the server" pull "$real" "$tunnel"
	else
		skip 'stunnel is the client' 'no stunnel4'; skip 'stunnel is the server' 'no stunnel4'
	fi
done
files '' 'PSKidentity = other'
ok 'PSKidentity chooses another line' pull "$tunnel" "$tunnel"
ok 'which the client says' grep -q 'LOG6.*PSK client configured for identity "other"' "$scratch/c.out"
printf 'PSKidentity = nobody\n' >> "$scratch/c.conf"
fails 1 'an identity that is not in the file stops the start' "$tunnel" "$scratch/c.conf"
like "$out" '*No key found for the specified PSK identity*' 'in these words'

start_peer echo
printf '[p]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\nPSKsecrets = %s\n' "$rport" "$scratch/psk" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client -psk_identity stranger -psk 00112233445566778899aabbccddeeff
ok 'an unknown identity is named' logged 'LOG6[0]: PSK identity not found: stranger'
stop "$tunnel_pid"

# a server that has no key is not the one that is meant, whatever certificate it shows
for v in TLSv1.2 TLSv1.3; do
	serve "sslVersion = $v"
	server_pid=$tunnel_pid server_port=$tport
	: > "$scratch/echo.log"
	psk_client() { # psk_client LINES...
		{ printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\nPSKsecrets = %s\n' "$server_port" "$scratch/psk"
		for _l; do echo "$_l"; done; } > "$scratch/in.conf"
		start_tunnel < "$scratch/in.conf"
	}
	psk_client
	is "$("$peer" send "$tport" 'top secret line')" reset "$v: a server without the key gets nothing"
	# in TLS 1.2 no cipher is left to agree upon
	_why='The server used no pre-shared key'; [ $v = TLSv1.3 ] || _why='SSL_connect: '
	ok 'and the log says why' logged "$_why"
	stop "$tunnel_pid"
	psk_client 'verifyChain = yes' "CAfile = $pki/ca.crt"
	like "$("$peer" send "$tport" 'ping')" 'PING*' "$v: where its certificate is verified, that is enough"
	stop "$tunnel_pid" "$server_pid"
	serve "sslVersion = $v" "PSKsecrets = $scratch/psk"
	server_pid=$tunnel_pid server_port=$tport
	psk_client
	like "$("$peer" send "$tport" 'ping')" 'PING*' "$v: one that has both is known by the key"
	stop "$tunnel_pid" "$server_pid"
done
printf '[p]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n' "$rport" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
ok 'without keys a client is warned, as ever' logged 'needs authentication to prevent MITM attacks'
