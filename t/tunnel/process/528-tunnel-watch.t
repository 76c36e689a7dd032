#!/bin/sh
# watch: files that change on disk lead to the reload that HUP would, once, and only good ones change anything.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 17
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
(
	cd "$pki" || exit 1
	: > index.txt; : > index.txt.attr; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
	mkdir hashed && cp ca.crt crl.pem hashed && openssl rehash hashed
)
# the pair lives behind links, as some renewal programs have it
mkdir -p "$scratch/live" "$scratch/archive" "$scratch/inc"
cp "$pki/server.crt" "$scratch/archive/one.crt"; cp "$pki/server.key" "$scratch/archive/one.key"
cp "$pki/wrongname.crt" "$scratch/archive/two.crt"; cp "$pki/wrongname.key" "$scratch/archive/two.key"
links() { for _e in crt key; do ln -sfn "../archive/$1.$_e" "$scratch/live/new.$_e" && mv -T "$scratch/live/new.$_e" "$scratch/live/pair.$_e"; done; }
links one
reloads=0
# reloaded: until the log counts one more reload than before; no more of them come from the same change
reloaded() {
	reloads=$((reloads + 1)) _n=0
	while [ "$(grep -c 'Files of the configuration have changed' "$tlog")" -lt "$reloads" ] && [ $_n -lt 100 ]; do
		_n=$((_n + 1)); sleep 0.1
	done
	# the log says it last
	while [ "$(grep -c -e 'Accepting new connections' -e 'Failed to reload' "$tlog")" -le "$reloads" ] && [ $_n -lt 200 ]; do
		_n=$((_n + 1)); sleep 0.1
	done
	[ "$(grep -c 'Files of the configuration have changed' "$tlog")" -eq "$reloads" ]
}
shown() {
	timeout 10 openssl s_client -connect "127.0.0.1:$tport" < /dev/null 2> /dev/null | openssl x509 -noout -subject 2> /dev/null
}
{
	printf 'watch = yes\n[rsync]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" \
	    "$scratch/live/pair.crt" "$scratch/live/pair.key"
	printf 'include = %s\n[strict]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\nCAfile = %s\nCRLpath = %s\nverifyChain = yes\n' \
	    "$scratch/inc" "${strict:=$(freeport)}" "$rport" "$pki/server.crt" "$pki/server.key" "$pki/ca.crt" "$pki/hashed"
} > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
is "$(shown)" 'subject=CN = localhost' 'the first certificate'
links two
ok 'a link that changes is noticed, both files as one change' reloaded
is "$(shown)" 'subject=CN = elsewhere.example' 'and the new pair is used'

printf 'PEM?\n' > "$scratch/archive/two.key"
ok 'a key that is overwritten is noticed' reloaded
ok 'one that cannot be read is refused' logged 'Failed to reload the configuration file'
ok 'and it is said why' logged "$scratch/live/pair.key"
is "$(shown)" 'subject=CN = elsewhere.example' 'what runs goes on'
cp "$pki/wrongname.key" "$scratch/archive/two.key"
ok 'the good one again' reloaded

# half of a pair, and the other half a moment later: one reload
cp "$scratch/archive/one.crt" "$scratch/archive/two.crt.new"; mv "$scratch/archive/two.crt.new" "$scratch/archive/two.crt"
sleep 0.1
cp "$scratch/archive/one.key" "$scratch/archive/two.key"
ok 'a pair that is written over is one change' reloaded
is "$(shown)" 'subject=CN = localhost' 'and the pair is the new one'

# a list in a directory
client() { printf 'ping\n' | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$strict" -cert "$pki/client.crt" -key "$pki/client.key" 2> /dev/null; }
is "$(client)" PING 'a client is let in'
( cd "$pki" && openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke client.crt 2> /dev/null
  openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out new.pem 2> /dev/null && mv new.pem "$(readlink -f hashed/*.r0)" )
ok 'a list in CRLpath that changes is noticed' reloaded
is "$(client)" '' 'and who is on it stays out'

echo 'debug = 6' > "$scratch/inc/a.conf"
ok 'a file that is new in an included directory is noticed' reloaded
sed 's/^debug.*/debug = 6/' "$tconf" > "$tconf.new" && mv "$tconf.new" "$tconf"
ok 'so is the configuration itself' reloaded
touch "$scratch/bystander"; mv "$scratch/bystander" "$scratch/elsewhere"
ok 'other files are none of its business' eval "sleep 1; [ \$(grep -c 'Files of the configuration have changed' '$tlog') -eq $reloads ]"
{ echo 'watch = often'; cat "$scratch/in.conf"; } > "$scratch/x.conf"
fails 1 'yes or no' "$tunnel" "$scratch/x.conf"
