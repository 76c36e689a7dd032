#!/bin/sh
# A worker that was taken over: whatever it writes to the others, they go on, and nothing is signed that is not TLS's.
# MESSAGES=10000 SEED=7 t/tunnel/process/546... by hand.
. "${top_srcdir:-.}/t/lib/lib.sh"
[ "$(id -u)" = 0 ] || skip_all 'not root: another process cannot be taken over'
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 8
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
messages=${MESSAGES:-300} seed=${SEED:-$$}
mport=$(freeport)
{
	printf 'workers = 2\nvaultRate = 100000\nconnectionRateAddress = 1000\nconnectionRate = 1000\nhandshakeRate = 1000\nconnectionsMax = 500\nmetrics = 127.0.0.1:%s\n' "$mport"
	server 'sessionResume = no'
	printf '[cat]\naccept = 127.0.0.1:%s\nexec = /bin/cat\nident = nobody\n' "$(freeport)"
	printf 'cert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key"
	printf '[late]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = localhost:%s\ndelay = yes\ncert = %s\nkey = %s\n' "$(freeport)" \
	    "$rport" "$pki/client.crt" "$pki/client.key"
} > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client
is "$out" PING 'it serves'
# all of its processes but the newest worker, which will be taken over
staying() {
	_newest=
	for _p in $1; do grep -q "Worker $_p: uid" "$tlog" && _newest=$_p; done
	for _p in $1; do [ "$_p" = "$_newest" ] || echo "$_p"; done
}
staying=$(staying "$(cat "/proc/$tunnel_pid/task/$tunnel_pid/children")")
"$top_builddir/t/tool/seize" "$tunnel_pid" "$seed" "$messages" > "$scratch/seize.out" 2>&1
r=$?
if [ $r -eq 77 ]; then
	for _i in 2 3 4 5 6 7 8; do skip 'a worker that was taken over' 'other processes cannot be traced here'; done
	exit 0
fi
is "$r $(grep -v '^vault ' "$scratch/seize.out")" '0 ' "$messages messages of a worker that was taken over (seed $seed)"
note < "$scratch/seize.out"
ok 'some were signed' sh -c "grep -q ' [1-9][0-9]* signed' '$scratch/seize.out'"
ok 'the master is there' kill -0 "$tunnel_pid"
is "$(for _p in $staying; do kill -0 "$_p" && echo "$_p"; done)" "$staying" 'vault, spawner, exporter and the other worker are the same as before'
# meters that it wrote keep others out for a second at most, and a reload forgets them
kill -HUP "$tunnel_pid"
ok 'a reload' "$await" line "$tlog" 'Accepting new connections' 2
s_client
is "$out" PING 'after a reload everybody is served'
like "$(python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$mport/metrics', timeout=10).read().decode())")" \
    '*connections_accepted_total{service="rsync"}*' 'and the numbers are told, by their names'
