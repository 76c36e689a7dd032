#!/bin/sh
# proxy protocol: the client is who a trusted proxy says it is, for hosts allow, log and hooks; what is no header ends the connection without
# a word.  Compared with rsync's own daemon where that takes the same.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
command -v python3 > /dev/null || skip_all "no python3"
# proxy.py PORT FILE [PIECE]: what a proxy does: the file's bytes (so many at a time), then standard input; back what comes, until its end
cat > "$scratch/proxy.py" <<'E2'
import os, select, socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
head = open(sys.argv[2], "rb").read()
piece = int(sys.argv[3]) if len(sys.argv) > 3 else len(head)
try:
    for i in range(0, len(head), max(piece, 1)):
        s.sendall(head[i:i + piece])
    ends = [0, s]
    while s in ends:
        for ready in select.select(ends, [], [])[0]:
            data = os.read(0, 65536) if ready == 0 else s.recv(65536)
            if ready == 0 and not data:
                ends.remove(0)
                s.shutdown(socket.SHUT_WR)
            elif not data:
                ends.remove(s)
            elif ready == 0:
                s.sendall(data)
            else:
                os.write(1, data)
except OSError:
    pass
E2
mkdir "$scratch/m" "$scratch/d"
echo hi > "$scratch/m/a"
conf() { # conf HOSTS SIDE
	printf 'use chroot = no\nreverse lookup = no\nforward lookup = no\nuid = %s\nproxy protocol = yes\nproxy protocol hosts = %s\n' "$(id -u)" "$1"
	[ "$(id -u)" != 0 ] || echo 'gid = 0'
	printf '[open]\npath = %s\npre-xfer exec = echo $RSYNC_HOST_ADDR > %s/%s.seen\n' "$scratch/m" "$scratch" "$2"
	printf '[theirs]\npath = %s\nhosts allow = 192.0.2.0/24 2001:db8::/32\n' "$scratch/m"
	printf '[local]\npath = %s\nhosts allow = 127.0.0.1\n' "$scratch/m"
}
conf 127.0.0.1 ours > "$scratch/in"; start_syncd < "$scratch/in"
conf 127.0.0.1 stock > "$scratch/in"; start_rsyncd < "$scratch/in"
v2='\r\n\r\n\0\r\nQUIT\n'
# via HEADER MODULE: from both, behind a header (of printf); what was said goes to SIDE.out, the status with it
via() {
	for _side in ours stock; do
		case $_side in ours) _p=$port ;; stock) _p=$rport ;; esac
		rm -f "$scratch/d/a" "$scratch/$_side.seen"
		printf "$1" > "$scratch/header"
		{ RSYNC_CONNECT_PROG="exec python3 '$scratch/proxy.py' $_p '$scratch/header'" timeout 30 rsync -a "rsync://h/$2/a" "$scratch/d/"
		  echo "status $?"; } > "$scratch/$_side.out" 2>&1
		sed -i '/^rsync: \[Receiver\] safe_read/d; /unexpectedly closed/d; /did not see server/d; /^rsync error: /d' "$scratch/$_side.out"
	done
}
same() { ok "$1" diff "$scratch/stock.out" "$scratch/ours.out"; }
plan 39

via 'PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n' theirs; same 'version 1: an address that is let in'
like "$(cat "$scratch/ours.out")" 'status 0' 'gets its file'
ok 'and is in the log' "$await" line "$scratch/syncd.log" 'rsync allowed access on module theirs from UNDETERMINED (192.0.2.7)'
via 'PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n' local; same 'it is not on this machine'
via 'PROXY TCP4 198.51.100.7 127.0.0.1 1234 873\r\n' theirs; same 'another address is kept out'
like "$(cat "$scratch/ours.out")" '@ERROR: access denied to theirs from UNDETERMINED (198.51.100.7)*' 'by that address'
via 'PROXY TCP6 2001:db8::7 ::1 1234 873\r\n' theirs; same 'version 1, IPv6'
via 'PROXY UNKNOWN\r\n' local; same 'UNKNOWN: the connection as it is'
via 'PROXY UNKNOWN what ever\r\n' local; same 'and more words'
via 'PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n' open; same 'a hook'
is "$(cat "$scratch/ours.seen")" "$(cat "$scratch/stock.seen")" 'is told that address'
via "$v2"'\041\021\0\014\300\0\002\007\177\0\0\001\004\322\003\151' theirs; same 'version 2, IPv4'
via "$v2"'\041\041\0\044\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\007\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\001\004\322\003\151' theirs
same 'version 2, IPv6'
via "$v2"'\040\0\0\0' local; same 'version 2, LOCAL: the connection as it is'
via "$v2"'\040\021\0\014\300\0\002\007\177\0\0\001\004\322\003\151' local; same 'whatever it carries'
via "$v2"'\041\0\0\0' local; same 'version 2, a family without addresses'

# what is no header: no word to whoever sent it, as with rsync (which takes any number for a port, and any address for either family)
bad() {
	via "$2" local
	[ -n "$3" ] || { same "$1"; return; }
	ok "$1" sh -c "! grep '[a-z]*:' '$scratch/ours.out' && grep -q '^status [1-9]' '$scratch/ours.out'"
}
bad 'no header' '@RSYNCD: 32.0 md5 md4\n'
bad 'version 1 without CR' 'PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\n'
bad 'two blanks' 'PROXY TCP4  192.0.2.7 127.0.0.1 1234 873\r\n'
bad 'a port of 0' 'PROXY TCP4 192.0.2.7 127.0.0.1 0 873\r\n'
bad 'a port of 65536' 'PROXY TCP4 192.0.2.7 127.0.0.1 65536 873\r\n' ours
bad 'an address of the other family' 'PROXY TCP4 2001:db8::7 127.0.0.1 1 873\r\n' ours
bad 'a scope' 'PROXY TCP6 fe80::1%%lo ::1 1 873\r\n'
bad 'an address too few' 'PROXY TCP4 192.0.2.7 127.0.0.1 1\r\n'
bad 'a word too many' 'PROXY TCP4 192.0.2.7 127.0.0.1 1 873 9\r\n'
bad 'a line that is too long' "PROXY UNKNOWN $(printf %0100d 0)\r\n"
bad 'a version 3' "$v2"'\061\021\0\014\300\0\002\007\177\0\0\001\004\322\003\151'
bad 'another command' "$v2"'\042\021\0\014\300\0\002\007\177\0\0\001\004\322\003\151'
bad 'addresses that are cut off' "$v2"'\041\021\0\010\300\0\002\007\177\0\0\001'
ok 'the log tells' "$await" line "$scratch/syncd.log" 'proxy protocol header is malformed'

# TLVs, which rsync refuses
v2_tls="$v2"'\041\021\0\106\300\0\002\007\177\0\0\001\004\322\003\151\002\0\005a.org\001\0\005rsync\005\0\002\276\357'
via "$v2_tls"'\040\0\037\005\0\0\0\0\041\0\007TLSv1.3\042\0\004jane\043\0\006AES128\060\0\0' theirs
like "$(cat "$scratch/ours.out")" 'status 0' 'TLVs are read'
ok 'and logged' "$await" line "$scratch/syncd.log" 'proxy: TLSv1.3 AES128, verified certificate jane, asked for a.org, ALPN rsync, id beef'
via "$v2"'\041\021\0\017\300\0\002\007\177\0\0\001\004\322\003\151\002\0\005' theirs
like "$(cat "$scratch/ours.out")" 'status [1-9]*' 'a TLV that is cut off ends the connection'
idle "$syncd_pid"
before=$(grep -c 'connect from' "$scratch/syncd.log")

# a header torn in the middle, byte by byte, and nothing behind it: no connection, and none is left
printf "$v2"'\041\021\0\014\300\0\002\007\177\0\0\001\004\322\003\151' > "$scratch/whole"
for i in 1 5 6 11 12 13 15 16 17 27; do head -c $i "$scratch/whole" > "$scratch/torn"; timeout 20 python3 "$scratch/proxy.py" "$port" "$scratch/torn" < /dev/null > "$scratch/said.$i"; done
idle "$syncd_pid"
is "$(serving "$syncd_pid")" '' 'of torn headers no process is left'
is "$(grep -c 'connect from' "$scratch/syncd.log")" "$before" 'and no client was there'
# in pieces it is one
printf '@RSYNCD: 32.0 md5\n#list\n' >> "$scratch/whole"
timeout 20 python3 "$scratch/proxy.py" "$port" "$scratch/whole" 1 < /dev/null > "$scratch/list"
ok 'a header in pieces is one' grep -q '^theirs' "$scratch/list"
stop "$syncd_pid"

# under inetd it is the same
if command -v socat > /dev/null; then
	sed "s#^\[open\]#log file = $scratch/inetd.log\n&#" "$scratch/rsyncd.conf" > "$scratch/inetd.conf"
	port=$(freeport)
	spawn "$scratch/socat.log" socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" EXEC:"$syncd --daemon --config=$scratch/inetd.conf",nofork
	"$await" port "$port"
	via 'PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n' theirs
	like "$(cat "$scratch/ours.out")" 'status 0' 'under inetd a header is taken, too'
	stop "$pid"
else
	skip 'under inetd a header is taken, too' 'no socat'
fi

# whom a header is taken from
conf 192.0.2.9 ours > "$scratch/in"; start_syncd < "$scratch/in"
via 'PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n' theirs
like "$(cat "$scratch/ours.out")" 'status [1-9]*' 'another peer is not believed, and told nothing'
ok 'the log tells' "$await" line "$scratch/syncd.log" 'proxy protocol rejected from untrusted peer'
