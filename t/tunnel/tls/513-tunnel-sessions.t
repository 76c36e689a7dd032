#!/bin/sh
# Sessions are resumed at any worker, and with fixed keys at any of our tunnels.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 16
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
rm -f "$scratch/sess"
new() { openssl s_client -ign_eof "-$1" -sess_out "$scratch/sess" -connect "127.0.0.1:$tport" < "$scratch/ping" > /dev/null 2>&1; }
again() { timeout 10 openssl s_client -ign_eof "-$1" -sess_in "$scratch/sess" -connect "127.0.0.1:$tport" < "$scratch/ping" 2> /dev/null | sed -n 's/^\(Reused\|New\), .*/\1/p' | head -n 1; }
echo ping > "$scratch/ping"
serve 'debug = 7'
for v in tls1_2 tls1_3; do
	new $v
	got=
	for _i in 1 2 3 4 5; do got="$got $(again $v)"; done
	is "$got" ' Reused Reused Reused Reused Reused' "$v: resumed every time"
	for _w in $(ps -o pid= --ppid "$tunnel_pid"); do kill -9 "$_w"; done
	"$await" line "$tlog" 'starting another'
	is "$(again $v)" Reused "$v: by another worker too"
done
stop "$tunnel_pid"
# TLS 1.3: each ticket is for one use, so a resumed session brings the next
serve
new tls1_3
got=
for _i in 1 2 3; do
	got="$got $(timeout 10 openssl s_client -ign_eof -tls1_3 -sess_in "$scratch/sess" -sess_out "$scratch/next" -connect "127.0.0.1:$tport" < "$scratch/ping" 2> /dev/null | sed -n 's/^\(Reused\|New\), .*/\1/p' | head -n 1)"
	mv "$scratch/next" "$scratch/sess"
done
is "$got" ' Reused Reused Reused' 'tls1_3: a resumed session brings the next ticket'
stop "$tunnel_pid"
# tickets wait for the first data, but nothing may overtake them
serve
out=$({ "$await" line "$tlog" 'TLS accepted'; echo K; sleep 0.3; echo ping; sleep 0.5; } | timeout 10 openssl s_client -tls1_3 -connect "127.0.0.1:$tport" 2>&1 | grep -c -e '^PING' -e '^KEYUPDATE')
is "$out" 2 'tls1_3: a key update before any data'
stop "$tunnel_pid"
serve 'sessionResume = no'
new tls1_3
is "$(again tls1_3)" New 'not with sessionResume = no'
stop "$tunnel_pid"

keys='ticketKeySecret = 00112233445566778899aabbccddeeff
ticketMacSecret = 0123456789abcdef0123456789abcdef'
serve "$keys"
new tls1_3
stop "$tunnel_pid"
serve "$keys"
is "$(again tls1_3)" Reused 'fixed keys outlive the process'
stop "$tunnel_pid"
if command -v stunnel4 > /dev/null; then
	sed "s/^accept = .*/accept = 127.0.0.1:$tport/" "$tconf" > "$scratch/real.conf"
	spawn "$scratch/real.log" stunnel4 "$scratch/real.conf"
	ready "$scratch/real.log" 'Accepting new connections'
	new tls1_2
	stop "$pid"
	serve "$keys"
	is "$(again tls1_2)" New "a ticket of stunnel's is not taken: it does not say what it was given for"
else
	skip "a ticket of stunnel's is not taken" 'no stunnel4'
fi
server 'ticketKeySecret = 00' 'ticketMacSecret = 00' > "$scratch/x.conf"
fails 1 'a short secret stops the start' "$tunnel" "$scratch/x.conf"
like "$out" '*Required ticketKeySecret is 16 or 32 byte hexadecimal key*' 'in these words'
server 'ticketKeySecret = 00112233445566778899aabbccddeeff' > "$scratch/x.conf"
fails 1 'so does one without the other' "$tunnel" "$scratch/x.conf"

# redirect: who is not let in goes elsewhere, resumed or not
first=$rport
start_peer talk-first
serve 'verify = 2' "CAfile = $pki/ca.crt" "redirect = 127.0.0.1:$first"
s_client
is "$out" PING 'who shows no certificate is redirected'
s_client -cert "$pki/client.crt" -key "$pki/client.key"
is "$out" first 'who shows a good one is not'
s_client -cert "$pki/self.crt" -key "$pki/self.key"
is "$out" PING 'who shows another one is'
ok 'and the log says so' logged 'LOG5[0]: Redirecting connection'
