#!/bin/sh
# What its own processes have of it: in inetd mode only the worker has the connection, and no process below a tunnel takes it over.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 4
. "$top_srcdir/t/lib/tunnel.sh"
{
	printf 'syslog = no\noutput = %s/inetd.log\nexec = /bin/cat\ncert = %s\nkey = %s\n' "$scratch" "$pki/server.crt" "$pki/server.key"
} > "$scratch/inetd.conf"
cat > "$scratch/inetd.py" <<'EOP'
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
inode = "socket:[%d]" % os.fstat(theirs.fileno()).st_ino
p = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs)
theirs.close()
ctx = __import__("ssl")._create_unverified_context()
inc, out = __import__("ssl").MemoryBIO(), __import__("ssl").MemoryBIO()
tls = ctx.wrap_bio(inc, out)
while True:
    try:
        tls.do_handshake()
        break
    except __import__("ssl").SSLWantReadError:
        ours.sendall(out.read())
        inc.write(ours.recv(65536))
ours.sendall(out.read())
tls.write(b"hello\n")
ours.sendall(out.read())
while True:
    try:
        print(tls.read(100).decode().strip())
        break
    except __import__("ssl").SSLWantReadError: inc.write(ours.recv(65536))
def holds(pid):
    return any(os.readlink(f"/proc/{pid}/fd/{f}") == inode for f in os.listdir(f"/proc/{pid}/fd"))
children = open(f"/proc/{p.pid}/task/{p.pid}/children").read().split()
print("worker", holds(p.pid), "children", len(children), "with it", sum(holds(c) for c in children))
ours.close()
p.wait()
EOP
if sanitized; then
	skip 'inetd mode serves' 'a sanitizer talks on standard error, which is the connection'
	skip 'vault and spawner do not hold the connection' 'the same'
else
	timeout 20 python3 "$scratch/inetd.py" "$tunnel" "$scratch/inetd.conf" > "$scratch/inetd.out" 2>&1
	is "$(sed -n 1p "$scratch/inetd.out")" hello 'inetd mode serves'
	is "$(sed -n 2p "$scratch/inetd.out")" 'worker True children 2 with it 0' 'vault and spawner do not hold the connection'
fi

# a program that a peer started asks for the sockets
start_peer echo
{
	printf 'pid = %s/pid\n' "$scratch"
	printf '[run]\naccept = 127.0.0.1:PORT\nexec = /bin/sh\nexecArgs = sh %s/inside\ncert = %s\nkey = %s\n' "$scratch" "$pki/server.crt" "$pki/server.key"
} > "$scratch/in.conf"
tport=$(freeport)
printf 'exec "%s" --takeover "%s/pid" "%s"\n' "$tunnel" "$scratch" "$tconf" > "$scratch/inside"
{ printf 'foreground = yes\nsyslog = no\ndebug = 7\n'; sed "s/PORT/$tport/" "$scratch/in.conf"; } > "$tconf"
spawn "$tlog" "$tunnel" "$tconf"
tunnel_pid=$pid
ready "$tlog" 'Accepting new connections'
s_client
ok 'a takeover by a process below is refused' logged 'Takeover refused: by a process that we have started'
is "$(grep -c 'drain' "$tlog")" 0 'and nobody drains'
