#!/bin/sh
# Many transfers at a time, both ways, while the configuration is read again and the certificate changes: none fails and every
# sum is right.  STRESS=1: 3,000 transfers; else 200.  A reload whenever a tenth of them is done.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 6
. "$top_srcdir/t/lib/tunnel.sh"
transfers=200
[ -z "$STRESS" ] || transfers=3000
# Down: the client sends "D" and a number; it gets the sum, the length and the data.  Up: it sends "U", sum, length and data,
# and gets the sum of what arrived.
cat > "$scratch/storm.py" <<'EOP'
import hashlib, os, random, socket, ssl, struct, sys, threading
role = sys.argv[1]
pool = random.Random(7).randbytes(12 << 20)
def piece(n): r = random.Random(n); return memoryview(pool)[(o := r.randrange(4 << 20)):o + r.randrange(1 << 20, 8 << 20)]
def take(s, n, sink):
    while n:
        d = s.recv(min(n, 1 << 18))
        if not d: raise OSError("cut with %d bytes to come" % n)
        sink(d); n -= len(d)
def taken(s, n): b = bytearray(); take(s, n, b.extend); return bytes(b)
def put(s, data):
    s.sendall(hashlib.sha1(data).digest() + struct.pack("!Q", len(data))); s.sendall(data)
def get(s):	# the sum that was promised, and that of what came
    want, n, h = taken(s, 20), struct.unpack("!Q", taken(s, 8))[0], hashlib.sha1()
    take(s, n, h.update); return want, h.digest()
if role == "back":
    l = socket.create_server(("127.0.0.1", 0), backlog=256)
    print("port", l.getsockname()[1], flush=True)
    def serve(c):
        with c:
            try:
                if taken(c, 1) == b"D": put(c, piece(struct.unpack("!Q", taken(c, 8))[0]))
                else: c.sendall(get(c)[1])
                c.shutdown(socket.SHUT_WR); c.recv(1)
            except OSError as e: print("back", e, flush=True)
    while True: threading.Thread(target=serve, args=(l.accept()[0],), daemon=True).start()
port, ca, first, step, most, done = int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]), open(sys.argv[7], "ab", 0)
ctx = ssl.create_default_context(cafile=ca)
lock, numbers, good, bad, shown = threading.Lock(), iter(range(first, most, step)), 0, [], set()
def one(n):
    with ctx.wrap_socket(socket.create_connection(("127.0.0.1", port), 60), server_hostname="localhost") as s:
        shown.add(s.getpeercert()["serialNumber"])
        if n % 2:
            s.sendall(b"D" + struct.pack("!Q", n)); want, got = get(s)
            if got != hashlib.sha1(piece(n)).digest(): raise OSError("not the data")
        else:
            data = piece(n); s.sendall(b"U"); put(s, data); want, got = hashlib.sha1(data).digest(), taken(s, 20)
        if want != got: raise OSError("wrong sum")
        if s.recv(1): raise OSError("more than all")
def work():
    global good
    while True:
        with lock: n = next(numbers, None)
        if n is None: return
        try: one(n)
        except OSError as e: bad.append((n, repr(e)))
        else:
            with lock: good += 1
        done.write(b".")
threads = [threading.Thread(target=work) for _ in range(16)]
for t in threads: t.start()
for t in threads: t.join()
for s in shown: print("shown", s)
for b in bad[:5]: print("bad", b)
print("good", good, "bad", len(bad), flush=True)
EOP
spawn "$scratch/back.log" python3 "$scratch/storm.py" back
ready "$scratch/back.log" 'port '
rport=$(sed -n 's/^port //p' "$scratch/back.log")
cat "$pki/server.crt" "$pki/server.key" > "$pki/pair.pem"
server | sed "s#^cert.*#cert = $pki/pair.pem#; /^key/d" > "$scratch/in.conf"
{ echo "workers = 2"; cat "$scratch/in.conf"; } > "$scratch/in2.conf"
start_tunnel < "$scratch/in2.conf"
sed -i 's/^debug.*/debug = 5/' "$tconf"

# the storm: four processes of 16 threads
storm=
for _p in 0 1 2 3; do
	python3 "$scratch/storm.py" front "$tport" "$pki/ca.crt" $_p 4 $transfers "$scratch/done" > "$scratch/front.$_p" 2>&1 &
	storm="$storm $!"
done
began=$(date +%s) reloads=0 changes=0
: >> "$scratch/done"
running() { for _p in $storm; do kill -0 "$_p" 2> /dev/null && return 0; done; return 1; }
while running && [ $(($(date +%s) - began)) -lt 900 ]; do
	if [ "$(stat -c %s "$scratch/done")" -lt $(((reloads + 1) * transfers / 10)) ]; then sleep 0.05; continue; fi
	if [ $changes -lt 3 ]; then
		(
			cd "$pki" || exit 1
			issue next ca "subjectAltName=DNS:localhost" /CN=localhost
			cat next.crt next.key > pair.new && mv pair.new pair.pem
		)
		changes=$((changes + 1))
	fi
	kill -HUP "$tunnel_pid"
	reloads=$((reloads + 1))
	"$await" line "$tlog" 'Configuration successful' $((reloads + 1))
done
wait $storm
took=$(($(date +%s) - began))
echo "# $transfers transfers in $took s, $reloads reloads, $changes certificate changes"
is "$(sed -n 's/^good \([0-9]*\) bad.*/\1/p' "$scratch"/front.* | awk '{ n += $1 } END { print n }')" $transfers 'every transfer is done, every sum right'
is "$(grep -h -e '^bad' -e Error "$scratch"/front.* | head -n 5)" '' 'none failed'
is "$(cat "$scratch/back.log" | grep -c '^back')" 0 'nor did the back end notice anything'
ok 'there were reloads' test $reloads -ge 3 -a "$(grep -c 'Configuration successful' "$tlog")" -ge 4
ok 'and more than one certificate was seen' test "$(sed -n 's/^shown //p' "$scratch"/front.* | sort -u | wc -l)" -ge 3
is "$(grep -c -e 'terminated on signal' -e 'Failed to reload' "$tlog")" 0 'no process died, no reload failed'
