#!/bin/sh
# ledger: logins, transfers and refusals are in it whoever calls himself what, it is signed, it goes on after a rotation, and a key that others could
# have is refused.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all 'no rsync'
command -v python3 > /dev/null || skip_all 'no python3'
. "$top_srcdir/t/lib/ledger.sh"
printf 'alice:secret\na"},{"b:secret\n' > "$scratch/secrets"; chmod 600 "$scratch/secrets"
conf() { ledger_conf; cat <<E2
secrets file = $scratch/secrets
[m]
path = $scratch/m
[up]
path = $scratch/up
read only = no
[q"}, "event": "head]
path = $scratch/m
[held]
path = $scratch/m
auth users = *
[far]
path = $scratch/m
hosts allow = 192.0.2.1
E2
}
conf > "$scratch/in"
start_syncd < "$scratch/in"
u=rsync://127.0.0.1:$port
r() { # what a client causes may come after its end: the next one waits for it
	RSYNC_PASSWORD=${password:-secret} timeout 30 rsync -a "$@" > "$scratch/out" 2>&1
	idle "$syncd_pid"
}
plan 25

r "$u/m/" "$scratch/d"
r "$scratch/m/a" "$u/up/"
r "$u/far/" "$scratch/d"
r "$u/nowhere/" "$scratch/d"
r --port="$port" 'alice@127.0.0.1::held/' "$scratch/d"
password=wrong r --port="$port" 'alice@127.0.0.1::held/' "$scratch/d"
r --port="$port" 'a"},{"b@127.0.0.1::held/' "$scratch/d"
r --port="$port" '127.0.0.1::q"}, "event": "head/' "$scratch/d"
python3 - "$port" <<'E2'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.recv(100)
s.sendall(b'@RSYNCD: 31.0 md5\nheld\n')
while b"AUTHREQD" not in s.recv(1000): pass
s.sendall(b'x\r", "hash": "\xff\xfe\x1b[2J xxxxxxxxxxxxxxxxxxxxxx\n')
s.recv(1000)
E2
idle "$syncd_pid"
ok 'every event has come' becomes 'begin start head transfer transfer refused refused login transfer refused login transfer transfer refused' events
is "$(stat -c %a "$ledger")" 600 'it is for its owner alone'
ok 'it is whole' verify
like "$(verify)" '*signed: 2, *not signed yet: 11, *' 'and what is signed is told'
cat > "$scratch/rows.py" <<'E2'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    print(" ".join(str(r[k]) for k in sys.argv[2:] if k in r))
E2
rows() { python3 "$scratch/rows.py" "$ledger" "$@"; }
is "$(rows event module user direction files reason result | sed 1,3d)" 'transfer m out 1 0
transfer up in 1 0
refused far address
refused unknown module
login held alice
transfer held alice out 0 0
refused held login
login held a"},{"b
transfer held a"},{"b out 0 0
transfer q"}, "event": "head out 0 0
refused held login' 'every line is an object that says it, whatever names are made of'
signer=$(pgrep -P "$(pgrep -P "$syncd_pid" -x syncd-spawner)" -x syncd-ledger)
ok 'a process of its own signs' test -n "$signer"
if [ "$(id -u)" = 0 ]; then
	is "$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$signer/status")" "$(id -u nobody)" 'without rights'
	is "$(ls -l "/proc/$signer/fd" | grep -c 'ledger\|key')" 0 'and has neither file'
else skip 'without rights' 'not root'; skip 'and has neither file' 'not root'; fi
if [ "$(id -u)" = 0 ] && ! sanitized; then
	is "$(python3 - "$(cat "$scratch/key.pem")" "$(pgrep -P "$syncd_pid" -x syncd-spawner)" "$syncd_pid" "$signer" <<'E2'
import base64, re, sys
seed = base64.b64decode(sys.argv[1].split("-----")[2])[-16:]	# half of it: it is one secret, however it is kept
text = base64.b64decode(base64.b64encode(sys.argv[1].split("-----")[2].strip().encode()))[-40:]
def holds(pid):
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in open(f"/proc/{pid}/maps"):
            m = re.match(r"(\w+)-(\w+) rw", line)
            if m:
                a, b = (int(x, 16) for x in m.groups())
                try: mem.seek(a); data = mem.read(b - a)
                except (OSError, ValueError): continue
                if seed in data or text in data: return "yes"
    return "no"
print(*(holds(p) for p in sys.argv[2:]))
E2
)" 'no no yes' 'neither the spawner nor the listener has the key in its memory, the signer has'
else skip 'the key is in no other memory' 'not root, or under sanitizers'; fi

# rotation: the chain goes on in the next file
mv "$ledger" "$ledger.1"
r "$u/m/" "$scratch/d"
kill -HUP "$syncd_pid"
ok 'after a rotation there is a new file' becomes 'begin reopened' events
r "$u/m/" "$scratch/d"
like "$(events "$ledger.1")" '*refused transfer' 'what came before the signal is in the one before'
kill -9 "$signer"
ok 'another signer takes over' "$await" line "$scratch/syncd.log" 'has ended: another one is started'
ok 'and signs at once' becomes 2 grep -c 'signed up to' "$scratch/syncd.log"
stop "$syncd_pid"
is "$(events)" 'begin reopened transfer head stop head' 'an orderly end is told and signed'
ok 'both files are one chain' verify "$ledger.1" "$ledger"
like "$(verify "$ledger.1" "$ledger")" '*not signed yet: none*whole' 'of which all is signed'
fails 1 'in the wrong order they are none' verify "$ledger" "$ledger.1"
ok 'the second alone is whole' verify
like "$(verify)" '*behind entry 15 of a file that is not among these*' 'and says what is before it'
head=$(sed -n 's/.*signed up to //p' "$scratch/syncd.log" | tail -n 1)
sed -i '$d' "$ledger"; sed -i '$d' "$ledger"
ok 'a tail that is cut off is nothing to the file alone' verify
fails 1 'but to the log it is' verify --head "$head" "$ledger"
like "$out" "*$ledger:5: entry *, which \"--head\" names, is not there*" 'with the entry that is missing'

# a key that others could have
chmod 640 "$scratch/key.pem"
fails 1 '--check-config refuses a key that a group may read' "$syncd" --check-config --config="$scratch/rsyncd.conf"
like "$out" "$scratch/rsyncd.conf:4: ledger key = $scratch/key.pem cannot be used: others than its owner may use it: chmod 600" 'and says where and why'
timeout 10 "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --port="$port" > "$scratch/out" 2>&1
is "$? $(grep -c 'cannot be used: others than its owner may use it: chmod 600' "$scratch/out")" '11 1' 'the daemon does not start with it'
