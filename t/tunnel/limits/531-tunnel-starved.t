#!/bin/sh
# Without descriptors or memory: what is established goes on, others wait or are refused, and it recovers by itself.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
command -v prlimit > /dev/null || skip_all 'prlimit is missing'
plan 17
. "$top_srcdir/t/lib/tunnel.sh"
# many.py PORT N HOLD: N clients at once, each with an echo; those that got one keep their connection for HOLD seconds.
# Then "ok N refused N seconds N", where what is neither was left hanging.
cat > "$scratch/many.py" <<'EOP'
import socket, ssl, sys, threading, time
port, n, hold = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
ctx = ssl._create_unverified_context()
res, lock = [], threading.Lock()
def one():
    r = "refused"
    try:
        with ctx.wrap_socket(socket.create_connection(("127.0.0.1", port), 30)) as s:
            s.sendall(b"hello\n")
            if s.recv(100) == b"hello\n": r = "ok"; time.sleep(hold)
    except TimeoutError: r = "hung"
    except OSError: pass
    with lock: res.append(r)
began = time.time()
threads = [threading.Thread(target=one) for _ in range(n)]
for t in threads: t.start()
for t in threads: t.join()
print("ok", res.count("ok"), "refused", res.count("refused"), "hung", res.count("hung"), "seconds", int(time.time() - began))
EOP
# move.py PORT: one connection, a round for each line of input
cat > "$scratch/move.py" <<'EOP'
import socket, ssl, sys
s = ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
s.settimeout(10)
def move(n):
    block = b"x" * 1023 + b"\n"
    for _ in range(n // 16384):
        s.sendall(block * 16); left = 16384
        while left:
            d = s.recv(left)
            if not d: sys.exit("cut")
            left -= len(d)
move(16384); print("ready", flush=True)
for i, _ in enumerate(sys.stdin): move(1 << 20); print("round", i, flush=True)
EOP
with() { # with LINES: an echo of lines by a program
	{
		printf 'workers = 1\n[cat]\naccept = 127.0.0.1:PORT\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key"
		printf '%s\n' "$@"
	} > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
	"$await" line "$tlog" 'Worker '
	worker=$(sed -n 's/.*Worker \([0-9]*\): uid.*/\1/p' "$tlog")
}
mkfifo "$scratch/in"
begin() {
	: > "$scratch/moved"
	rounds=0
	sh -c "exec python3 '$scratch/move.py' $tport < '$scratch/in'" > "$scratch/moved" 2>&1 &
	mover=$!
	servers="$servers $mover"
	exec 4> "$scratch/in"
	"$await" line "$scratch/moved" ready
}
goes_on() { echo >&4; "$await" line "$scratch/moved" "round $rounds"; }
# the limit under which so many more descriptors can be had
room_for() {
	_l=0 _free=0
	while [ $_free -lt "$1" ]; do
		[ -e "/proc/$worker/fd/$_l" ] || _free=$((_free + 1))
		_l=$((_l + 1))
	done
	echo $_l
}
many() { python3 "$scratch/many.py" "$tport" "$@" > "$scratch/many" 2>&1 4>&-; note < "$scratch/many"; }
field() { sed -n "s/.*$1 \([0-9]*\).*/\1/p" "$scratch/many"; }

for kind in exec connect; do
	if [ $kind = exec ]; then with 'exec = /bin/cat'
	else
		start_peer echo
		with 'exec = /bin/cat' "[relay]" "accept = 127.0.0.1:${second:=$(freeport)}" "connect = 127.0.0.1:$rport" "cert = $pki/server.crt" "key = $pki/server.key"
	fi
	begin
	prlimit --pid "$worker" --nofile="$(room_for 5)":
	[ $kind = exec ] && first=$tport || { first=$tport; sed -i 's/b"hello\\n": r/b"hello\\n".upper() if port == '"$second"' else b"hello\\n": r/' "$scratch/many.py"; tport=$second; }
	many 80 0.05
	ok "$kind: without descriptors nobody is left hanging" test "$(field hung)" -eq 0 -a "$(field ok)" -ge 1
	ok "$kind: who waits is served as soon as one is free" test "$(field seconds)" -le 5
	tport=$first
	ok "$kind: what is established goes on" goes_on
	rounds=$((rounds + 1))
	prlimit --pid "$worker" --nofile=1024:
	[ $kind = exec ] || tport=$second
	many 20 0
	is "$(cut -d ' ' -f 1-6 "$scratch/many")" 'ok 20 refused 0 hung 0' "$kind: and with descriptors all is well again"
	tport=$first
	exec 4>&-
	stop "$tunnel_pid"
done
is "$(grep -c 'terminated on signal' "$tlog")" 0 'no worker died of it'

# memory: the worker gets no more address space; then the library's and our own allocations fail wherever they stand
if grep -q '^#define SALLYPORT_SANITIZE' "$top_builddir/config.h"; then
	for _t in 1 2 3 4 5 6 7 8; do skip 'without memory' 'sanitizers have address space of their own'; done
	exit 0
fi
with 'exec = /bin/cat'
begin
size=$(awk '/^VmSize/ { print $2 * 1024 }' "/proc/$worker/status")
prlimit --pid "$worker" --as=$((size + 4096)):
many 300 1
ok 'without memory nobody is left hanging' test "$(field hung)" -eq 0
ok 'some are refused' test "$(field refused)" -ge 1
is "$(grep -c 'terminated on signal' "$tlog")" 0 'the worker lives'
# it may need memory, too: then it is cut, but not left hanging
settled() {
	echo >&4
	_n=0
	while ! grep -q "round $rounds" "$scratch/moved" && kill -0 "$mover" 2> /dev/null && [ $_n -lt 50 ]; do _n=$((_n + 1)); sleep 0.1; done
	[ $_n -lt 50 ]
}
trap '' PIPE
ok 'what is established goes on or is cut' settled
prlimit --pid "$worker" --as=unlimited:
many 20 0
is "$(cut -d ' ' -f 1-6 "$scratch/many")" 'ok 20 refused 0 hung 0' 'and with memory all is well again'
exec 4>&-
stop "$tunnel_pid"

# memory again, this time of the program that is started: it says so and ends
server > "$scratch/x.conf"
sed -i 's/PORT/1/' "$scratch/x.conf"
for _kib in 6000 9000 12000; do
	(ulimit -v $_kib; "$tunnel" --check-config "$scratch/x.conf") > "$scratch/x.out" 2>&1
	_r=$?
	ok "a start in $_kib KiB ends by itself" test $_r -le 1 -o $_r -eq 127
done
