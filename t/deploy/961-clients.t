#!/bin/sh
# Clients come and go without openssl by hand: install makes the authority, `client add` a word, `sallyport-rsync --join` takes it, and
# `client remove` ends what the client is in the middle of.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v openssl > /dev/null && command -v rsync > /dev/null && [ -x "$rsyncwrap" ] || skip_all 'needs our client, openssl and rsync'
own_mounts
planned=counted
. "$top_srcdir/t/lib/clients.sh"
own_etc
deployment

# --- install makes it all
fails 1 'before the install there are no clients' client add alice
ok 'a dry run makes nothing' sh -c "'$sallyport' install $conf --dry-run && test ! -e $ca"
(umask 077; "$sallyport" install $conf) > "$scratch/installed" 2>&1
is "$?" 0 'the deployment is installed'
like "$(cat "$scratch/installed")" "*made: $ca*made: $tls/server.key*made: $tls/server.crt*sallyport-ca.timer*" '... with its authority, and it says so'
is "$(stat -c '%a %U' $ca $ca/ca.key $tls $tls/server.key $tls/server.crt $tls/clients.crl $tls/clients.crt | tr '\n' ' ')" \
    '700 root 600 root 755 root 600 root 644 root 644 root 644 root ' 'keys are hidden, and the door may read the rest'
ok 'the certificate is for the host and its address' openssl verify -CAfile $tls/clients.crt -verify_hostname localhost -verify_ip 127.0.0.1 $tls/server.crt
cp -a /etc/sallyport "$scratch/first"
ok 'a second install' "$sallyport" install $conf
ok '... changes nothing' diff -r "$scratch/first" /etc/sallyport
rm $tls/clients.crl
"$sallyport" install $conf > "$scratch/.again" 2>&1
ok 'what is missing comes back' cmp $ca/crl.pem $tls/clients.crl
printf 'a certificate of somebody\n' > /etc/foreign.crt
sed 's|authority = "own"|authority = "own"; cert = "/etc/foreign.crt"|' $conf > /etc/other.conf
fails 1 'what is somebody else'\''s is not overwritten' "$sallyport" install /etc/other.conf
like "$out" '*/etc/foreign.crt: is there, and not of the authority in /etc/sallyport/ca*' '... and named'
is "$(cat /etc/foreign.crt)" 'a certificate of somebody' '... and left'
"$sallyport" install $conf > "$scratch/.again" 2>&1

deployment_runs

# --- who comes
client add alice > "$scratch/word" 2> "$scratch/words"
is "$? $(wc -l < "$scratch/word")" '0 1' 'adding prints one word'
like "$(cat "$scratch/word")" 'sallyport1:*' '... an invitation'
like "$(cat "$scratch/words")" "*let in as alice*--join -*sallyport-rsync -a $url/files/ ./files/*" '... and beside it what to type'
ok 'the client takes it' as alice --join "$(cat "$scratch/word")"
ok '... and pulls' as alice -a "$url/files/hello" "$scratch/got"
ok '... the file' cmp "$scratch/srv/files/hello" "$scratch/got"
fails 85 'a machine that has not joined is refused' as nobody "--tls-pin=$(sed -n 's/.*pin = "\(.*\)".*/\1/p' "$scratch/alice/sallyport/hosts")" "$url/"
fails 1 'a second alice is refused' client add alice
like "$out" '*there is a certificate of that name*' '... in words'
fails 1 'a module that is not there' client add carol --module none
is "$(client list | grep carol)" '' '... makes no client'
for name in ../x a/b .a a..b 'a b'; do client add "$name" > /dev/null 2>&1 && break; name=; done
is "$name" '' 'names that are none are refused'
client add bob@example.org --module more --days 3 > "$scratch/bob.word" 2> "$scratch/words"
like "$(cat "$scratch/words")" "*$url/more/*" 'an invitation to another module'
ok '... is taken, too, by a client with a mail address' as bob --join "$(cat "$scratch/bob.word")"
is "$(client list | awk '{ print $1, $3 }' | tr '\n' ' ')" 'alice valid bob@example.org valid ' 'the list names both, and not the server'
like "$(client list --json)" '*"name": "alice", "kind": "client", "state": "valid"*' '... as JSON'
fails 1 'the server is no client to be removed' client remove localhost
fails 1 'nor is who is not known' client remove carol

# two at once: one of them
client add twice > "$scratch/twice.1" 2> "$scratch/words.1" &
client add twice > "$scratch/twice.2" 2> "$scratch/words.2"
wait $!
is "$(cat "$scratch/twice.1" "$scratch/twice.2" | grep -c '^sallyport1:')" 1 'of two that add one name at once, one does'
is "$(client list --config $conf | grep -c twice)" 1 '... and there is one'

# --- one word is one identity: whoever takes it is alice, on two machines, and both go with her
ok 'the same word on a second machine' as thief --join "$(cat "$scratch/word")"
ok '... is the same client' as thief -a "$url/files/hello" "$scratch/got"

# --- a session from before, for who is removed
openssl x509 -in "$scratch/alice/sallyport/joined/localhost.pem" -out "$scratch/alice.crt"
openssl pkey -in "$scratch/alice/sallyport/joined/localhost.pem" -out "$scratch/alice.key"
resume() { # resume OPTION...: what openssl says of a connection; it stays for a ticket
	(sleep 0.3) | openssl s_client -connect "127.0.0.1:$sport" -tls1_2 -cert "$scratch/alice.crt" -key "$scratch/alice.key" "$@" 2>&1
}
resume -sess_out "$scratch/session" > "$scratch/new"
like "$(resume -sess_in "$scratch/session")" '*Reused, TLSv1.2*' 'a session is resumed while she is in'

# --- and who goes, in the middle of a transfer that has minutes to go
as alice -a --bwlimit=500 "$url/files/big" "$scratch/to.alice/" > "$scratch/alice.log" 2>&1 &
alice=$!
as bob -a --bwlimit=500 "$url/files/big" "$scratch/to.bob/" > "$scratch/bob.log" 2>&1 &
bob=$!
servers="$servers $alice $bob"
grows() { find "$scratch/to.$1" -name '.big.*' -size +0 2> /dev/null | grep -c .; }
becomes 1 grows alice
becomes 1 grows bob
before=$(date +%s%N)
ok 'a client is removed' client remove alice
"$await" gone $alice
took=$((($(date +%s%N) - before) / 1000000))
wait $alice
is "$? $(test $took -lt 10000 && echo soon)" '87 soon' "her transfer ends: after $took ms" || note < "$scratch/alice.log"
size() { find "$scratch/to.bob" -name '.big.*' -printf '%s\n'; }
was=$(size)
grown() { test "$(size)" -gt "$was" && echo yes; }
becomes yes grown
ok "the other one's goes on" kill -0 $bob
fails 85 'she does not come in again' as alice -a "$url/files/hello" "$scratch/got"
fails 85 '... nor does who took the same word' as thief -a "$url/files/hello" "$scratch/got"
like "$(resume -sess_in "$scratch/session"; cat "$scratch/tunnel.log")" '*revoked*' 'her session'
fails 1 '... is worth nothing' sh -c "$(command -v openssl) s_client -connect 127.0.0.1:$sport -tls1_2 -cert '$scratch/alice.crt' -key '$scratch/alice.key' -sess_in '$scratch/session' < /dev/null 2>&1 | grep Reused"
like "$(client list | awk '{ print $1, $3 }' | tr '\n' ' ')" 'alice revoked *' 'the list says so'
ok 'removing her again is harmless' client remove alice
kill $bob

# --- she may come back, by another word
client add alice > "$scratch/word" 2> "$scratch/words"
ok 'another invitation' as alice --join "$(cat "$scratch/word")"
ok '... lets her in' as alice -a "$url/files/hello" "$scratch/got"
fails 85 '... and not who has the old one' as thief -a "$url/files/hello" "$scratch/got"

# --- time
serial=$(client list | awk '/^alice/ && $3 == "valid" { print $5 }')
sed -i "s/^cert $serial client [0-9]*/cert $serial client 1000/" $ca/index
like "$(client list | awk '{ print $1, $3 }' | tr '\n' ' ')" '*alice expired *' 'who is over is told'
ok '... and is added again without being removed' client add alice
ok 'the day'\''s work of the timer' "$sallyport" ca renew --due
ok '... reaches the door' cmp $ca/crl.pem $tls/clients.crl
cp $tls/server.crt "$scratch/server.before"
sed -i "s/^\(cert [0-9A-F]* server\) [0-9]*/\1 $(($(date +%s) + 29 * 86400))/" $ca/index
ok 'in the last third of its life the server'\''s certificate' "$sallyport" ca renew --due
fails 1 '... is renewed' cmp -s "$scratch/server.before" $tls/server.crt
served() { openssl s_client -connect "127.0.0.1:$sport" < /dev/null 2> /dev/null | openssl x509; }
ok '... and the door shows it' becomes "$(openssl x509 -in $tls/server.crt)" served
