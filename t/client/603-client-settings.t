#!/bin/sh
# How the client connects and whom it believes: options, the file of hosts, proxies, sessions, --tls-test.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 75
. "$top_srcdir/t/lib/tunnel.sh"
stock_daemon
(
	cd "$pki" || exit 1
	openssl pkey -in client.key -aes256 -passout pass:secret -out locked.key 2> /dev/null
	: > index.txt
	printf '[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 30\n' > ca.conf
	openssl ca -config ca.conf -gencrl -keyfile ca.key -cert ca.crt -out good.crl 2> /dev/null
	openssl ca -config ca.conf -revoke server.crt -keyfile ca.key -cert ca.crt 2> /dev/null
	openssl ca -config ca.conf -gencrl -keyfile ca.key -cert ca.crt -out bad.crl 2> /dev/null
	openssl ocsp -index index.txt -CA ca.crt -rsigner ca.crt -rkey ca.key -issuer ca.crt -cert server.crt -respout revoked.der -ndays 5 > /dev/null 2>&1
)
vport=$(freeport) wport=$(freeport) tport6=$(freeport)
{ server
  printf '[strict]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\nCAfile = %s\nverifyChain = yes\n' "$vport" "$rport" \
      "$pki/server.crt" "$pki/server.key" "$pki/ca.crt"
  printf '[wrong]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$wport" "$rport" \
      "$pki/wrongname.crt" "$pki/wrongname.key"
  [ ! -s /proc/net/if_inet6 ] || printf '[six]\naccept = ::1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$tport6" "$rport" \
      "$pki/server.crt" "$pki/server.key"; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
HOME=$scratch/home hosts=$scratch/home/.config/sallyport/hosts sessions=$scratch/home/.cache/sallyport/sessions
export HOME
unset XDG_CACHE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME/.config/sallyport" "$scratch/plain" "$scratch/empty"
cp "$pki/ca.crt" "$scratch/plain/any.pem"
echo 'no certificate' > "$scratch/plain/README"
ca=--tls-ca=$pki/ca.crt u=rsyncs://localhost:$tport/ v=rsyncs://localhost:$vport/ w=rsyncs://localhost:$wport/
hex=$(openssl x509 -in "$pki/server.crt" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -r | cut -d ' ' -f 1)
other=$(printf %064d 1)

# STATUS|a part of what is said|arguments.  Without the part: any.
rows() {
	while IFS='|' read -r status said arguments; do
		eval "fails $status \"\$arguments\" \"\$rsyncwrap\" --tls-verbose $arguments"
		[ -z "$said" ] || like "$out" "*$said*" "it says $said"
	done
}
rows <<'EOF'
0|TLSv1.3|$ca --tls-min=1.3 $u
89|1.2 or 1.3|$ca --tls-min=1.1 $u
0|TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384|$ca --tls-ciphers=ECDHE-ECDSA-AES256-GCM-SHA384 $u
0|TLS_CHACHA20_POLY1305_SHA256|$ca --tls-ciphers=TLS_CHACHA20_POLY1305_SHA256 $u
89|no cipher match|$ca --tls-ciphers=NONE $u
0|secp384r1|$ca --tls-groups=P-384 $u
0||$ca --tls-name=127.0.0.1 $u
0||$ca --tls-name=elsewhere.example $w
82|names elsewhere.example, not localhost|$ca $w
0||$ca --address=127.0.0.7 -4 $u
80|Connection refused|$ca --contimeout=9 rsyncs://localhost:1/
89|takes an IP address|$ca --address=host $u
89|number of seconds|$ca --contimeout=soon $u
0||--tls-ca=$scratch/plain $u
89|No trusted certificates|--tls-ca=$scratch/empty $u
81|key sha256:*--tls-pin|--tls-ca=$pki/other-ca.crt $u
0|could be anybody|--tls-ca=off $u
84|it is sha256:*, not sha256:0000|--tls-ca=off --pin=sha256:$other $u
0||$ca --tls-crl=$pki/good.crl $u
90|is revoked|$ca --tls-crl=$pki/bad.crl $u
89|where there is a CA|--tls-ca=off --tls-crl=$pki/bad.crl $u
85|client certificate|$ca $v
89|needs a terminal|$ca --tls-cert=$pki/client.crt --tls-key=$pki/locked.key $v
EOF

if [ -s /proc/net/if_inet6 ]; then
	fails 0 'an IPv6 address' "$rsyncwrap" $ca "rsyncs://[::1]:$tport6/"
else
	skip 'an IPv6 address' 'no IPv6 here'
fi

# A session is kept, used once, and only for what it was made for.
resumed() { "$rsyncwrap" --tls-verbose "$@" 2>&1 | grep -o 'resumed\|full handshake'; }
find "$sessions" -type f -delete
is "$(resumed $ca $u)" 'full handshake' 'the first job has no session'
is "$(stat -c %a "$sessions") $(find "$sessions" -type f -printf '%m\n')" '700 600' 'what it leaves is for us alone'
cp "$sessions"/* "$scratch/kept"
is "$(resumed $ca $u)" resumed 'the next one uses it'
ok 'and it is gone, another in its place' sh -c '! cmp -s "$1"/* "$2"' - "$sessions" "$scratch/kept"
is "$(resumed $ca --tls-name=127.0.0.1 $u)" 'full handshake' 'another name has none'
is "$(resumed $ca --pin=sha256:$hex $u)" 'full handshake' 'nor has another pin'
is "$(resumed --tls-resume=no $ca $u)" 'full handshake' 'nor who wants none'
is "$(resumed --tls-ca="$pki/other-ca.crt" $u)" '' 'another CA is not met by a session'
for f in "$sessions"/*; do echo garbage > "$f"; done
is "$(resumed $ca $u)" 'full handshake' 'a file that is none is passed over'
chmod 644 "$sessions"/*
is "$(resumed $ca $u)" 'full handshake' 'and one that others may read'
chmod 755 "$sessions"
is "$(resumed $ca $u)" 'full handshake' 'and a directory that they may enter'
chmod 700 "$sessions"

# the file of hosts
cp "$pki/ca.crt" "$HOME/.config/sallyport/our.ca"
printf 'hosts = ( { host = "LOCALHOST"; ca = "our.ca"; port = %s; cert = "%s"; key = "%s"; } );\n' "$vport" "$pki/client.crt" "$pki/client.key" > "$hosts"
fails 0 'CA, certificate and port of the file' "$rsyncwrap" localhost::
fails 0 'the port of the command comes first' "$rsyncwrap" "$u"
fails 81 'so does its CA' "$rsyncwrap" --tls-ca="$pki/other-ca.crt" localhost::
chmod 666 "$hosts"
fails 89 'a file that others may write' "$rsyncwrap" localhost::
echo 'hosts = ( { host = "localhost"; cs = "x"; } );' > "$hosts"
chmod 600 "$hosts"
fails 89 'a mistake in it' "$rsyncwrap" localhost::
like "$out" "*sallyport/hosts:1: unknown*cs*" 'is told with its line'
rm "$hosts"

# --tls-test
fails 0 '--tls-test' "$rsyncwrap" $ca --tls-test "localhost:$tport"
like "$out" "*version*TLSv1.3*chain*CN=Test ca*names*localhost, 127.0.0.1*expires*pin*sha256:$hex*module*m*resumption*yes*all is well*" 'shows what it found'
fails 81 '--tls-test of whom we do not know' "$rsyncwrap" --tls-test="localhost:$tport"

# what the server staples to its certificate
staple=$(freeport)
spawn "$scratch/staple.log" openssl s_server -quiet -accept "127.0.0.1:$staple" -cert "$pki/server.crt" -key "$pki/server.key" -status_file "$pki/revoked.der"
"$await" port "$staple"
fails 90 'a certificate that comes with its revocation' "$rsyncwrap" $ca "rsyncs://localhost:$staple/"
like "$out" '*revoked, says the OCSP answer that comes with it*' 'says so'

# Proxies: the request is taken, then what the words of t/tool/peer say; the answers of a bad one
request=$(printf 'CONNECT localhost:%s HTTP/1.1\r\nHost: localhost:%s\r\nProxy-Authorization: basic %s\r\n\r\n' "$tport" "$tport" \
    "$(printf me:secret | base64)")
spawn "$scratch/front.log" "$peer" front "$tport" "<$((${#request} + 1))" ">$(printf 'HTTP/1.1 200 go\r\nX: y\r\n\r\n' | od -An -v -tx1 | tr -d ' \n')"
ready "$scratch/front.log" 'port '
proxy=$(sed -n 's/^port //p' "$scratch/front.log")
fails 0 'through a proxy that wants a password' env RSYNC_PROXY="me:secret@127.0.0.1:$proxy" "$rsyncwrap" $ca "$u"
like "$(cat "$scratch/front.log")" "*$(printf '%s\r\n' "$request" | head -n 1 | tr -d '\n\r' | od -An -v -tx1 | tr -d ' \n')*" 'which was asked for the server'
bad_proxy() { # bad_proxy STATUS SAID NAME: the one at $proxy
	fails "$1" "$3" "$rsyncwrap" --contimeout=2 --tls-proxy="127.0.0.1:$proxy" $ca "$u"
	like "$out" "*$2*" 'says so'
}
start_proxy() { # start_proxy COMMAND: its output is the answer
	proxy=$(freeport)
	echo "$1" > "$scratch/answer"
	spawn "$scratch/proxy.log" socat "TCP-LISTEN:$proxy,bind=127.0.0.1,fork" "EXEC:sh $scratch/answer"
	"$await" port "$proxy"
}
if command -v socat > /dev/null; then
	start_proxy "printf 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'; cat"
	bad_proxy 91 'it said HTTP/1.1 407 Proxy Authentication Required' 'a proxy that refuses'
	start_proxy "printf 'SSH-2.0-\033[31m\r\n'; cat"
	bad_proxy 91 'SSH-2.0-\\#033' 'one that is none, in printable letters'
	start_proxy "printf 'HTTP/1.1 200 go\r\n'; yes X: y"
	bad_proxy 91 'Too many lines' 'one whose headers never end'
	start_proxy "printf 'HTTP/1.1 200 '; while printf x; do sleep 0.1; done"
	bad_proxy 88 'did not answer in 2 seconds' 'one that drips'
else
	for _n in 1 2 3 4 5 6 7 8; do skip 'a bad proxy' 'socat is missing'; done
fi

if command -v strace > /dev/null && strace -o "$scratch/probe" true 2> /dev/null && ! sanitized; then
	strace -f -e trace=setsockopt -o "$scratch/calls" "$rsyncwrap" $ca "$u" > /dev/null 2>&1
	ok 'no small message waits for the acknowledgment of another' grep -q 'TCP_NODELAY, \[1\]' "$scratch/calls"
else
	skip 'no small message waits for the acknowledgment of another' 'no strace, or none under sanitizers'
fi
