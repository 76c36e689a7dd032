#!/bin/sh
# --takeover: another process serves on the same sockets, and nobody is refused while it comes.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 26
. "$top_srcdir/t/lib/tunnel.sh"
unix=$scratch/door
conf() { # conf CERT LINES...
	printf 'foreground = yes\nsyslog = no\npid = %s\ndebug = 7\nworkers = 2\n' "$scratch/pid"
	_c=$1; shift
	printf '[cat]\naccept = 127.0.0.1:%s\naccept = %s\nexec = /bin/cat\ncert = %s\nkey = %s\n' "${tport:=$(freeport)}" "$unix" \
	    "$pki/$_c.crt" "$pki/$_c.key"
	for _l; do echo "$_l"; done
}
pid_in_file() { tr -d '\n' < "$scratch/pid" 2> /dev/null; }
shown() { openssl s_client "${1:--connect}" "${2:-127.0.0.1:$tport}" < /dev/null 2> /dev/null | openssl x509 -noout -subject 2> /dev/null; }

# hammer.py PORT: connections one after the other by four threads, each with a handshake and an echo, until the input ends
cat > "$scratch/hammer.py" <<'EOP'
import socket, ssl, sys, threading
stop, done, bad, lock = threading.Event(), 0, [], threading.Lock()
def work():
    global done
    ctx = ssl._create_unverified_context()
    while not stop.is_set():
        try:
            with ctx.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)) as s:
                s.sendall(b"hello\n")
                if s.recv(10) != b"hello\n": raise OSError("no echo")
            with lock: done += 1
        except OSError as e: bad.append(repr(e))
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
print("hammering", flush=True)
sys.stdin.readline(); stop.set()
for t in threads: t.join()
print("done", done, "bad", len(bad), bad[:3], flush=True)
EOP
hammer() {
	[ -p "$scratch/in.hammer" ] || mkfifo "$scratch/in.hammer"
	: > "$scratch/hammered"
	sh -c "exec python3 '$scratch/hammer.py' $tport < '$scratch/in.hammer'" > "$scratch/hammered" 2>&1 4>&- &
	servers="$servers $!"
	exec 5> "$scratch/in.hammer"
	"$await" line "$scratch/hammered" hammering
}
hammered() { "$await" line "$scratch/hammered" done; grep '^done' "$scratch/hammered"; }

# squat.py COMMAND...: become it, while a child holds the name that its number alone would give, and one with more to it
cat > "$scratch/squat.py" <<'EOP'
import os, socket, sys, time
held = []
for name in "\0sallyport-tunnel.%d" % os.getpid(), "\0sallyport-tunnel.%d.0123456789abcdef" % os.getpid():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind(name); s.listen(0); held.append(s)
    c = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)   # and its queue is full
    c.setblocking(False)
    try: c.connect(name)
    except OSError: pass
    held.append(c)
master = os.getpid()
if os.fork() == 0:
    os.close(1); os.close(2)
    for s in held[::2]:
        s.listen(0)            # the kernel's word on whose it is: the child's
    while os.getppid() == master: time.sleep(0.2)
    os._exit(0)
for s in held: os.set_inheritable(s.fileno(), False)
os.execv(sys.argv[1], sys.argv[1:])
EOP
conf server > "$scratch/one.conf"
spawn "$scratch/one.log" python3 "$scratch/squat.py" "$tunnel" "$scratch/one.conf"
one=$pid
ready "$scratch/one.log" 'Accepting new connections'
is "$(pid_in_file)" "$one" 'the first has its pid file'
is "$(grep -c 'No takeover possible' "$scratch/one.log")" 0 'whoever holds a name of its number'

# a connection that stays with it
mkfifo "$scratch/in"
sh -c "exec openssl s_client -quiet -connect 127.0.0.1:$tport < '$scratch/in'" > "$scratch/old.out" 2> /dev/null &
old=$!
servers="$servers $old"
exec 4> "$scratch/in"
echo one >&4
"$await" line "$scratch/old.out" one

# what cannot come up changes nothing
conf server 'frob = 1' > "$scratch/bad.conf"
fails 1 'a bad file takes nothing over' "$tunnel" --takeover "$scratch/pid" "$scratch/bad.conf"
conf stranger > "$scratch/bad.conf"; sed -i "s,^key.*,key = $pki/server.key," "$scratch/bad.conf"
fails 1 'nor do bad keys' "$tunnel" --takeover "$scratch/pid" "$scratch/bad.conf"
conf server > "$scratch/bad.conf"; sed -i 's/^workers.*/workers = 1\nsetuid = nobody\nchroot = \/nonexistent/' "$scratch/bad.conf"
fails 1 'nor does a jail that is not there' "$tunnel" --takeover "$scratch/pid" "$scratch/bad.conf"
is "$(pid_in_file) $(shown)" "$one subject=CN = localhost" 'the first goes on'
ok 'on its UNIX socket too' test -S "$unix"

# who is asked, and who asks
fails 1 'no pid file' "$tunnel" --takeover "$scratch/none" "$scratch/one.conf"
like "$out" "*Takeover: $scratch/none: No such file*" 'is said'
echo 1x > "$scratch/wrong"
fails 1 'what is none' "$tunnel" --takeover "$scratch/wrong" "$scratch/one.conf"
echo $$ > "$scratch/wrong"
fails 1 'a process that is something else' "$tunnel" --takeover "$scratch/wrong" "$scratch/one.conf"
like "$out" "*Takeover: process $$ of $scratch/wrong: no sallyport-tunnel*" 'is known as that'
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	chmod 755 "$scratch" "$pki"; chmod 644 "$pki"/*.key "$scratch/one.conf"
	fails 1 'another user gets nothing' setpriv --reuid 65534 --regid 65534 --clear-groups "$tunnel" --takeover "$scratch/pid" "$scratch/one.conf"
	ok 'which the running one logs' "$await" line "$scratch/one.log" 'Takeover refused: not the same user'
else
	skip 'another user gets nothing' 'not root'; skip 'which the running one logs' 'not root'
fi

# and now a good one, under load
conf wrongname > "$scratch/two.conf"
was=$(socket_of "$tport")
hammer
spawn "$scratch/two.log" "$tunnel" --takeover "$scratch/pid" "$scratch/two.conf" 4>&- 5>&-
two=$pid
ok 'another takes over' "$await" line "$scratch/two.log" 'Takeover: the other process drains'
ok 'the first knows' "$await" line "$scratch/one.log" 'Another process has taken over: leaving with the last connection'
sleep 0.5
exec 5>&-
like "$(hammered)" 'done [1-9]* bad 0 *' 'and nobody was refused'
is "$(pid_in_file)" "$two" 'the pid file is the new one'
is "$(shown)" 'subject=CN = elsewhere.example' 'new connections are its own'
if openssl s_client -help 2>&1 | grep -q -e -unix; then
	is "$(shown -unix "$unix")" 'subject=CN = elsewhere.example' 'on the UNIX socket too'
else skip 'on the UNIX socket too' 'no -unix'; fi
is "$(socket_of "$tport")" "${was:-none}" 'and no socket was bound anew'
kill -HUP "$one"
echo two >&4
ok 'the old connection goes on' "$await" line "$scratch/old.out" two
exec 4>&-
stop "$old"
ok 'the first leaves with it' "$await" gone "$one"
is "$(pid_in_file) $(test -S "$unix" && echo there)" "$two there" 'and leaves pid file and socket alone'

# sockets of the service manager go along
stop "$two"
peer_log=$scratch/active.log
sed '/^accept = \//d; s/^accept.*/accept = 127.0.0.1:1/' "$scratch/one.conf" > "$scratch/three.conf"
spawn "$peer_log" "$peer" activate "$tunnel" "$scratch/three.conf"
three=$pid
ready "$peer_log" 'Accepting new connections'
tport=$(sed -n 's/^port //p' "$peer_log" | head -n 1)
sed "s,server\.,wrongname\.,g" "$scratch/three.conf" > "$scratch/four.conf"
spawn "$scratch/four.log" "$tunnel" --takeover "$scratch/pid" "$scratch/four.conf"
"$await" line "$scratch/four.log" 'Takeover: the other process drains'
"$await" gone "$three"
is "$(shown)" 'subject=CN = elsewhere.example' 'a socket of the service manager goes along'
kill -HUP "$pid"
"$await" line "$scratch/four.log" 'its last connection is closed'
is "$(shown)" 'subject=CN = elsewhere.example' 'and is there after a reload'
