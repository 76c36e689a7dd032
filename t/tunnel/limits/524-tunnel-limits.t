#!/bin/sh
# Before authentication: how many come, how fast, and for how long they may stall.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 16
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
# many.py PORT N: that many connections that say nothing; how many of them are refused within a second, then waits
cat > "$scratch/many.py" <<'EOP'
import resource, select, socket, sys, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
all = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) for _ in range(int(sys.argv[2]))]
poll = select.poll()
for s in all: poll.register(s, select.POLLIN)
time.sleep(0.5)
print("closed", len(poll.poll(0)), flush=True)
sys.stdin.readline()
EOP
with() { # with GLOBALS LINES...
	_g=$1; shift
	{ printf '%s\n' "$_g"; server "$@"; } > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
mkfifo "$scratch/in"
many() { # many N: in the background until enough; the number refused in $closed
	: > "$scratch/many"
	sh -c "exec python3 '$scratch/many.py' $tport $1 < '$scratch/in'" > "$scratch/many" 2>&1 &
	servers="$servers $!"
	exec 4> "$scratch/in"
	"$await" line "$scratch/many" closed
	closed=$(sed -n 's/closed //p' "$scratch/many")
}
enough() { exec 4>&-; }

with 'connectionRateAddress = 20'
many 60
ok 'from one address no more than its rate come in' test "$closed" -ge 38 -a "$closed" -le 40
ok 'the log counts the others' logged 'Connections refused by connectionRate or connectionRateAddress: '
is "$(grep -c 'Connections refused' "$tlog")" "$(grep 'Connections refused' "$tlog" | cut -c 1-19 | wc -l)" 'in few lines'
ok 'at most one a worker and second' test "$(grep -c 'Connections refused' "$tlog")" -le "$(($(nproc) + 1))"
enough
printf 'ping\n' > "$scratch/ping"
later() { for _i in 1 2 3 4 5 6 7 8 9 10; do s_client; [ "$out" != PING ] || return 0; done; return 1; }
ok 'a moment later they come again' later
stop "$tunnel_pid"

with 'connectionRate = 20'
many 60
ok 'nor from all together' test "$closed" -ge 38 -a "$closed" -le 40
enough
stop "$tunnel_pid"

# stalled handshakes, with the limits that nobody has set
ulimit -S -n 1024
with "workers = 2" 'TIMEOUTbusy = 3'
many 2000
good=0 began=$(date +%s)
for _i in 1 2 3 4 5 6 7 8; do s_client; [ "$out" != PING ] || good=$((good + 1)); done
took=$(($(date +%s) - began))
is $good 8 'among 2,000 that stall the honest get through'
ok 'the oldest had to go' logged 'SSL_accept: more than handshakesMax unfinished: sending reset'
is "$(grep -c 'too many clients' "$tlog")" 0 'and nobody was turned away'
ok 'and no honest one waited for the others to time out' test $took -lt 12
enough
stop "$tunnel_pid"

# the deadline is absolute: a byte now and then does not move it
cat > "$scratch/drip.py" <<'EOP'
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
began = time.time()
try:
    for b in b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200):
        s.sendall(bytes([b])); time.sleep(0.1)
except OSError: pass
print("%d" % (time.time() - began))
EOP
with '' 'TIMEOUTbusy = 1'
took=$(timeout 20 python3 "$scratch/drip.py" "$tport")
ok 'a handshake has one deadline' test "$took" -le 2
ok 'which the log knows' logged 'SSL_accept: s_poll_wait: TIMEOUTbusy exceeded: sending reset'
stop "$tunnel_pid"

for _l in 'connectionRate = -1' 'connectionRateAddress = many' 'handshakesMax = 1.5'; do
	{ echo "$_l"; server; } > "$scratch/x.conf"
	fails 1 "refused: $_l" "$tunnel" "$scratch/x.conf"
done
like "$out" "*$scratch/x.conf:1: \"handshakesMax = 1.5\": Illegal number*" 'with file, line and name'
