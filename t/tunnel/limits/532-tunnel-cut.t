#!/bin/sh
# strictEnd: a TLS stream that is cut, at whatever byte and in whatever way, never looks like one that ended.
# STRESS=1: 1,000 offsets for each direction and way instead of 60.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 12
. "$top_srcdir/t/lib/tunnel.sh"
offsets=60
[ -z "$STRESS" ] || offsets=1000
# cut.py DIRECTION TUNNEL-PORT OTHER-PORT CERT KEY OFFSETS: plays the peer, the wire and the back end.  "up": a TLS client whose
# bytes to the tunnel are cut, and the tunnel's back end on OTHER-PORT.  "down": a TLS server on OTHER-PORT whose bytes to the
# tunnel's client section are cut, and who connected to that.  Prints a line for each way to cut, and one without a cut.
cat > "$scratch/cut.py" <<'EOP'
import random, socket, ssl, struct, sys, threading
direction, tport, oport, cert, key, offsets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6])
DATA = [bytes([65 + i % 26]) * n for i, n in enumerate([1, 10, 100, 5000, 16384, 16385, 40000, 3, 200, 16384])]
WHOLE = b"".join(DATA)
cctx = ssl._create_unverified_context()
sctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); sctx.load_cert_chain(cert, key)
def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.close()
def drain(s):	# how it ended
    got = b""
    try:
        while True:
            d = s.recv(65536)
            if not d: return got, "end"
            got += d
    except OSError: return got, "reset"
# the bytes that a TLS side would send, made by the library without a socket
class Side:
    def __init__(self, server):
        self.i, self.o = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.t = (sctx if server else cctx).wrap_bio(self.i, self.o, server_side=server)
    def talk(self, send, recv):	# handshake, all data, close_notify; send() raises when the wire is cut
        while True:
            try: self.t.do_handshake(); break
            except ssl.SSLWantReadError:
                send(self.o.read()); d = recv()
                if not d: raise OSError("gone")
                self.i.write(d)
        for d in DATA: self.t.write(d); send(self.o.read())
        try: self.t.unwrap()
        except ssl.SSLWantReadError: pass
        except ssl.SSLError: pass
        send(self.o.read())
class Cut(Exception): pass
class Wire:	# lets `at` bytes, or records, pass; then cuts when more come
    def __init__(self, s, at, unit, how): self.s, self.left, self.unit, self.how, self.cut = s, at, unit, how, False
    def send(self, d):
        while d:
            n = len(d)
            if self.unit == "record": n, one = 5 + (d[3] << 8 | d[4]), 1
            else: n, one = min(n, self.left), None
            if self.left == 0:
                self.cut = True
                if self.how == "rst": reset(self.s)
                else: self.s.shutdown(socket.SHUT_WR)
                raise Cut()
            self.s.sendall(d[:n]); d = d[n:]; self.left -= 1 if one else n
    def recv(self): return self.s.recv(65536)
listening = socket.create_server(("127.0.0.1", oport), backlog=64)
def down(at, unit, how):
    res = {}
    def plain():
        c = socket.create_connection(("127.0.0.1", tport)); c.settimeout(20)
        res["r"] = drain(c); c.close()
    t = threading.Thread(target=plain); t.start()
    s, _ = listening.accept(); s.settimeout(20)
    w = Wire(s, at, unit, how)
    try: Side(True).talk(w.send, w.recv)
    except (Cut, OSError): pass
    t.join(); s.close()
    return w.cut, *res["r"]
# cut early, the tunnel connects to nobody: then the end of the connection is the last word
def up(at, unit, how):
    s = socket.create_connection(("127.0.0.1", tport)); s.settimeout(20)
    w = Wire(s, at, unit, how)
    try: Side(False).talk(w.send, w.recv)
    except (Cut, OSError): pass
    listening.settimeout(0.001 if w.cut else 20)
    got = (b"", "none")
    while True:	# until the tunnel has given up the connection, a back end may still be connected to
        try:
            b, _ = listening.accept(); b.settimeout(20); got = drain(b); b.close(); break
        except TimeoutError:
            if over(s, w):
                listening.settimeout(0.05)
                try: b, _ = listening.accept(); b.settimeout(20); got = drain(b); b.close()
                except TimeoutError: pass
                break
    s.close()
    return w.cut, *got
def over(s, w):
    if w.how == "rst": return True
    s.settimeout(0.01)
    try: return not s.recv(65536)
    except TimeoutError: return False
    except OSError: return True
one = up if direction == "up" else down
seed = random.randrange(1 << 30)
rnd = random.Random(seed)
for how in ("fin", "rst"):
    n = wrong = 0
    at = 0
    while True:
        cut, got, end = one(at, "record", how)
        if not cut: break
        n += 1; at += 1
        if end == "end": wrong += 1; print("record", at, len(got), end)
    print(how, "records", n if n < 10 else "many", "wrong", wrong, flush=True)
    wrong = 0
    for _ in range(offsets):
        at = rnd.randrange(len(WHOLE))
        cut, got, end = one(at, "byte", how)
        if not cut or end == "end" or not WHOLE.startswith(got): wrong += 1; print("seed", seed, "byte", at, len(got), end)
    print(how, "bytes", offsets, "wrong", wrong, flush=True)
cut, got, end = one(1 << 30, "byte", "fin")
print("whole", got == WHOLE, end, flush=True)
EOP
rport=$(freeport)
serve 'strictEnd = yes' 'sessionResume = no'
timeout 300 python3 "$scratch/cut.py" up "$tport" "$rport" "$pki/server.crt" "$pki/server.key" $offsets > "$scratch/up" 2>&1
said() { grep "$1" "$scratch/$2" || tail -n 3 "$scratch/$2"; }
is "$(said 'fin records' up)" 'fin records many wrong 0' 'a client cut by FIN at each record'
is "$(said 'fin bytes' up)" "fin bytes $offsets wrong 0" 'and at any byte'
is "$(said 'rst records' up)" 'rst records many wrong 0' 'by RST at each record'
is "$(said 'rst bytes' up)" "rst bytes $offsets wrong 0" 'and at any byte'
is "$(said whole up)" 'whole True end' 'what is whole ends'
ok 'the log knows the difference' logged 'TLS socket closed (SSL_read) with no close_notify'
stop "$tunnel_pid"

printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\nstrictEnd = yes\nsessionResume = no\n' "$rport" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
timeout 300 python3 "$scratch/cut.py" down "$tport" "$rport" "$pki/server.crt" "$pki/server.key" $offsets > "$scratch/down" 2>&1
is "$(said 'fin records' down)" 'fin records many wrong 0' 'a server cut by FIN at each record'
is "$(said 'fin bytes' down)" "fin bytes $offsets wrong 0" 'and at any byte'
is "$(said 'rst records' down)" 'rst records many wrong 0' 'by RST at each record'
is "$(said 'rst bytes' down)" "rst bytes $offsets wrong 0" 'and at any byte'
is "$(said whole down)" 'whole True end' 'what is whole ends'
is "$(grep -c 'terminated on signal' "$tlog")" 0 'no worker died'
