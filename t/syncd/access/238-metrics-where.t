#!/bin/sh
# metrics: where it may be, who may connect, and how many may ask for how much.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'no python3'
grep -q 'define HAVE_MICROHTTPD' "$top_builddir/config.h" || skip_all 'no libmicrohttpd'
# in a network of its own, where an address beyond the loopback is nobody's
if [ -z "$SALLYPORT_ALONE" ] && [ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null && command -v ip > /dev/null; then
	SALLYPORT_ALONE=1; export SALLYPORT_ALONE
	exec unshare -n /bin/sh "$0" "$@"
fi
far=192.0.2.1
if [ -n "$SALLYPORT_ALONE" ]; then
	ip link set lo up
	ip addr add $far/32 dev lo || far=
else far=; fi
cat > "$scratch/get.py" <<'EOP'
import http.client, socket, sys
c = http.client.HTTPConnection("h", timeout=60)
host, _, port = sys.argv[1].rpartition(":")
c.sock = socket.socket(socket.AF_UNIX if sys.argv[1][0] == "/" else socket.AF_INET6 if host[0] == "[" else socket.AF_INET)
try:
    c.sock.connect(sys.argv[1] if sys.argv[1][0] == "/" else (host.strip("[]"), int(port)))
    c.request("GET", sys.argv[2])
    r = c.getresponse()
    print(r.status, len(r.read()) > int(sys.argv[3]))
except OSError as e:
    print(type(e).__name__)
EOP
get() { python3 "$scratch/get.py" "$1" "${2:-/healthz}" "${3:-0}" 2>&1; }
# run LINE...: a daemon with these lines, until it listens
run() {
	{ for _line; do echo "$_line"; done; cat "$scratch/modules"; } > "$scratch/rsyncd.conf"
	spawn "$scratch/syncd.log" "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --log-file=/dev/stderr --port="$port"
	ready "$scratch/syncd.log" 'starting, listening on'
}
printf '[m]\npath = %s\nuse chroot = no\n' "$scratch" > "$scratch/modules"
port=$(freeport)
mport=$(freeport)
plan 17

sock=$scratch/http
run "metrics = $sock"
ok 'a UNIX socket' becomes '200 True' get "$sock"
is "$(stat -c %a "$sock")" 660 'has the mode of who may ask'
# may USER GROUP: the status of who connects
may() { setpriv --reuid="$1" --regid="$2" --clear-groups socat -u OPEN:/dev/null "UNIX-CONNECT:$sock" 2> /dev/null; echo $?; }
if [ "$(id -u)" = 0 ] && command -v socat > /dev/null; then
	chmod 755 "$scratch"
	is "$(may 65534 65534)" 1 'others may not connect'
	is "$(may 65534 "$(stat -c %g "$sock")")" 0 'its group may'
else skip 'others may not connect' 'not root, or no socat'; skip 'its group may' 'not root, or no socat'; fi
stop "$pid"
ok 'it goes with the daemon' test ! -e "$sock"
echo data > "$sock"
run "metrics = $sock"
ok 'a file that is there is not touched' "$await" line "$scratch/syncd.log" "metrics = $sock: "
is "$(cat "$sock") $(rsync "rsync://127.0.0.1:$port/" 2>&1 | grep -c '^m')" 'data 1' 'and the daemon serves'
stop "$pid"

run "metrics = [::1]:$mport"
ok 'the loopback of IPv6' becomes '200 True' get "[::1]:$mport"
first=$pid
port_first=$port
port=$(freeport)
run "metrics = [::1]:$mport"
ok 'a port that is taken: the log says so' "$await" line "$scratch/syncd.log" "metrics = [::1]:$mport: "
is "$(rsync "rsync://127.0.0.1:$port/" 2>&1 | grep -c '^m')" 1 'and the daemon serves'
stop "$pid"
port=$port_first
stop "$first"

for address in 0.0.0.0 "[::]" 192.0.2.1; do
	printf 'metrics = %s:%s\n[m]\npath = %s\nuse chroot = no\n' "$address" "$mport" "$scratch" > "$scratch/no.conf"
	printf '%s %s\n' "$address" "$("$syncd" --check-config --config="$scratch/no.conf" 2>&1 | grep -c 'set "metrics public = yes"')"
done > "$scratch/refused"
is "$(cat "$scratch/refused" | tr '\n' ' ')" '0.0.0.0 1 [::] 1 192.0.2.1 1 ' 'without "metrics public" an address that others reach is refused'
if [ -n "$far" ]; then
	run "metrics = $far:$mport"
	ok 'and nobody listens' "$await" line "$scratch/syncd.log" "metrics = $far:$mport: "
	is "$(get "$far:$mport") $(get "127.0.0.1:$mport")" 'ConnectionRefusedError ConnectionRefusedError' 'there or elsewhere'
	stop "$pid"
	run "metrics = 0.0.0.0:$mport" 'metrics public = yes'
	ok 'with it others are answered' becomes '200 True' get "$far:$mport"
	stop "$pid"
else for what in 'and nobody listens' 'there or elsewhere' 'with it others are answered'; do skip "$what" 'no network of its own'; done; fi

# 1024 modules with long names make a text of megabytes: who asks for it and does not read, many times, keeps nobody else from it
modules=1000; ! sanitized || modules=300
python3 - "$scratch" "$modules" > "$scratch/modules" <<'EOP'
import sys
print("path = %s\nuse chroot = no" % sys.argv[1])
for i in range(int(sys.argv[2])): print("[%s%d]" % ("n" * 200, i))
EOP
run "metrics = 127.0.0.1:$mport"
ok 'a text of megabytes' becomes '200 True' get "127.0.0.1:$mport" /metrics 1000000
cat > "$scratch/hold.py" <<'EOP'
import socket, sys, time
held = []
for i in range(40):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
    s.recv(1)
    held.append(s)
open(sys.argv[2], "w").write("holding\n")
time.sleep(600)
EOP
python3 "$scratch/hold.py" "$mport" "$scratch/holding" > "$scratch/hold.out" 2>&1 & held=$!; servers="$servers $held"
ok 'many ask and do not read' "$await" line "$scratch/holding" holding
is "$(get "127.0.0.1:$mport" /metrics 1000000)" '200 True' 'another one gets all of it'
stop "$held"
stop "$pid"
