#!/bin/sh
# Totals over all workers, handshakes a second, and what an address is in IPv6.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 19
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
# many.py FAMILY-ADDRESS PORT N [hello]: that many TCP connections one after the other, each with a TLS handshake when asked;
# prints how many are still there (or have shaken hands) and in how many seconds, and waits
cat > "$scratch/many.py" <<'EOP'
import select, socket, ssl, sys, time
host, port, n, hello = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4
begun = time.monotonic()
ctx = ssl._create_unverified_context()
all, shaken = [], 0
for _ in range(n):
    s = socket.create_connection((host.split("@")[0], port), 5, (host.split("@")[1], 0) if "@" in host else None)
    if hello:
        try: s = ctx.wrap_socket(s); shaken += 1
        except OSError: continue
    all.append(s)
took = int(time.monotonic() - begun) + 1
poll = select.poll()
for s in all: poll.register(s, select.POLLIN)
time.sleep(0.5)
print("left", shaken if hello else n - len(poll.poll(0)), took, flush=True)
sys.stdin.readline()
EOP
with() { # with GLOBALS LINES...
	_g=$1; shift
	{ printf '%s\n' "$_g"; server "$@"; } > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
mkfifo "$scratch/in"
many() { # many N [hello]: in the background until enough; the number left in $left, the seconds they took in $took
	: > "$scratch/many"
	sh -c "exec python3 '$scratch/many.py' ${from:-127.0.0.1} ${to:-$tport} $* < '$scratch/in'" > "$scratch/many" 2>&1 &
	many_pid=$!
	servers="$servers $!"
	exec 4> "$scratch/in"
	"$await" line "$scratch/many" left
	left=$(sed -n 's/left \([0-9]*\) .*/\1/p' "$scratch/many")
	took=$(sed -n 's/left [0-9]* //p' "$scratch/many")
}
enough() { exec 4>&-; wait "$many_pid"; }
workers() { sed -n 's/.*Worker \([0-9]*\): uid.*/\1/p' "$tlog"; }

with 'connectionsMax = 10
workers = 2'
many 25
is "$left" 10 'all workers together have no more than their total'
refused() { sed -n "s/.*$1: //p" "$tlog" | awk '{ n += $1 } END { print n + 0 }'; }
counted() { for _i in 1 2 3 4 5 6 7 8 9 10; do [ "$(refused "$1")" != "$2" ] || return 0; sleep 0.2; done; return 1; }
ok 'the log counts the others' counted 'Connections refused by connectionsMax' 15
enough
again() { for _i in 1 2 3 4 5 6 7 8; do s_client; [ "$out" != PING ] || return 0; done; return 1; }
ok 'who goes makes room' again
kill -HUP "$tunnel_pid"
ok 'both old workers leave' "$await" line "$tlog" 'its last connection is closed' 2
many 12
is "$left" 10 'a reload does not begin anew'
for _p in $(workers | tail -n 2); do kill -9 "$_p"; done
ok 'workers that die' logged 'terminated on signal 9: starting another'
enough
ok 'take their connections along' again
stop "$tunnel_pid"

with 'handshakeRate = 10'
many 30
is "$left" 30 'who says nothing makes no handshake'
enough
many 30 hello
ok 'no more than so many handshakes a second' test "$left" -ge 10 -a "$left" -le "$((10 + 10 * took))"
ok 'counted in one line' logged 'Handshakes refused by handshakeRate or handshakeRateAddress: '
ok 'for no more than one a worker and second' test "$(grep -c 'Handshakes refused' "$tlog")" -le "$(($(nproc) * 3))"
enough
ok 'and then they come again' again
stop "$tunnel_pid"

with 'handshakeRateAddress = 10'
many 30 hello
ok 'nor from one address' test "$left" -ge 10 -a "$left" -le "$((10 + 10 * took))"
enough
from=127.0.0.1@127.0.0.2
many 5 hello
is "$left" 5 'another has its own'
enough
stop "$tunnel_pid"

# an address of IPv6 is a /64: needs addresses of one's own
cat > "$scratch/six.py" <<'EOP'
import select, socket, time
def come(host): return [socket.create_connection(("::1", 8740), 5, (host, 0)) for _ in range(20)]
def left(all):
    poll = select.poll()
    for s in all: poll.register(s, select.POLLIN)
    return 20 - len(poll.poll(0))
begun = time.monotonic()
rounds = [come(h) for h in ("2001:db8:1::1", "2001:db8:1::2", "2001:db8:2::1")]
took = time.monotonic() - begun
time.sleep(0.5)
print(*map(left, rounds), int(15 * took) + 1)
EOP
cat > "$scratch/six" <<EOS
ip link set lo up && ip -6 addr add 2001:db8:1::1/64 dev lo nodad && ip -6 addr add 2001:db8:1::2/64 dev lo nodad &&
    ip -6 addr add 2001:db8:2::1/64 dev lo nodad || exit 77
"$tunnel" "$scratch/six.conf" > "$scratch/six.log" 2>&1 &
t=\$!
"$await" line "$scratch/six.log" 'Accepting new connections'
python3 "$scratch/six.py" || exit 1
kill \$t
wait \$t
EOS
{ printf 'foreground = yes\nsyslog = no\npid =\nconnectionRateAddress = 15\n'; server | sed 's/127.0.0.1:PORT/:::8740/'; } > "$scratch/six.conf"
if command -v unshare > /dev/null && unshare -n sh "$scratch/six" > "$scratch/six.out" 2>&1; then
	set -- $(cat "$scratch/six.out")
	ok 'in IPv6 too an address has its rate' test "$1" -ge 15 -a "$1" -le "$((15 + $4))"
	ok 'which it shares with its /64' test "$2" -le "$((4 + $4))"
	ok 'another /64 has its own' test "$3" -ge 15 -a "$3" -le "$((15 + $4))"
else
	skip 'in IPv6 too an address has its rate' 'no network of our own'
	skip 'which it shares with its /64' 'no network of our own'
	skip 'another /64 has its own' 'no network of our own'
fi

{ echo 'connectionsMax = all'; server; } > "$scratch/x.conf"
fails 1 'a total is a number' "$tunnel" "$scratch/x.conf"
like "$out" "*$scratch/x.conf:1: \"connectionsMax = all\": Illegal number*" 'with file, line and name'
