#!/bin/sh
# Private keys are in the vault and nowhere else; it may stop or die without a transfer noticing.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'python3 is missing'
plan 36
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
(
	cd "$pki" || exit 1
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=rsa -keyout rsa.key -out rsa.crt 2> /dev/null
	openssl req -x509 -newkey ed25519 -nodes -days 30 -subj /CN=ed -keyout ed25519.key -out ed25519.crt 2> /dev/null
	openssl req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes -days 30 -subj /CN=pss -keyout pss.key \
	    -out pss.crt 2> /dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ec -keyout ec.key -out ec.crt 2> /dev/null
)
# search.py KEYFILE PID...: how many of the key's secret numbers (either byte order) are in the memory of each
cat > "$scratch/search.py" <<'EOP'
import re, subprocess, sys
text = subprocess.run(["openssl", "pkey", "-in", sys.argv[1], "-noout", "-text"], capture_output=True, text=True).stdout
secrets = []
for name in ("priv", "prime1", "prime2", "privateExponent", "exponent1"):
    m = re.search(r"^%s:\n((?:    .*\n)+)" % name, text, re.M)
    if m: secrets.append(bytes.fromhex(re.sub(r"[\s:]", "", m.group(1))).lstrip(b"\0"))
assert secrets
found = 0
for pid in sys.argv[2:]:
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, mode, rest = line.split(None, 2)
            if "r" not in mode or "[v" in rest: continue
            a, b = (int(x, 16) for x in span.split("-"))
            if b - a > 1 << 32: continue	# a sanitizer's shadow
            try:
                mem.seek(a)
                data = mem.read(b - a)
            except OSError: continue
            for s in secrets:	# half of each is enough to know it
                for part in (s[:len(s) // 2], s[::-1][:len(s) // 2], s[len(s) // 2:], s[::-1][len(s) // 2:]):
                    found += data.count(part)
print(found)
EOP
search() { python3 "$scratch/search.py" "$@" 2>&1 | tail -n 1; }
children() { ps -o pid= --ppid "$tunnel_pid"; }
# the vault is the one that says so
vault_pid() { sed -n 's/.*Vault \([0-9]*\): uid.*/\1/p' "$tlog" | tail -n 1; }
others() { children | grep -v -w "$(vault_pid)"; }
held() { ls -l "/proc/$1/fd" 2> /dev/null | grep memfd:keys; }

# with KEY LINES...: a tunnel with a pair, and a second section that needs a spawner
with() {
	_k=$1; shift
	{
		server "$@" | sed "s,$pki/server\.,$pki/$_k.,g"
		printf '[cat]\naccept = 127.0.0.1:%s\nexec = /bin/cat\ncert = %s\nkey = %s\n' "${cat_port:=$(freeport)}" "$pki/$_k.crt" "$pki/$_k.key"
	} > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
	logged 'Vault ' || :
}
for k in ec rsa pss ed25519; do
	with $k 'sessionResume = no'
	for v in tls1_2 tls1_3; do
		s_client -$v
		is "$out" PING "$k, $v: signed by the vault"
	done
	is "$(search "$pki/$k.key" "$tunnel_pid" $(others))" 0 "$k: the secret is in no memory but the vault's"
	is "$(for _p in $(others); do held "$_p"; done | grep -c .)" 0 'nor has anybody a descriptor for it'
	[ $k != ec ] || {
		is "$(search "$pki/$k.key" "$(vault_pid)")" "$(search "$pki/$k.key" "$(vault_pid)" | grep -v '^0')" 'it is in there'
		like "$(sed -n 's/^Cap\(Prm\|Eff\):\t//p; s/^Seccomp:\t/seccomp /p; s/^NoNewPrivs:\t/nnp /p' "/proc/$(vault_pid)/status" |
		    tr '\n' ' ')" '0000000000000000 0000000000000000 nnp 1 seccomp *' 'without capabilities'
		[ "$(id -u)" != 0 ] && skip 'and without root' 'not root' ||
		    is "$(stat -c %u "/proc/$(vault_pid)/task/$(vault_pid)/status" | tr -d ' ')$(awk '/^Uid/ { print $2 }' "/proc/$(vault_pid)/status")" 065534 'nor as root'
	}
	stop "$tunnel_pid"
done

with ec 'vault = no'
s_client
is "$out" PING 'vault = no: the worker signs'
ok 'and its memory has the secret' test "$(search "$pki/ec.key" $(children))" -gt 0
is "$(grep -c 'Vault ' "$tlog")" 1 'though the other section keeps its own in the vault'
stop "$tunnel_pid"

server 'vault = perhaps' > "$scratch/x.conf"
fails 1 'vault is yes or no' "$tunnel" "$scratch/x.conf"
like "$out" "*$scratch/x.conf:6: \"vault = perhaps\": The argument needs to be either 'yes' or 'no'*" 'with file, line and name'
server 'ciphers = AES256-SHA' | sed "s,$pki/server\.,$pki/rsa.,g; s/PORT/1/" > "$scratch/x.conf"
fails 1 'a vault only signs' "$tunnel" "$scratch/x.conf"
like "$out" '*leaves only key exchange by RSA, which needs "vault = no"*' 'and says so'

# stopped: what is established goes on, and new handshakes wait
cat > "$scratch/move.py" <<'EOP'
import socket, ssl, sys, threading
port, n = int(sys.argv[1]), 16 << 20
ctx = ssl._create_unverified_context()
s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", port)))
s.sendall(b"ready\n"); s.recv(100)
print("ready", flush=True)
sys.stdin.readline()
block = b"x" * 65535 + b"\n"
threading.Thread(target=lambda: [s.sendall(block) for _ in range(n // len(block))], daemon=True).start()
got = 0
while got < n // len(block) * len(block):
    d = s.recv(1 << 18)
    if not d: sys.exit("cut")
    got += len(d)
print("moved", flush=True)
sys.stdin.readline()
s.sendall(b"still\n")
print(s.recv(100).decode(), flush=True)
EOP
with ec 'sessionResume = no'
mkfifo "$scratch/in"
sh -c "exec timeout 30 python3 '$scratch/move.py' $cat_port < '$scratch/in'" > "$scratch/moved" 2>&1 &
servers="$servers $!"
exec 4> "$scratch/in"
"$await" line "$scratch/moved" ready
kill -STOP "$(vault_pid)"
for _i in 1 2 3 4; do
	printf 'ping\n' | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$tport" > "$scratch/new.$_i" 2> /dev/null &
	waiting="$waiting $!"
done
logged 'LOG5[4]: Service [rsync] accepted'
echo go >&4
ok 'a transfer goes on while the vault is stopped' timeout 4 "$await" line "$scratch/moved" moved
is "$(cat "$scratch"/new.*)" '' 'new handshakes wait'
kill -CONT "$(vault_pid)"
wait $waiting
is "$(cat "$scratch"/new.* | sort -u)" PING 'and go on with it'

# killed: another one, with the same keys, though the files have changed
cp "$pki/rsa.key" "$pki/ec.key"
old=$(vault_pid)
kill -9 "$old"
ok 'a killed vault is noticed' logged "Vault $old terminated on signal 9: starting another"
s_client
is "$out" PING 'the next one signs for the same workers'
echo go >&4
ok 'and transfers have not noticed' "$await" line "$scratch/moved" still
exec 4>&-
stop "$tunnel_pid"

# an answer has a deadline
sed -i '1i vaultTimeout = 1' "$scratch/in.conf"
cp "$pki/server.key" "$pki/ec.key"; cp "$pki/server.crt" "$pki/ec.crt"
start_tunnel < "$scratch/in.conf"
logged 'Vault '
kill -STOP "$(vault_pid)"
s_client
like "$out$(cat "$scratch/s_client.err")" '*alert internal error*' 'who waits for too long gets an alert'
ok 'and the log says why' logged 'vault::no answer in time'
kill -CONT "$(vault_pid)"
stop "$tunnel_pid"
sed -i '1s/.*/vaultRate = 2/' "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
before=$(date +%s%N)
for _i in 1 2 3 4 5 6; do s_client -no_ticket; done
is "$out" PING 'beyond its rate a worker waits'
ok 'for the next second' test $((($(date +%s%N) - before) / 1000000)) -ge 900
