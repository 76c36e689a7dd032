#!/bin/sh
# Rows of doc/spec/daemon-hardening.md that have no script of their own: what a client asks for by other words than the rule is written in.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
mkdir "$scratch/m"
echo keep > "$scratch/m/a"; echo 'root:hashed:19000:0:99999:7:::' > "$scratch/m/shadow"; ln -s ../elsewhere "$scratch/m/out"; echo nosuch > "$scratch/names"
printf 'use chroot = no\nreverse lookup = no\n[ro]\npath = %s/m\n[zt]\npath = %s/m\nrefuse options = compress-threads\n[up]\npath = %s/m\nread only = no\n[gone]\npath = %s/gone\nread only = no\n' "$scratch" "$scratch" "$scratch" "$scratch" > "$scratch/in"
[ "$(id -u)" != 0 ] || sed -i '1i uid = 0\ngid = 0' "$scratch/in"
start_syncd < "$scratch/in"
plan 17
h() { timeout 20 "$hostile" "$port" "$@" 2>&1; }
pull() { _m=$1; shift; h "login:29:$_m" "args:--server|--sender|-r$1|.|$_m/" raw:00000000 fin 2>&1; }
like "$(rsync -r --remove-source-files "rsync://127.0.0.1:$port/ro/" "$scratch/got" 2>&1)" '*read-only*' 'A17: --remove-source-files of a module that is read only'
is "$(cat "$scratch/m/a")" keep 'removes nothing'
like "$(pull zt '|--zt=2')" '*configured to refuse*' 'A12: --zt where compress-threads is refused'
before=$(wc -l < "$scratch/syncd.log")
for w in --help --version --info=help --debug=help; do pull ro "|$w"; done > "$scratch/out"
ok 'I6: --help and its kin print nothing into the log' test "$(($(wc -l < "$scratch/syncd.log") - before))" -le 24
is "$(grep -c 'Usage' "$scratch/syncd.log")" 0 'no usage'
# a file of the module that is no list of rules, taken for one
r() { timeout 20 rsync -r "$@" 2>&1; }
r --filter=': shadow' "rsync://127.0.0.1:$port/ro/" > "$scratch/out"
like "$(cat "$scratch/out")" '*shadow*line 1*' 'I7: a line that is no rule is named'
is "$(grep -c 'hashed' "$scratch/out")" 0 'and not shown'
is "$(grep -c 'hashed' "$scratch/syncd.log")" 0 'nor in the log'
{ r "rsync://127.0.0.1:$port/ro/nosuch"; r "rsync://127.0.0.1:$port/ro/nosuch/x*"; r --files-from="$scratch/names" "rsync://127.0.0.1:$port/ro/" "$scratch/got"; r --copy-links "rsync://127.0.0.1:$port/ro/out"
  r -M--exclude-from=nosuch "rsync://127.0.0.1:$port/ro/"; r -M--temp-dir=/nosuch "rsync://127.0.0.1:$port/ro/"
  cd "$scratch/m" || exit 99; r a "rsync://127.0.0.1:$port/up/no/such/"; r --backup-dir=../x -b a "rsync://127.0.0.1:$port/up/"; r --link-dest=/nosuch a "rsync://127.0.0.1:$port/up/"
  r --temp-dir=nosuch a "rsync://127.0.0.1:$port/up/"; r --partial-dir=a/b a "rsync://127.0.0.1:$port/up/a"; r a "rsync://127.0.0.1:$port/gone/"; } > "$scratch/out"
cd "$top_builddir" || exit 99
ok 'I8: a dozen things go wrong' test "$(grep -c 'rsync:\|@ERROR\|does not exist' "$scratch/out")" -ge 9
is "$(grep -F "$scratch/m" "$scratch/out"; grep -F "$scratch/gone" "$scratch/out")" '' 'and no message has a path of the server'
h raw:405253594e43443a2032390a1b5b33316d6e6f0d73756368070a > "$scratch/out"
like "$(cat "$scratch/out")" '*@ERROR: Unknown module*' 'I9: a name of control characters'
is "$(LC_ALL=C grep -c '[[:cntrl:]]' "$scratch/out")" 0 'is not given back as it came'
h "send:@RSYNCD: 29\\n$(head -c 3000 /dev/zero | tr '\0' m)\\n" > "$scratch/out"
ok 'and one of 3,000 bytes is not given back whole' test "$(wc -c < "$scratch/out")" -le 2000
# standard input whose peer the kernel does not tell, and one that has no address
printf 'log file = %s\nreverse lookup = no\n[ro]\npath = %s/m\nhosts allow = 127.0.0.1\n' "$scratch/inetd.log" "$scratch" > "$scratch/inetd"
cat > "$scratch/inetd.py" <<'EOP'
import socket, subprocess, sys
def served(mine, given):
    p = subprocess.Popen(sys.argv[1:], stdin=given, stdout=given, stderr=subprocess.DEVNULL)
    given.close()
    said = b''
    if mine is not None:
        mine.sendall(b'@RSYNCD: 29\nro\n')
        while (piece := mine.recv(4096)):
            said += piece
    return p.wait(60), said
print(served(None, socket.socket())[0] != 0)
print(b'access denied' in served(*socket.socketpair())[1])
EOP
if command -v python3 > /dev/null; then
	is "$(timeout 100 python3 "$scratch/inetd.py" "$top_builddir/sallyport-syncd" --daemon --config="$scratch/inetd" 2>&1 | tr '\n' ' ')" 'True True ' 'A18: who has no address is not taken for 127.0.0.1'
	like "$(cat "$scratch/inetd.log")" '*its peer cannot be told*' 'the log says so'
else skip 'A18' 'no python3'; skip 'the log' 'no python3'; fi
if command -v nm > /dev/null; then
	ok 'A7: answers to a challenge are compared in constant time' sh -c "nm -A '$top_builddir/syncd/libpolicy.a' | grep -q 'login.o:.* U CRYPTO_memcmp'"
else skip 'A7' 'no nm'; fi
ok 'no sanitizer complained, nothing was killed' no_report
