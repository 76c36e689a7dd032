#!/bin/sh
# metrics and --status: the numbers are right, the process that tells them has walls, a scraper that hangs hurts nobody, and a session is
# one row that it cannot write itself.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
command -v python3 > /dev/null || skip_all 'no python3'
mkdir "$scratch/m" "$scratch/up" "$scratch/d"
chmod 777 "$scratch/up"
head -c 100000 /dev/urandom > "$scratch/m/a"
mkfifo "$scratch/go"
printf 'alice:secret\n' > "$scratch/secrets"; chmod 600 "$scratch/secrets"
cat > "$scratch/get.py" <<'EOP'
import http.client, socket, sys
c = http.client.HTTPConnection("localhost", timeout=10)
c.sock = socket.socket(socket.AF_UNIX if sys.argv[1][0] == "/" else socket.AF_INET)
c.sock.connect(sys.argv[1] if sys.argv[1][0] == "/" else ("127.0.0.1", int(sys.argv[1])))
c.request("GET", sys.argv[2])
r = c.getresponse()
print(r.status, r.getheader("Content-Type"))
sys.stdout.write(r.read().decode())
EOP
mport=$(freeport)
conf() { cat <<E2
use chroot = no
reverse lookup = no
pid file = $scratch/pid
metrics = $1
secrets file = $scratch/secrets
[m"x]
path = $scratch/m
[up]
path = $scratch/up
read only = no
[held]
path = $scratch/m
auth users = alice
post-xfer exec = cat $scratch/go
[far]
path = $scratch/m
hosts allow = 192.0.2.1
[gone]
path = $scratch/gone
E2
}
conf "127.0.0.1:$mport" > "$scratch/in"
[ "$(id -u)" != 0 ] || sed -i '1i uid = 0\ngid = 0' "$scratch/in"
start_syncd < "$scratch/in"
daemon_pid=$syncd_pid
if grep -q 'define HAVE_MICROHTTPD' "$top_builddir/config.h"; then plan 32; else plan 11; fi
get() { python3 "$scratch/get.py" "${where:-$mport}" "$1" 2>&1; }
status() { "$syncd" --status --config="$scratch/rsyncd.conf" "$@"; }
rows() { status | sed 1d | grep -c "$1"; }
r() { RSYNC_PASSWORD=${password:-secret} timeout 30 rsync -a "$@" > "$scratch/out" 2>&1; echo $?; }
u=rsync://127.0.0.1:$port

is "$(status --json)" '[]' '--status: nobody is here'
r "rsync://alice@127.0.0.1:$port/held/a" "$scratch/d/" > /dev/null
ok 'a session that ends slowly is a row' becomes 1 rows 'held  *alice  *127.0.0.1  *out .* ending$'
json() { status --json | python3 -c 'import json,sys; v = json.load(sys.stdin); s = v[0]; print(len(v), s["module"], s["user"], s["address"], s["direction"], s["sent"] > 100000, s["files"], s["state"])'; }
is "$(json)" '1 held alice 127.0.0.1 out True 1 ending' 'in JSON, with what it moved'
pid_shown=$(status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["pid"])')
ok 'the process is the one of the log' grep -q "\[$pid_shown\] rsync on held/a from alice@" "$scratch/syncd.log"
is "$(stat -c %a "$scratch/pid.status")" 600 'the socket is for its owner alone'
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$scratch"
	fails 10 'another user is told nothing' setpriv --reuid=65534 --regid=65534 --clear-groups "$syncd" --status --config="$scratch/rsyncd.conf"
else skip 'another user is told nothing' 'not root'; fi
# what it gives away can be read and never be written
cat > "$scratch/write.py" <<'EOP'
import array, mmap, os, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
_, control, _, _ = s.recvmsg(1, 64)
fd = array.array("i", control[0][2])[0]
def attempt(what):
    try: what(); print("written", end=" ")
    except (OSError, PermissionError): print("refused", end=" ")
attempt(lambda: os.pwrite(fd, b"x" * 64, 4096))
attempt(lambda: mmap.mmap(fd, 65536, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE))
attempt(lambda: os.ftruncate(fd, 0))
attempt(lambda: mmap.mmap(fd, 65536, mmap.MAP_SHARED, mmap.PROT_WRITE, 0) and os.open("/proc/self/fd/%d" % fd, os.O_RDWR) and mmap.mmap(os.open("/proc/self/fd/%d" % fd, os.O_RDWR), 65536))
EOP
is "$(python3 "$scratch/write.py" "$scratch/pid.status")" 'refused refused refused refused ' 'who has the numbers cannot change them'
echo > "$scratch/go"
ok 'and its row goes with it' becomes '[]' status --json
printf '[m]\npath = /\n' > "$scratch/nopid.conf"
fails 1 'a file without a pid file' "$syncd" --status --config="$scratch/nopid.conf"
like "$out" '*no "pid file"*' 'says so'

if grep -q 'define HAVE_MICROHTTPD' "$top_builddir/config.h"; then
of() { get /metrics | sed -n "s/^sallyport_syncd_$1 //p" | awk '{ n += $1 } END { print n + 0 }'; }
# a row of numbers each: what is done, and then what is counted
r "$u/m\"x/a" "$scratch/d/" > /dev/null
r "$scratch/m/a" "$u/up/" > /dev/null
r "$u/m\"x/none" "$scratch/d/" > /dev/null
r "$u/far/" > /dev/null
r "$u/nowhere/" > /dev/null
r "$u/gone/" > /dev/null
password=wrong r "rsync://alice@127.0.0.1:$port/held/" > /dev/null
idle "$daemon_pid"
like "$(get /healthz)" '200 text/plain*ok' 'healthy'
like "$(get /)" '404 *' 'nothing else is there'
get /metrics > "$scratch/metrics"
while IFS='|' read -r name value what; do
	is "$(sed -n "s/^sallyport_syncd_$name //p" "$scratch/metrics")" "$value" "$what"
done <<'EOT'
sessions_total{module="m\\"x",direction="out",result="ok"}|1|pulls of a module
sessions_total{module="m\\"x",direction="out",result="failed"}|1|that failed
sessions_total{module="up",direction="in",result="ok"}|1|pushes
files_total{module="up"}|1|files
file_bytes_total{module="up"}|100000|and what they are long
logins_total{module="held",result="ok"}|1|logins
logins_total{module="held",result="failed"}|1|that failed
refusals_total{module="far",reason="address"}|1|refusals of an address
refusals_total{module="",reason="unknown_module"}|1|of a module that is none
refusals_total{module="gone",reason="module_closed"}|1|of one that cannot be opened
first_byte_seconds_count{module="up"}|1|first bytes
connections_waiting|0|nobody waits
EOT
ok 'bytes on the wire' test "$(of 'bytes_total{module="up",direction="in"}')" -gt 100000
exporter=$(pgrep -P "$(pgrep -P "$daemon_pid" -x syncd-spawner)" -x syncd-metrics)
fact() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$exporter/status"; }
if sanitized; then skip 'its walls stand' 'sanitizers'; else
	is "$(fact Seccomp)$(fact NoNewPrivs) $(of 'wall{wall="seccomp"}')" '21 1' 'its walls stand, and are told'; fi
if [ "$(id -u)" = 0 ]; then is "$(fact CapEff) $(fact Uid | cut -f1) $(tr '\0' '\n' < "/proc/$exporter/environ" | grep -c secret)" "0000000000000000 $(id -u nobody) 0" 'no rights'
else skip 'no rights' 'not root'; fi
# 100 that ask for half of something, and go on holding it
python3 - "$mport" "$scratch/holding" <<'EOP' &
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
for s in held: s.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
open(sys.argv[2], "w").write("holding\n")
time.sleep(60)
EOP
held=$!; servers="$servers $held"
"$await" line "$scratch/holding" holding
like "$(get /healthz)" '200 *ok' 'half requests keep nobody else out'
is "$(r "$u/m\"x/a" "$scratch/d/")" 0 'nor a transfer up'
stop "$held"
kill -9 "$exporter"
again() { get /healthz | tail -n 1; }
ok 'one that dies is replaced' becomes ok again
conf 0.0.0.0:1 > "$scratch/bad.conf"
fails 1 'beyond this machine' "$syncd" --check-config --config="$scratch/bad.conf"
fi
stop "$daemon_pid"
ok 'the socket of --status goes with the daemon' test ! -e "$scratch/pid.status"
