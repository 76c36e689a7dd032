#!/bin/sh
# A reload changes what new connections see, and nothing else; a bad one changes nothing.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 14
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
serve
shown() { # the subject of the certificate shown now
	openssl s_client -connect "127.0.0.1:$tport" < /dev/null 2> /dev/null | openssl x509 -noout -subject 2> /dev/null
}
is "$(shown)" 'subject=CN = localhost' 'the first certificate'

# an old connection that stays
mkfifo "$scratch/in"
sh -c "exec openssl s_client -quiet -connect 127.0.0.1:$tport < '$scratch/in'" > "$scratch/old.out" 2> /dev/null &
old=$!
servers="$servers $old"
exec 4> "$scratch/in"
logged 'LOG5[1]: Service [rsync] connected remote server'

cp "$tconf" "$scratch/good.conf"
echo 'frob = 1' >> "$tconf"
kill -HUP "$tunnel_pid"
ok 'a bad file is refused' logged 'LOG3[ui]: Failed to reload the configuration file'
ok 'with its line' logged "$tconf:10: \"frob = 1\": Specified option name is not valid here"
is "$(shown)" 'subject=CN = localhost' 'and what runs goes on'

port2=$(freeport) was=$(socket_of "$tport")
sed "s#$pki/server#$pki/wrongname#; s/^accept.*/&\naccept = 127.0.0.1:$port2/" "$scratch/good.conf" > "$tconf"
kill -HUP "$tunnel_pid"
ok 'a good file binds what is new' logged "bound to 127.0.0.1:$port2"
"$await" port "$port2"
is "$(shown)" 'subject=CN = elsewhere.example' 'a new certificate is shown'
is "$(socket_of "$tport")" "${was:-none}" 'on the socket that was there already'
printf 'still here\n' >&4
exec 4>&-
wait "$old"
is "$(cat "$scratch/old.out")" 'STILL HERE' 'the old connection goes on to its end'
ok 'and its worker leaves with it' logged 'its last connection is closed'

# a port given up is closed
cp "$scratch/good.conf" "$tconf"
kill -HUP "$tunnel_pid"
ok 'a port that left the file is closed' "$peer" closed "$port2"
is "$(shown)" 'subject=CN = localhost' 'and the first certificate is back'

# workers come back; nobody stays behind
workers() { ps -o pid= --ppid "$tunnel_pid"; }
first=$(workers | tail -n 1)	# the vault is older
kill -9 $first
ok 'a killed worker is noticed' logged "Worker $(echo $first) terminated on signal 9: starting another"
is "$(shown)" 'subject=CN = localhost' 'and the service goes on'
all=$(workers)
kill -9 "$tunnel_pid"
left() { for _p in $all; do "$await" gone "$_p" || return 1; done; }
ok 'a killed master leaves no worker' left
