#!/bin/sh
# What a crowd took is given back when it has gone.  CROWD=4000 t/tunnel/limits/555... by hand (with as many descriptors).
. "${top_srcdir:-.}/t/lib/lib.sh"
sanitized && skip_all "a sanitizer keeps what was freed"
command -v python3 > /dev/null || skip_all "no python3"
plan 3
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
{ printf 'workers = 1\nhandshakesMax = 10000\n'; server; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
worker=$(sed -n 's/.*Worker \([0-9]*\): uid.*/\1/p' "$tlog")
mib() { echo $(($(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$worker/status") / 1024)); }
idle=$(mib)
# hellos whose handshakes nobody goes on with, until all of them were answered and a line is read
cat > "$scratch/crowd.py" <<'E2'
import socket, ssl, sys
x = ssl._create_unverified_context()
inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
try:
    x.wrap_bio(inside, outside).do_handshake()
except ssl.SSLWantReadError:
    pass
hello, all = outside.read(), []
for i in range(int(sys.argv[2])):
    c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    c.sendall(hello)
    all.append(c)
for c in all:
    c.recv(1)
print("all there", flush=True)
sys.stdin.readline()
E2
mkfifo "$scratch/go"
python3 "$scratch/crowd.py" "$tport" "${CROWD:-700}" < "$scratch/go" > "$scratch/crowd.log" 2>&1 &
servers="$servers $!"
exec 9> "$scratch/go"
ready "$scratch/crowd.log" 'all there'
crowd=$(mib)
ok "${CROWD:-700} handshakes that go no further take memory ($idle MiB before, $crowd with them)" test "$crowd" -ge $((idle + 10))
echo go >&9
exec 9>&-
_n=0
while after=$(mib); [ "$after" -gt $((idle + 4)) ] && [ $_n -lt 200 ]; do _n=$((_n + 1)); sleep 0.05; done
ok "which is given back ($after MiB)" test "$after" -le $((idle + 4))
s_client
is "$out" PING 'and the worker serves'
