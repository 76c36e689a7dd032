#!/bin/sh
# Back ends that are dead, slow, half-closing or resetting, at each phase of a connection: what came arrives, the client is told
# by an end or a reset, nobody hangs, and nobody else notices.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 30
. "$top_srcdir/t/lib/tunnel.sh"
# back.py: prints its port; the first line that comes over a connection, or the lack of one, says what it does.
# Behaviours that begin before a byte is read are chosen by a file, whose name is the argument.
cat > "$scratch/back.py" <<'EOP'
import socket, struct, sys, threading, time
l = socket.create_server(("127.0.0.1", 0), backlog=16)
print("port", l.getsockname()[1], flush=True)
def reset(c): c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close()
def rest(c, most=1 << 40):
    n = 0
    while n < most and (d := c.recv(65536)): n += len(d)
    return n
def serve(c):
    how = open(sys.argv[1]).read().strip()
    try:
        if how == "reset-at-once": return reset(c)
        if how == "end-at-once": return c.close()
        if how == "greet-reset": c.sendall(b"hello\n"); time.sleep(0.2); return reset(c)
        first = c.recv(6, socket.MSG_WAITALL)
        if how == "reset-after-line": return reset(c)
        if how == "end-after-line": return c.close()
        if how == "reset-mid-data": c.sendall(b"x" * 300000); time.sleep(0.3); return reset(c)
        if how == "end-mid-upload": c.recv(100000); c.sendall(b"enough\n"); return c.close()
        if how == "reset-mid-upload": c.recv(100000); return reset(c)
        if how == "half-close": c.sendall(b"done\n"); c.shutdown(socket.SHUT_WR); print("upload", rest(c), flush=True); return c.close()
        if how == "half-close-reset": c.sendall(b"done\n"); c.shutdown(socket.SHUT_WR); time.sleep(0.2); return reset(c)
        if how == "slow":
            for i in range(20): c.sendall(b"%d\n" % i); time.sleep(0.02)
            return c.close()
        if how == "slow-reader": time.sleep(0.5); c.sendall(b"%d\n" % rest(c, 3000000)); return c.close()
        c.sendall(first.upper()); c.close()
    except OSError as e: print("error", e, flush=True)
while True: threading.Thread(target=serve, args=(l.accept()[0],), daemon=True).start()
EOP
# front.py PORT UPLOAD: a line, then UPLOAD bytes and the end; what came and how it ended: "N end|cut|reset LAST-LINE".
# end is a close_notify, cut an end without one, or a reset that only reading hears of: Python's ssl tells these two not apart.
cat > "$scratch/front.py" <<'EOP'
import socket, ssl, sys, threading
ctx = ssl._create_unverified_context()
try:
    s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10), suppress_ragged_eofs=False)
except OSError: print("0 refused"); sys.exit()
s.settimeout(10)
up, got, how, cut = int(sys.argv[2]), b"", None, "cut"
try:
    s.sendall(b"hello\n")
    if up:
        s.setblocking(True); s.settimeout(10)
        while up > 0: n = min(up, 16384); s.sendall(b"u" * n); up -= n
except OSError: cut = "reset"	# the error is told once: what is read after it looks like an end
try:
    while d := s.recv(65536): got += d
    how = "end"
except ssl.SSLEOFError: how = cut
except TimeoutError: how = "hung"
except OSError: how = "reset"
print(len(got), how, got.split(b"\n")[-2].decode() if got.count(b"\n") > 0 else "")
EOP
echo echo > "$scratch/how"
spawn "$scratch/back.log" python3 "$scratch/back.py" "$scratch/how"
ready "$scratch/back.log" 'port '
rport=$(sed -n 's/^port //p' "$scratch/back.log")
front() { timeout 20 python3 "$scratch/front.py" "$tport" "$1" 2>&1; }
how() { echo "$1" > "$scratch/how"; }

{ echo 'workers = 1'; server 'TIMEOUTconnect = 1' 'TIMEOUTclose = 2'; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
# case HOW UPLOAD WANTED NAME
case_() {
	how "$1"
	like "$(front "$2")" "$3" "$4"
	how echo
	like "$(front 0)" '6 end HELLO' 'the next client is served'
}
case_ reset-at-once 0 '0 *' 'a back end that resets at once'
case_ end-at-once 0 '0 end *' 'one that ends at once'
case_ greet-reset 0 '6 end hello' 'one that resets after its greeting: that arrives'
case_ reset-after-line 0 '0 end *' 'one that resets after a request'
case_ end-after-line 0 '0 end *' 'one that ends after a request'
case_ reset-mid-data 0 '* end *' 'one that resets in the middle of its data'
case_ end-mid-upload 3000000 '* [ecr][nue]*' 'one that has enough of an upload'
case_ reset-mid-upload 3000000 '* [ecr][nue]*' 'one that resets an upload'
case_ slow 0 '50 end 19' 'a slow one is waited for'
case_ slow-reader 3000000 '8 end 3000000' 'one that reads late'
case_ half-close-reset 0 '5 end done' 'one that ends and then resets'
how half-close
like "$(front 200000)" '5 *done' 'one that ends its own direction first'
ok 'still gets all that is sent' "$await" line "$scratch/back.log" 'upload 200000'
how echo
is "$(front 0)" '6 end HELLO' 'the next client is served'
stop "$tunnel_pid"

# one that never answers the connect: a socket whose queue is full
python3 - > "$scratch/full.log" 2>&1 <<'EOP' &
import socket, time
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(0)
keep = []
for _ in range(8):
    s = socket.socket(); s.setblocking(False); s.connect_ex(l.getsockname()); keep.append(s)
time.sleep(0.2); print("port", l.getsockname()[1], flush=True); time.sleep(60)
EOP
servers="$servers $!"
"$await" line "$scratch/full.log" 'port '
good=$rport rport=$(sed -n 's/^port //p' "$scratch/full.log")
{ echo 'workers = 1'; server 'TIMEOUTconnect = 1' "connect = 127.0.0.1:$good"; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
is "$(front 0)" '6 end HELLO' 'one that never answers is given up for the next one'
ok 'after TIMEOUTconnect' logged 'TIMEOUTconnect exceeded'
stop "$tunnel_pid"
{ echo 'workers = 1'; server 'TIMEOUTconnect = 1'; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
like "$(front 0)" '0 [rc]*' 'where there is no next one the client is reset'
stop "$tunnel_pid"

# strict: what the back end breaks off is never an end
rport=$good
{ echo 'workers = 1'; server 'strictEnd = yes'; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
strict() { how "$1"; case $(front 0) in *' end '*) echo end ;; *hung*) echo hung ;; *) echo broken ;; esac; }
is "$(strict reset-at-once)$(strict greet-reset)$(strict reset-after-line)$(strict reset-mid-data)$(strict half-close-reset)" \
    brokenbrokenbrokenbrokenend 'strictEnd: a reset is none; after its end there is nothing to break'
is "$(grep -c 'terminated on signal' "$tlog")" 0 'no worker died'
