#!/bin/sh
# A filter of system calls from outside, as systemd's: what it lacks for our own walls is said before anything is served, or gone without.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all "no python3"
case $(uname -m) in x86_64) seccomp=317 ;; aarch64) seccomp=277 ;; *) skip_all "no number of seccomp for $(uname -m)" ;; esac
plan 8
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
cat > "$scratch/under.py" <<'E2'
import ctypes, os, struct, sys
action, calls, command = int(sys.argv[1], 0), [int(n) for n in sys.argv[2].split()], sys.argv[3:]
rows = [(0x20, 0, 0, 0)]	# the call's number; of one of calls the action, of others none
rows += [(0x15, len(calls) - i, 0, n) for i, n in enumerate(calls)]
rows += [(0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, action)]
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *r) for r in rows))
class Program(ctypes.Structure):
    _fields_ = [("n", ctypes.c_ushort), ("rows", ctypes.c_void_p)]
program, libc = Program(len(rows), ctypes.addressof(text)), ctypes.CDLL(None)
if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.byref(program), 0, 0) != 0:
    sys.exit(77)
os.execv(command[0], command)
E2
landlock='444 445 446' kill=0x80000000 enosys=0x00050026 eperm=0x00050001
conf() { tport=$(freeport); { printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'; server; } | sed "s/PORT/$tport/" > "$tconf"; }
under() { timeout 20 python3 "$scratch/under.py" "$1" "$2" "$tunnel" "$tconf"; }
needs='SystemCallFilter=seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self'
says() { printf '%s\n' "$out" | grep -qxF "[!] $1"; }
conf
fails 1 'a filter that kills for Landlock' under $kill "$landlock"
ok 'is said to be in the way' says 'A filter of system calls forbids what our walls are made of, and kills for it: with systemd the unit needs'
ok 'with the line that the unit needs' says "$needs"
fails 1 'a filter that forbids filters' under $eperm "$seccomp"
ok 'likewise' says "$needs"
for a in $enosys $eperm; do
	conf
	spawn "$tlog" python3 "$scratch/under.py" "$a" "$landlock" "$tunnel" "$tconf"
	ready "$tlog" 'Accepting new connections'
	s_client
	is "$out $(grep -c 'LOG4.*: Landlock: .*: one wall less' "$tlog")" 'PING 1' "Landlock fails with $a: it serves without, and warns once"
	stop "$pid"
done
serve
is "$(grep -c 'Landlock: ' "$tlog")" 0 'nothing is said where nothing is in the way'
