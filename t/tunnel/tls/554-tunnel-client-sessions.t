#!/bin/sh
# A client's sessions are all workers': the next connection to a server resumes, whoever has it; and no others than before.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 20
. "$top_srcdir/t/lib/tunnel.sh"
nl='
'
start_peer echo
serve
sport=$tport server_pid=$tunnel_pid
tconf=$scratch/client.conf tlog=$scratch/client.log
client() { # client GLOBAL LINES...: a client of that server
	tport=$(freeport)
	client_conf "$@"
	spawn "$tlog" "$tunnel" "$tconf"
	tunnel_pid=$pid
	ready "$tlog" 'Accepting new connections'
}
client_conf() {
	printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n%s\n' "$1" > "$tconf"; shift
	printf '[c]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nverifyChain = yes\nCAfile = %s\ncheckHost = localhost\n' "$tport" "$sport" "$pki/ca.crt" >> "$tconf"
	for _line; do echo "$_line" >> "$tconf"; done
}
talk() { "$peer" send "$tport" "ping$nl" > "$scratch/said"; }
reused() { grep -c 'TLS connected: previous session reused' "$tlog"; }
fresh() { grep -c 'TLS connected: new session negotiated' "$tlog"; }
workers() { pgrep -P "$1" -f "$tconf" | while read -r p; do grep -q sessions "/proc/$p/maps" && echo "$p"; done; }

for v in TLSv1.2 TLSv1.3; do
	client 'workers = 2' "sslVersion = $v"
	for _i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do talk; done
	becomes 39 reused
	is "$(reused) $(fresh)" '39 1' "$v: of 40 connections with two workers one is new"
	for _p in $(sed -n 's/.*Worker \([0-9]*\): uid.*/\1/p' "$tlog"); do kill -9 "$_p"; done
	"$await" line "$tlog" 'starting another'
	talk
	becomes 40 reused
	is "$(reused) $(fresh)" '40 1' "$v: a worker that has just started resumes what others began"
	like "$(cat "$scratch/said")" 'PING*' '... and is answered'

	# what verifies otherwise knows nothing of them
	client_conf 'workers = 2' "sslVersion = $v" 'checkHost = 127.0.0.1'
	kill -HUP "$tunnel_pid"
	"$await" line "$tlog" 'Accepting new connections' 2
	talk
	becomes 2 fresh
	is "$(reused) $(fresh)" '40 2' "$v: after a reload the server is verified anew"
	stop "$tunnel_pid"
done
client 'workers = 2' 'sessionResume = no'
talk; talk
becomes 2 fresh
is "$(reused) $(fresh)" '0 2' 'none with sessionResume = no'
is "$(workers "$tunnel_pid")" '' 'nor is there anywhere to keep them'
stop "$tunnel_pid"

# another server gets none of them, another section neither: each full handshake is one of its own
first=$sport
tconf=$scratch/tunnel2.conf tlog=$scratch/tunnel2.log
serve
sport=$first second=$tport second_pid=$tunnel_pid
tconf=$scratch/client.conf tlog=$scratch/client.log
other=$(freeport)
client 'workers = 1' "[d]${nl}client = yes${nl}accept = 127.0.0.1:$other${nl}connect = 127.0.0.1:$sport${nl}verifyChain = yes${nl}CAfile = $pki/ca.crt${nl}checkHost = localhost"
talk; "$peer" send "$other" "ping$nl" > /dev/null
becomes 2 fresh
is "$(reused) $(fresh)" '0 2' 'one section'"'"'s sessions are not for another'
talk; "$peer" send "$other" "ping$nl" > /dev/null
becomes 2 reused
is "$(reused) $(fresh)" '2 2' 'each has its own'
stop "$tunnel_pid"
client 'workers = 1' "connect = 127.0.0.1:$second" 'failover = rr' 'sslVersion = TLSv1.2'
talk; talk
becomes 2 fresh
is "$(reused) $(fresh)" '0 2' 'one server'"'"'s are not offered to another'
talk; talk
becomes 2 reused
is "$(reused) $(fresh)" '2 2' 'each gets its own'

# who has them: workers alone
is "$(grep -c sessions "/proc/$tunnel_pid/maps")" 0 'the master has them not in its memory'
stop "$tunnel_pid" "$second_pid"
client 'workers = 1' "cert = $pki/client.crt" "key = $pki/client.key" "[x]${nl}accept = 127.0.0.1:$other${nl}exec = /bin/cat${nl}cert = $pki/server.crt${nl}key = $pki/server.key"
talk
worker=$(workers "$tunnel_pid")
is "$(echo "$worker" | wc -w)" 1 'one process has'
others=0
for p in $(pgrep -P "$tunnel_pid"); do
	[ "$p" != "$worker" ] || continue
	others=$((others + 1))
	ls -l "/proc/$p/fd" 2> /dev/null | grep -q 'memfd:sessions' && echo "$p holds them"
done > "$scratch/holders"
is "$(cat "$scratch/holders")" '' 'vault and spawner have no way to them'
ok 'which are there' test "$others" -ge 2
is "$(ls -l "/proc/$worker/fd" | grep -c memfd:sessions)" 0 'nor has the worker a descriptor that it could pass on'
stop "$tunnel_pid" "$server_pid"
like "$("$tunnel" -version 2>&1)" '*Threading:WORKERS *' 'and -version does not say that they are each process'"'"'s own'
