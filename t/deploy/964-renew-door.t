#!/bin/sh
# A client's next certificate, through the door: when it is asked for, and by itself in the last third of a life, failing no job.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in openssl rsync socat; do command -v $_p > /dev/null || skip_all "no $_p"; done
[ -x "$rsyncwrap" ] || skip_all 'our client is not built'
own_mounts
planned=counted
. "$top_srcdir/t/lib/clients.sh"
own_etc
deployment
"$sallyport" install $conf > "$scratch/installed" 2>&1 || exit 99
deployment_runs
responder() {
	spawn "$scratch/respond.log" socat "UNIX-LISTEN:$scratch/run-renew.sock,fork" "EXEC:$sallyport ca respond --dir $ca"
	responder=$pid
	becomes 1 sh -c "ls '$scratch/run-renew.sock' 2> /dev/null | grep -c ."
}
responder
client add alice > "$scratch/word" 2> "$scratch/words"
as alice --join "$(cat "$scratch/word")" > "$scratch/joined" || exit 99
pem=$scratch/alice/sallyport/joined/localhost.pem
serial() { openssl x509 -in "$pem" -noout -serial | cut -d= -f2; }
# aged BEGAN ENDS: her certificate, on both sides, as one of so many days ago, for so many days more
aged() {
	(
		cd "$scratch" || exit 1
		s=$(serial) ends=$(($(date +%s) + $2 * 86400))
		openssl pkey -in "$pem" -out k
		openssl req -new -key k -subj /CN=alice -out r
		printf '[ca]\ndefault_ca=d\n[d]\ndatabase=i\nserial=s\ndefault_md=sha256\npolicy=p\nnew_certs_dir=.\nunique_subject=no\n[p]\ncommonName=supplied\n' > c
		: > i; echo "$s" > s
		printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' > x
		openssl ca -batch -config c -in r -keyfile $ca/ca.key -cert $ca/ca.crt -notext -extfile x -out aged.crt \
		    -startdate "$(date -u -d "$1 days ago" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "@$ends" +%Y%m%d%H%M%SZ)"
		cat aged.crt > "$ca/$s.crt"
		cat aged.crt k > both && cat both > "$pem"
		sed -i "s/^cert $s client [0-9]* /cert $s client $ends /" $ca/index
	) > "$scratch/aged.log" 2>&1
}

fails 89 'within an hour there is no next one' as alice --renew "localhost:$sport"
like "$out" '*localhost: the certificate was not renewed: the last one is not an hour old*' '... and it says why'
aged 1 80
before=$(serial) key=$(openssl pkey -in "$pem" -pubout)
ok 'after it there is' as alice --renew "localhost:$sport"
fails 1 '... another one' test "$before" = "$(serial)"
fails 1 '... of another key' test "$key" = "$(openssl pkey -in "$pem" -pubout)"
is "$(stat -c %a "$pem")" 600 '... for the user alone'
ok '... with which she is let in' as alice -a "$url/files/hello" "$scratch/got"
fails 89 'who has not joined has none to renew' as nobody --renew "localhost:$sport"
fails 89 'a host that is none' as alice --renew 'a b'

# while a transfer of hers runs, which goes on: hers, and the door's
head -c 4000000 /dev/urandom > "$scratch/srv/more/some"
as alice -a --bwlimit=800 "$url/more/some" "$scratch/some/" > "$scratch/said" 2>&1 &
running=$!
becomes 1 sh -c "ls -A '$scratch/some' 2> /dev/null | grep -c '^[.]some'"
aged 1 80
ok 'under a running transfer: the next certificate' as alice --renew "localhost:$sport"
door() { openssl s_client -connect "127.0.0.1:$sport" -servername localhost < /dev/null 2> /dev/null | openssl x509 -noout -serial; }
before=$(door)
ok '... and the next one of the door' "$sallyport" ca renew localhost
ok '... which the door shows' becomes changed sh -c "[ \"\$(openssl s_client -connect 127.0.0.1:$sport -servername localhost < /dev/null 2> /dev/null | openssl x509 -noout -serial)\" = '$before' ] || echo changed"
if kill -0 $running 2> /dev/null; then ok '... before that transfer is over' true; else skip '... before that transfer is over' 'this machine is too slow'; fi
wait $running
is "$? $(cat "$scratch/said")$(cmp "$scratch/srv/more/some" "$scratch/some/some" 2>&1)" '0 ' '... and it is whole'
ok '... as is the next one' as alice -a "$url/files/hello" "$scratch/got"

# by itself
aged 10 70
before=$(serial)
ok 'a job in the middle of a life' as alice -a "$url/files/hello" "$scratch/got"
is "$(serial)" "$before" '... renews nothing'
aged 70 20
as alice -a "$url/files/hello" "$scratch/got" > "$scratch/said" 2>&1
is "$? $(cat "$scratch/said")" '0 ' 'a job in the last third says nothing'
fails 1 '... and has renewed the certificate' test "$before" = "$(serial)"
ok '... for 90 days' sh -c "openssl x509 -in '$pem' -noout -checkend $((88 * 86400))"

# where it fails
stop "$responder"
aged 70 20
before=$(serial)
as alice -a "$url/files/hello" "$scratch/got" > "$scratch/said" 2>&1
is "$?" 0 'a job does not fail when no one answers'
like "$(cat "$scratch/said")" '*warning: the certificate for localhost ends on *--renew localhost says why*' '... but warns'
is "$(serial)" "$before" '... and the certificate is what it was'
fails 89 'asked for, it says more' as alice --renew "localhost:$sport"
like "$out" '*this server renews none*' '... namely that'
responder

# the clock: what is over lets nobody in
aged 100 -1
expired() { as alice -a "$url/files/hello" "$scratch/got" > "$scratch/said" 2>&1; echo $?; }
is "$(expired)" 85 'a certificate that has run out'
aged 10 70
is "$(expired)" 0 '... and one that has not'
(
	cd "$scratch" || exit 1
	: > i; echo 99 > n
	printf 'crlnumber=n\ndefault_crl_days=1\n' | sed '1i [ca]\ndefault_ca=d\n[d]\ndatabase=i\ndefault_md=sha256' > c
	openssl ca -config c -gencrl -keyfile $ca/ca.key -cert $ca/ca.crt -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z -out old.crl
	cp old.crl new.crl && mv new.crl $tls/clients.crl
) > "$scratch/old.log" 2>&1
ok 'a list that is over lets nobody in' becomes 85 expired
ok 'the day'\''s work of the timer' "$sallyport" ca renew --due
ok '... lets them in again' becomes 0 expired

client remove alice > "$scratch/removed"
revoked() { as alice --renew "localhost:$sport" > "$scratch/said" 2>&1; echo $?; }
ok 'who is removed is not let in to it' becomes 85 revoked
is "$(client list | grep -c 'alice.*valid')" 0 '... and has nothing that counts'
like "$(openssl s_client -connect "127.0.0.1:$sport" -servername renew.sallyport -tls1_2 < /dev/null 2>&1)" '*alert*handshake failure*' 'nobody is without a certificate'
