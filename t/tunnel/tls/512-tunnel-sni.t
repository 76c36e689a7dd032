#!/bin/sh
# A client's name chooses certificate, verification and target, by stunnel's patterns.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 34
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
first=$rport
start_peer late
cat > "$scratch/in.conf" <<-EOF
	[main]
	accept = 127.0.0.1:PORT
	connect = 127.0.0.1:$first
	cert = $pki/server.crt
	key = $pki/server.key
	CAfile = $pki/ca.crt
	[strict]
	sni = main:Strict.example
	connect = 127.0.0.1:$first
	cert = $pki/wrongname.crt
	key = $pki/wrongname.key
	verify = 2
	CAfile = $pki/ca.crt
	[other]
	sni = main:*.example
	exec = /bin/echo
	execargs = echo the program
	cert = $pki/wrongname.crt
	key = $pki/wrongname.key
EOF
start_tunnel < "$scratch/in.conf"
subject() { openssl s_client -connect "127.0.0.1:$tport" "$@" < /dev/null 2> /dev/null | openssl x509 -noout -subject; }
for v in tls1_2 tls1_3; do
	is "$(subject -$v -servername unknown)" 'subject=CN = localhost' "$v: an unknown name gets the primary section"
	is "$(subject -$v -servername a.b.EXAMPLE)" 'subject=CN = elsewhere.example' "$v: a pattern, whatever the case"
	s_client -$v -servername x.example
	is "$out" 'the program' "$v: and its own endpoint"
	s_client -$v -servername strict.example
	is "$out" '' "$v: a section that wants a certificate gets one or ends"
	s_client -$v -servername strict.example -cert "$pki/client.crt" -key "$pki/client.key"
	is "$out" PING "$v: with one it serves"
done
# a session of a section that lets everybody in is no entry to one that does not
for v in tls1_2 tls1_3; do
	printf 'ping\n' | timeout 10 openssl s_client -ign_eof -$v -sess_out "$scratch/sess" -connect "127.0.0.1:$tport" \
	    -servername unknown > /dev/null 2>&1
	ok "$v: a session was given" test -s "$scratch/sess"
	s_client -$v -sess_in "$scratch/sess" -servername strict.example
	is "$out" '' "$v: it does not open another section"
done
s_client -noservername
is "$out" PING 'without a name the primary section serves'
ok 'which is logged' logged 'SNI: no servername received'
ok 'so is a switch' logged 'LOG5[1]: SNI: switched to service [other]'
ok 'and no match' logged 'LOG3[0]: SNI: no pattern matched servername: unknown'

# what comes before TLS would be done by the rules of one section and for the other
stop "$tunnel_pid"
for p in smtp imap pop3 connect pgsql cifs; do
	sed -e 's/PORT/1/' -e "/^\[main\]/a protocol = $p" "$scratch/in.conf" > "$scratch/bad.conf"
	fails 1 "a name does not choose a section where $p talks before TLS" "$tunnel" "$scratch/bad.conf"
	sed -e 's/PORT/1/' -e "/^\[strict\]/a protocol = $p" "$scratch/in.conf" > "$scratch/bad.conf"
	fails 1 'nor one that would' "$tunnel" "$scratch/bad.conf"
done
like "$out" '*Service ?strict?: "sni" is incompatible with a protocol that talks before TLS*' 'in these words'
sed -e '/^\[strict\]/a protocol = proxy' "$scratch/in.conf" > "$scratch/good.conf"
start_tunnel < "$scratch/good.conf"
s_client -servername strict.example
ok 'PROXY comes after' logged 'SNI: switched to service [strict]'

# lines of "config" are of the section that is chosen
chosen() { openssl s_client "-$1" -servername "$2" -cert "$pki/client.crt" -key "$pki/client.key" -connect "127.0.0.1:$tport" < /dev/null 2> /dev/null | sed -n "s/^$3//p"; }
sed -e '/^\[strict\]/a config = Ciphersuites:TLS_AES_128_GCM_SHA256' -e "/^\[strict\]/a config = ChainCAFile:$pki/ca.crt" \
    -e '/^\[strict\]/a config = SignatureAlgorithms:ECDSA+SHA384' "$scratch/in.conf" > "$scratch/lines.conf"
stop "$tunnel_pid"
start_tunnel < "$scratch/lines.conf"
is "$(chosen tls1_2 strict.example 'Peer signing digest: ') $(chosen tls1_2 x 'Peer signing digest: ')" 'SHA384 SHA256' 'lines of config come with a section that a name chose'
stop "$tunnel_pid"
sed -e '/^config = Sig/d' -e '/^\[strict\]/a config = RecordPadding:1000' "$scratch/lines.conf" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
# records of 1000 bytes, a byte for the kind and the tag
s_client -tls1_3 -servername strict.example -cert "$pki/client.crt" -key "$pki/client.key" -msg -msgfile "$scratch/msg"
is "$out $(grep -c '17 03 03 03 f8' "$scratch/msg" | sed 's/[1-9][0-9]*/padded/') $(chosen tls1_3 strict.example 'New, TLSv1.3, Cipher is ')" 'PING padded TLS_AES_128_GCM_SHA256' 'also those that the library keeps with a connection'
