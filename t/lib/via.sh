# A proxy that our daemon trusts, in front of rsync; sourced after t/lib/lib.sh.
#   as NAMES RSYNC-ARGUMENT...    for a client with a certificate of these names, parted by commas, as "tls users" has them; "-": with none;
#                                 "plain": that did not come by TLS.  What rsync says is in $scratch/out, or in $as_out
# via.py PORT NAME...: a trusted proxy, for a client with a certificate of these names ("-": none); then standard input, and back what comes
cat > "$scratch/via.py" <<'E2'
import os, select, socket, sys
def tlv(t, b): return bytes([t]) + len(b).to_bytes(2, "big") + b
names = [os.fsencode(n) for n in sys.argv[2:]]
cn = [n[3:] for n in names if n.startswith(b"cn:")]
ssl = b"\1\0\0\0\1" if names == [b"-"] else b"\7\0\0\0\0"
body = socket.inet_aton("192.0.2.7") + socket.inet_aton("127.0.0.1") + b"\4\xd2\3\x69"
if names != [b"plain"]:
    body += tlv(0x20, ssl + tlv(0x21, b"TLSv1.3") + (tlv(0x22, cn[0]) if cn else b""))
    for n in names:
        if n.startswith(b"key:"): body += tlv(0xe1, bytes.fromhex(n[4:].decode()))
        elif n.split(b":")[0] in (b"dns", b"email", b"uri"): body += tlv(0xe2, n)
    if names != [b"-"]: body += tlv(0xe3, b"0A") + tlv(0xe4, b"CN=ca")
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
try:
    s.sendall(b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + len(body).to_bytes(2, "big") + body)
    ends = [0, s]
    while s in ends:
        for ready in select.select(ends, [], [])[0]:
            data = os.read(0, 65536) if ready == 0 else s.recv(65536)
            if ready == 0 and not data:
                ends.remove(0)
                s.shutdown(socket.SHUT_WR)
            elif not data: ends.remove(s)
            elif ready == 0: s.sendall(data)
            else: os.write(1, data)
except OSError:
    pass
E2
as() {
	_names=$(printf '%s' "$1" | sed "s/,/' '/g"); shift
	RSYNC_CONNECT_PROG="exec python3 '$scratch/via.py' $port '$_names'" timeout 30 rsync "$@" > "${as_out:-$scratch/out}" 2>&1
}
