#!/bin/sh
# Certificates and keys in all the forms they come in, and what else the library is told.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 28
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
(
	cd "$pki" || exit 1
	openssl x509 -in server.crt -outform der -out server.der
	openssl pkey -in server.key -outform der -out server.key.der
	openssl pkcs12 -export -in server.crt -inkey server.key -certfile ca.crt -passout pass: -out server.p12
	openssl pkcs12 -export -in server.crt -inkey server.key -passout pass:secret -out locked.p12
	openssl pkey -in server.key -aes128 -passout pass:secret -out locked.key
	cat server.key server.crt ca.crt > upside-down.pem
	openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout rsa.key -out rsa.csr 2> /dev/null
	echo subjectAltName=DNS:localhost > rsa.ext
	openssl x509 -req -in rsa.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile rsa.ext -out rsa.crt 2> /dev/null
	cat rsa.crt rsa.key ca.crt server.crt server.key > both.pem
	openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072 -out dh.pem
	cat rsa.crt rsa.key dh.pem > with-dh.pem
)
with() { # with CERT KEY LINES...
	_c=$1 _k=$2; shift 2
	{
		printf '[s]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\ncert = %s\n' "$rport" "$_c"
		[ -z "$_k" ] || echo "key = $_k"
		for _line; do echo "$_line"; done
	} > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
works() { # works NAME CERT KEY
	with "$2" "$3"
	s_client -CAfile "$pki/ca.crt" -verify_return_error -verify_hostname localhost
	is "$out" PING "$1"
	stop "$tunnel_pid"
}
works 'PEM in two files' "$pki/server.crt" "$pki/server.key"
works 'PEM in one, the key first' "$pki/upside-down.pem" ''
works 'DER' "$pki/server.der" "$pki/server.key.der"
works 'PKCS#12' "$pki/server.p12" ''
works 'a file: URI' "file:$pki/server.crt" "file:$pki/server.key"

with "$pki/both.pem" ''
for _t in 'RSA -sigalgs RSA-PSS+SHA256' 'ECDSA -sigalgs ECDSA+SHA256'; do
	# shellcheck disable=SC2086
	_got=$(timeout 10 openssl s_client -connect "127.0.0.1:$tport" ${_t#* } -showcerts < /dev/null 2> /dev/null)
	like "$_got" "*Peer signature type: ${_t%% *}*" "one file with two pairs: ${_t%% *}"
done
is "$(printf '%s\n' "$_got" | grep -c 'BEGIN CERTIFICATE')" 2 'each is sent with its own chain'
stop "$tunnel_pid"

# pass phrases: asked on the terminal, and nowhere else
printf '[s]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" "$pki/server.crt" "$pki/locked.key" |
    sed "s/PORT/$(freeport)/" > "$scratch/locked.conf"
fails 1 'without a terminal a locked key stops the start' setsid -w "$tunnel" "$scratch/locked.conf"
like "$out" "*Failed to load private key from: $pki/locked.key*" 'in the known words'
sed 's/^accept.*//; s/^\[s\]//' "$scratch/locked.conf" > "$scratch/inetd.conf"
printf 'secret\nsecret\nsecret\n' > "$scratch/phrase"
fails 1 'the peer of inetd mode is not asked' setsid -w sh -c "'$tunnel' '$scratch/inetd.conf' < '$scratch/phrase'"
if command -v script > /dev/null; then
	tport=$(freeport)
	{ printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'; sed "s/^accept.*/accept = 127.0.0.1:$tport/" "$scratch/locked.conf"; } > "$tconf"
	mkfifo "$scratch/tty"
	: > "$tlog"
	script -q -f -e -c "$tunnel $tconf" "$tlog" < "$scratch/tty" > /dev/null 2>&1 &
	servers="$servers $!" _script=$!
	exec 7> "$scratch/tty"
	ready "$tlog" 'Enter pass phrase for'
	printf 'wrong\n' >&7
	"$await" line "$tlog" 'Enter pass phrase for' > /dev/null
	printf 'secret\n' >&7
	ready "$tlog" 'Accepting new connections'
	s_client
	is "$out" PING 'on a terminal it is, until it is right'
	exec 7>&-
	stop "$_script"
	ok 'and the prompt names the file' grep -q "Enter pass phrase for $pki/locked.key:" "$tlog"
else
	skip 'on a terminal it is, until it is right' 'no script(1)'; skip 'and the prompt names the file' 'no script(1)'
fi
printf '[s]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\ncert = %s\n' "$pki/locked.p12" > "$scratch/x.conf"
fails 1 'so does a locked PKCS#12 file' setsid -w "$tunnel" "$scratch/x.conf"
like "$out" "*Failed to load certificate from: $pki/locked.p12*" 'in these words'
printf '[s]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\ncert = pkcs11:token=none\n' > "$scratch/x.conf"
fails 1 'a URI that nobody provides' "$tunnel" "$scratch/x.conf"

serve 'verifyChain = yes' "CAstore = file:$pki/ca.crt"
s_client -cert "$pki/client.crt" -key "$pki/client.key"
is "$out" PING 'CAstore lets in whom it vouches for'
s_client -cert "$pki/self.crt" -key "$pki/self.key"
is "$out" '' 'and nobody else'
stop "$tunnel_pid"
serve 'config = MaxProtocol:TLSv1.2' 'config = CipherString:ECDHE-ECDSA-AES128-GCM-SHA256'
s_client
ok 'config = MaxProtocol and CipherString' logged 'TLSv1.2 ciphersuite: ECDHE-ECDSA-AES128-GCM-SHA256'
stop "$tunnel_pid"
server 'config = Frob:1' > "$scratch/x.conf"
fails 1 'an unknown command stops the start' "$tunnel" "$scratch/x.conf"
like "$out" '*OpenSSL config command "Frob" was not recognised*' 'in the known words'
with "$pki/with-dh.pem" '' 'ciphers = DHE-RSA-AES128-GCM-SHA256' 'sslVersion = TLSv1.2'
_got=$(timeout 10 openssl s_client -connect "127.0.0.1:$tport" < /dev/null 2> /dev/null)
like "$_got" '*Server Temp Key: DH, 3072 bits*' 'DH parameters beside the certificate are used'
stop "$tunnel_pid"

{ echo 'fips = yes'; server; } > "$scratch/x.conf"
if openssl list -providers -provider fips > /dev/null 2>&1; then skip 'fips = yes without FIPS' 'there is FIPS here'; skip 'its words' 'there is FIPS here'
else
	fails 1 'fips = yes without FIPS stops the start' "$tunnel" "$scratch/x.conf"
	like "$out" '*Global options: Failed to initialize TLS*' 'in the known words'
fi
{ echo 'provider = nosuch'; server; } > "$scratch/x.conf"
fails 1 'so does a provider that is not there' "$tunnel" "$scratch/x.conf"
printf 'provider = legacy\nsetEnv = SALLY=port\nsetEnv = TZ\n[e]\naccept = 127.0.0.1:PORT\nexec = /usr/bin/env\ncert = %s\nkey = %s\n' \
    "$pki/server.crt" "$pki/server.key" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client
like "$out" '*SALLY=port*' 'setEnv reaches the programs'
stop "$tunnel_pid"
# more certificates than anybody has: the reader must not wait for who waits for it
python3 -c 'import sys; sys.stdout.write(open(sys.argv[1]).read() * 12000)' "$pki/server.crt" > "$scratch/many.crt"
server | sed "s,^cert = .*,cert = $scratch/many.crt," > "$scratch/x.conf"
fails 1 'a file of more than 4 MiB stops the start' timeout 60 "$tunnel" "$scratch/x.conf"
like "$out" '*Failed to read the private keys: more than 4 MiB*' 'which is said'
