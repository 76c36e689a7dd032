#!/bin/sh
# What an old generation and a dead worker cost the others: nothing.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 12
. "$top_srcdir/t/lib/tunnel.sh"
with() { # with GLOBALS: an echo of lines over TLS
	{
		printf '%s\n[cat]\naccept = 127.0.0.1:PORT\nexec = /bin/cat\ncert = %s\nkey = %s\n' "$1" "$pki/server.crt" "$pki/server.key"
	} > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
# hold.py PORT N: that many connections, one after the other; for each line of input one round through all that are left
cat > "$scratch/hold.py" <<'EOP'
import socket, ssl, sys
ctx = ssl._create_unverified_context()
all = []
def start():
    raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
    try: all.append(ctx.wrap_socket(raw))
    except OSError: pass
def alive(s):
    try:
        s.sendall(b"hello\n")
        return s.recv(100) == b"hello\n"
    except OSError: return False
for _ in range(int(sys.argv[2])): start()
for s in all: s.settimeout(1)
all = [s for s in all if alive(s)]
print("held", len(all), flush=True)
for n, _ in enumerate(sys.stdin):
    print("round", n, sum([alive(s) for s in all]), flush=True)
EOP
mkfifo "$scratch/in"
hold() { # hold N: their number in $held
	: > "$scratch/held"
	sh -c "exec python3 '$scratch/hold.py' $tport $1 < '$scratch/in'" > "$scratch/held" 2>&1 &
	servers="$servers $!"
	exec 4> "$scratch/in"
	"$await" line "$scratch/held" held
	held=$(sed -n 's/held //p' "$scratch/held")
	rounds=0
}
left() { # how many still answer
	echo >&4
	"$await" line "$scratch/held" "round $rounds"
	sed -n "s/round $rounds //p" "$scratch/held"
}
try() { out=$(timeout 10 python3 "$scratch/hold.py" "$tport" 1 < /dev/null); }
round() { left=$(left); rounds=$((rounds + 1)); }
workers() { sed -n 's/.*Worker \([0-9]*\): uid.*/\1/p' "$tlog"; }

with 'drainTimeout = 1'
hold 4
is "$held" 4 'four connections'
kill -HUP "$tunnel_pid"
ok 'those of the old generation have their time' logged 'drainTimeout exceeded: resetting '
ok 'then its workers are gone' logged 'its last connection is closed'
round
is "$left" 0 'with them'
try
is "$out" "held 1" 'the new generation serves'
exec 4>&-
stop "$tunnel_pid"

with ''
hold 4
kill -HUP "$tunnel_pid"
"$await" line "$tlog" 'Reading configuration from file'
try
round
is "$left" 4 'unless told otherwise they have an hour'
exec 4>&-
stop "$tunnel_pid"
{ echo 'drainTimeout = 0'; sed 's/^accept.*/accept = 1/' "$scratch/in.conf"; } > "$scratch/x.conf"
fails 1 'no time at all is refused' "$tunnel" "$scratch/x.conf"
like "$out" "*$scratch/x.conf:1: \"drainTimeout = 0\": Illegal number*" 'with file, line and name'

# a worker that dies takes its own connections along and no others
with 'workers = 2'
hold 8
is "$held" 8 'eight connections'
# by its sockets: how many of the eight are its own
own=$(ss -Htnp state established "( sport = :$tport )" 2> /dev/null | grep -c "pid=$(workers | head -n 1),")
kill -9 "$(workers | head -n 1)"
ok 'a dead worker is replaced' logged "Worker $(workers | head -n 1) terminated on signal 9: starting another"
round
if command -v ss > /dev/null; then is "$left" $((8 - own)) 'the connections of the other go on'
else skip 'the connections of the other go on' 'no ss'; fi
try
is "$out" "held 1" 'and new ones come'
exec 4>&-
stop "$tunnel_pid"
