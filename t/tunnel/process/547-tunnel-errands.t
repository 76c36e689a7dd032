#!/bin/sh
# Errands (here: questions to ident servers that never answer) end with who asked, and neither an address nor a section can
# use up all that may run at a time.  In a network of its own, since ident has one port only.
if [ -z "$SALLYPORT_ALONE" ] && [ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null; then
	SALLYPORT_ALONE=1 exec unshare -n sh "$0"
fi
. "${top_srcdir:-.}/t/lib/lib.sh"
[ -n "$SALLYPORT_ALONE" ] && command -v ip > /dev/null && ip link set lo up || skip_all 'no network of our own'
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 7
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
bport=$(freeport)
{
	echo 'workers = 1'
	server 'ident = alice'
	printf '[other]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nident = alice\ncert = %s\nkey = %s\n' "$bport" "$rport" "$pki/server.crt" "$pki/server.key"
} > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
cat > "$scratch/crowd.py" <<'EOP'
import os, socket, struct, sys, time
tunnel, port, other = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

silent = socket.socket()
silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
silent.bind(("0.0.0.0", 113))
silent.listen(1000)

kept = []

def children(pid):
    return open(f"/proc/{pid}/task/{pid}/children").read().split()

def errands():  # all children of children: a worker has none
    n = 0
    for p in children(tunnel):
        try: n += len(children(p))
        except OSError: pass
    return n

def settle(want):  # until it is so, or 8 s later: the number then
    end = time.monotonic() + 8
    while errands() != want and time.monotonic() < end: time.sleep(0.02)
    return errands()

def asked(source):  # when the question about that address has come, those before it have been dealt with
    silent.settimeout(8)
    while True:
        s, _ = silent.accept()
        kept.append(s)
        if s.getsockname()[0] == source: return errands()

def come(source, to):
    s = socket.socket()
    s.bind((source, 0))
    s.connect(("127.0.0.1", to))
    return s

def leave(crowd):  # by a reset
    for s in crowd:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()

crowd = [come("127.0.0.2", port) for _ in range(40)]
crowd.append(come("127.0.0.3", port))  # asked for after all of these
print("peer", asked("127.0.0.3"))
leave(crowd)
print("left", settle(0))
crowd = [come(f"127.0.0.{10 + i % 10}", port) for i in range(100)]
settle(64)
crowd.append(come("127.0.0.4", other))
print("section", asked("127.0.0.4"))
leave(crowd)
print("left", settle(0))
crowd = [come(f"127.0.1.{1 + i}", port) for i in range(70)]
print("full", settle(64))
leave(crowd[:10])
print("next", settle(60))
leave(crowd[10:])
EOP
python3 "$scratch/crowd.py" "$tunnel_pid" "$tport" "$bport" > "$scratch/crowd.out" 2>&1
said() { sed -n "$1p" "$scratch/crowd.out"; }
is "$(said 1)" 'peer 17' 'of forty questions for one address sixteen are asked at a time, and another address passes them'
is "$(said 2)" 'left 0' 'they end with those who asked'
is "$(said 3)" 'section 65' 'of a hundred for one section 64 are, and another section passes them'
is "$(said 4)" 'left 0' 'and end, those that waited too'
is "$(said 5)" 'full 64' 'whoever comes to a full section'
is "$(said 6)" 'next 60' 'has his turn when others leave'

# a client of a UNIX socket that writes and closes has not given up
printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n[c]\nclient = yes\naccept = %s\nconnect = localhost:%s\ndelay = yes\n' "$scratch/u.sock" "$tport" > "$scratch/c.conf"
sed -i '/^ident/d' "$tconf"
kill -HUP "$tunnel_pid"
"$await" line "$tlog" 'Accepting new connections' 2
spawn "$scratch/c.log" "$tunnel" "$scratch/c.conf"
ready "$scratch/c.log" 'Accepting new connections'
python3 -c "
import socket
s = socket.socket(socket.AF_UNIX); s.connect('$scratch/u.sock'); s.sendall(b'hello\\n'); s.close()"
ok 'what a UNIX client wrote before it closed is sent on, though a name had to be looked up' "$await" line "$scratch/c.log" '6 byte(s) sent to TLS'
