#!/bin/sh
# Without "timeout", a client has a minute from its connection to the end of its arguments, however its bytes trickle; then it is
# given up, at whatever stage it is.  This one waits for that minute, and does nothing meanwhile.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all "no python3"
plan 8

mkdir "$scratch/pub"
start_syncd <<-EOT
	use chroot = no
	[pub]
	path = $scratch/pub
	EOT
python3 - "$port" > "$scratch/seconds" <<'EOP'
import select, socket, sys, time
hello = b'@RSYNCD: 31.0 md5\n'
stages = {'connected': [], 'greeted': [hello], 'module': [hello, b'pub\n'], 'arguments': [hello, b'pub\n', b'--server\0--sender\0']}
began, held = {}, {}
for name in list(stages) + ['trickling']:
    held[name] = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    began[name] = time.monotonic()
    for piece in stages.get(name, [hello, b'pub\n']):
        held[name].sendall(piece)
while held and time.monotonic() - min(began.values()) < 200:
    for s in select.select(list(held.values()), [], [], 1)[0]:
        name = next(n for n in held if held[n] is s)
        try:
            if s.recv(4096):
                continue
        except ConnectionError:
            pass
        print(name, int(time.monotonic() - began[name]), flush=True)
        held.pop(name).close()
    if 'trickling' in held:     # an argument that grows by a byte a second
        try:
            held['trickling'].sendall(b'x')
        except ConnectionError:
            pass
EOP
for stage in connected greeted module arguments trickling; do
	took=$(sed -n "s/^$stage //p" "$scratch/seconds")
	ok "$stage: given up after a minute (${took:-never})" test "${took:-0}" -ge 59
done
is "$(grep -c '' "$scratch/seconds")" 5 'and no other'
is "$(grep -c "daemon handshake timeout" "$scratch/syncd.log") $(grep -c "given up: it has said nothing" "$scratch/syncd.log")" "4 1" "the log says so"
idle "$syncd_pid"
ok 'the next client is served' rsync "rsync://127.0.0.1:$port/"
