#!/bin/sh
# A UNIX socket to listen on, users that may connect to it, PROXY headers there alone, and sockets that the service manager passes.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v socat > /dev/null || skip_all 'no socat'
mkdir "$scratch/m" "$scratch/run"
echo hi > "$scratch/m/a"
sock=$scratch/run/s
# start LINES...: a daemon with these global lines, until it listens
start() {
	{ for _line; do echo "$_line"; done
	  printf 'use chroot = no\nreverse lookup = no\n[m]\npath = %s\n[near]\npath = %s\nhosts allow = 192.0.2.0/24\n' "$scratch/m" "$scratch/m"; } > "$scratch/rsyncd.conf"
	spawn "$scratch/syncd.log" "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --log-file=/dev/stderr
	ready "$scratch/syncd.log" 'starting, listening on'
}
# through HEADER ARGUMENT...: rsync through the socket, a PROXY header first (of printf, or none)
through() {
	printf "$1" > "$scratch/header"
	shift
	{ RSYNC_CONNECT_PROG="{ cat '$scratch/header'; exec cat; } | socat - 'UNIX-CONNECT:$sock'" timeout 20 rsync "$@"; echo "status $?"; } > "$scratch/out" 2>&1
	out=$(cat "$scratch/out")
}
# as USER ARGUMENT...: the same without a header, as that user
as() {
	_user=$1
	shift
	RSYNC_CONNECT_PROG="exec setpriv --reuid=$_user --clear-groups socat - 'UNIX-CONNECT:$sock'" timeout 20 rsync "$@"
}
root=; [ "$(id -u)" != 0 ] || root=1
plan 24

start "socket = $sock" 'socket mode = 0640'
is "$(stat -c %a "$sock")" 640 'a socket has the mode that is asked for'
through '' rsync://h/m/a
like "$out" '* a*status 0' 'a listing through it'
through '' rsync://h/near/a
like "$out" '*access denied to near from *' 'it has no address that a rule could let in'
ok 'nothing else listens' sh -c "! ss -Hltnp 2> /dev/null | grep 'pid=$pid,'"
stop "$pid"
ok 'it is gone with the daemon' test ! -e "$sock"
start "socket = $sock"
kill -9 "$pid"
"$await" gone "$pid"
ok 'and is left by one that is killed' test -S "$sock"
start "socket = $sock"
through '' rsync://h/m/a
like "$out" '*status 0' 'which the next takes over'
spawn "$scratch/second.log" "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --log-file=/dev/stderr
"$await" gone "$pid"
ok 'but not from one that lives' grep -q "cannot listen on $sock: Address already in use" "$scratch/second.log"
through '' rsync://h/m/a
like "$out" '*status 0' 'whose socket stays'
stop $servers
echo data > "$sock"
"$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --log-file=/dev/stderr > "$scratch/second.log" 2>&1
is "$? $(cat "$sock")" '10 data' 'a file in its place is kept'
rm -f "$sock"

_port=$(freeport)
start "socket = $sock" "port = $_port"
ok 'an address that is asked for stands beside it' timeout 20 rsync "rsync://127.0.0.1:$_port/m/a"
through '' rsync://h/m/a
like "$out" '*status 0' 'and both serve'
stop "$pid"

if [ -n "$root" ]; then
	start "socket = $sock" 'socket mode = 0666' 'socket peers = root, nobody'
	ok 'a user that is named may connect' as nobody rsync://h/m/a
	fails 5 'another is refused' as daemon rsync://h/m/a
	ok 'and the log says so' "$await" line "$scratch/syncd.log" 'refused: "socket peers" does not name its user'
	sed -i 's/^socket peers.*/socket peers = daemon/' "$scratch/rsyncd.conf"
	as daemon rsync://h/m/a > "$scratch/out" 2>&1
	is $? 0 'an edit counts from the next connection on'
	stop "$pid"
	start "socket = $sock" 'socket mode = 0660' 'socket group = daemon'
	is "$(stat -c '%a %G' "$sock")" '660 daemon' 'a socket for a group'
	stop "$pid"
else
	for _what in 'a user that is named' 'another' 'the log' 'an edit' 'a socket for a group'; do skip "$_what" 'not root'; done
fi

start "socket = $sock" "port = $_port" "socket peers = $(id -u)" 'socket proxy protocol = yes'
through 'PROXY TCP4 192.0.2.7 192.0.2.1 1234 873\r\n' rsync://h/near/a
like "$out" '*status 0' 'a header there is believed'
ok 'the log has its address' "$await" line "$scratch/syncd.log" 'access on module near from UNDETERMINED (192.0.2.7)'
ok 'and none is wanted at the address' timeout 20 rsync "rsync://127.0.0.1:$_port/m/a"
stop "$pid"
start "socket = $sock" 'socket proxy protocol = yes'
through 'PROXY TCP4 192.0.2.7 192.0.2.1 1234 873\r\n' rsync://h/near/a
like "$(grep -c 'socket peers" names nobody' "$scratch/syncd.log") $out" '2 *status [1-9]*' 'where nobody is named, nobody is believed'
stop "$pid"
printf 'socket = rel\nsocket mode = 1777\nsocket group = nobody-of-that-name\nsocket peers = root nobody-of-that-name\n[m]\npath = %s\n' "$scratch/m" > "$scratch/rsyncd.conf"
"$syncd" --check-config --config="$scratch/rsyncd.conf" > "$scratch/out" 2>&1
is "$(grep -c 'socket = rel\|socket mode = 1777\|no user nobody-of-that-name\|socket group = nobody-of-that-name' "$scratch/out")" 4 'what is wrong is said before'

printf 'use chroot = no\n[m]\npath = %s\n' "$scratch/m" > "$scratch/rsyncd.conf"
spawn "$scratch/syncd.log" "$top_builddir/t/tool/peer" activate "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --log-file=/dev/stderr
ready "$scratch/syncd.log" 'starting, listening on'
_passed=$(sed -n 's/^port //p' "$scratch/syncd.log")
ok 'a socket that was passed is served' timeout 20 rsync "rsync://127.0.0.1:$_passed/m/a"
is "$(sed -n 's/.*listening on port //p' "$scratch/syncd.log")" "$_passed" 'and is the only one'
