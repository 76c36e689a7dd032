#!/bin/sh
# Who guesses: many wrong logins at once, while the secrets file is replaced again and again.  Nobody gets in by them, and who knows a
# secret is let in all the while.  By hand with LOGINS=2000.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
command -v python3 > /dev/null || skip_all "no python3"
LOGINS=${LOGINS:-120}
if sanitized; then LOGINS=60; fi
plan 7

mkdir "$scratch/m"; echo file > "$scratch/m/f"
for n in 1 2; do printf 'alice:secret-%s\nbob:always\n' $n > "$scratch/secrets.$n"; chmod 600 "$scratch/secrets.$n"; done
cp -p "$scratch/secrets.1" "$scratch/secrets"
start_syncd <<-EOT
	use chroot = no
	reverse lookup = no
	$([ "$(id -u)" != 0 ] || printf 'uid = 0\n\tgid = 0')
	[m]
	path = $scratch/m
	auth users = alice bob
	secrets file = $scratch/secrets
	EOT
cat > "$scratch/guess.py" <<'EOP'
# guess.py PORT N: N wrong logins, 100 at a time; for each what came behind the challenge
import base64, hashlib, os, selectors, socket, sys
port, left = int(sys.argv[1]), int(sys.argv[2])
sel, said = selectors.DefaultSelector(), {}
def begin():
    s = socket.create_connection(('127.0.0.1', port))
    s.sendall(b'@RSYNCD: 31.0 md5\nm\n')
    sel.register(s, selectors.EVENT_READ, {'text': b'', 'answered': False})
def end(s, state):
    sel.unregister(s); s.close()
    last = state['text'].split(b'\n')[-2] if b'\n' in state['text'] else b'(nothing)'
    said[last] = said.get(last, 0) + 1
while left or sel.get_map():
    while left and len(sel.get_map()) < 100:
        begin(); left -= 1
    for key, _ in sel.select(60):
        s, state = key.fileobj, key.data
        try:
            piece = s.recv(4096)
        except ConnectionError:
            piece = b''
        state['text'] += piece
        if not piece:
            end(s, state)
        elif not state['answered'] and b'AUTHREQD ' in state['text']:
            state['answered'] = True
            user = os.urandom(1)[0] % 3
            digest = base64.b64encode(hashlib.md5(os.urandom(8)).digest()).rstrip(b'=')
            s.sendall([b'alice ', b'bob ', b'nobody '][user] + digest + b'\n')
for text, n in said.items():
    print(n, text.decode('latin-1'))
EOP
# the file is another one every moment
( while :; do for n in 2 1; do cp -p "$scratch/secrets.$n" "$scratch/new" && mv "$scratch/new" "$scratch/secrets"; sleep 0.02; done; done ) & swaps=$!
servers="$servers $swaps"
timeout 900 python3 "$scratch/guess.py" "$port" "$LOGINS" > "$scratch/guessed" 2>&1 & guesser=$!
_ok=0 _n=0
while [ $_n -lt 8 ]; do
	_n=$((_n + 1))
	RSYNC_PASSWORD=always timeout 60 rsync "rsync://bob@127.0.0.1:$port/m/f" "$scratch/got" > "$scratch/out.$_n" 2>&1 && _ok=$((_ok + 1))
done
is "$_ok" 8 'who knows the secret gets in, meanwhile'
wait $guesser
is "$(cat "$scratch/guessed")" "$LOGINS @ERROR: auth failed on module m" 'no guess does, and all get the same answer'
kill $swaps; wait $swaps 2> /dev/null
for n in 1 2; do
	cp -p "$scratch/secrets.$n" "$scratch/new"; mv "$scratch/new" "$scratch/secrets"
	RSYNC_PASSWORD=secret-$n timeout 60 rsync "rsync://alice@127.0.0.1:$port/m/f" "$scratch/got" > "$scratch/out" 2>&1
	is "$?" 0 "the file of now counts: $n"
done
RSYNC_PASSWORD=secret-1 timeout 60 rsync "rsync://alice@127.0.0.1:$port/m/f" "$scratch/got" > "$scratch/out" 2>&1
is "$?" 5 'and the one of before does not'
idle "$syncd_pid"
is "$(serving "$syncd_pid")" '' 'nothing is left of them'
ok 'the log names each of them' test "$(grep -c 'auth failed on module m' "$scratch/syncd.log")" -ge "$LOGINS"
