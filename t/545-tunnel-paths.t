#!/bin/sh
# Log, pid file and identity: what others planted there leads nowhere.
. "${top_srcdir:-.}/t/lib.sh"
plan 14
. "$top_srcdir/t/tls.sh"
start_peer echo
tport=$(freeport)
conf() { # conf LINES...: before the section
	printf 'syslog = no\ndebug = 7\nworkers = 1\n'
	for _l; do echo "$_l"; done
	server | sed "s/PORT/$tport/"
}
run() { timeout 20 "$tunnel" "$1"; }

# a FIFO where the log should be: nobody reads there
mkfifo "$scratch/log"
conf 'foreground = yes' "pid =" "output = $scratch/log" > "$tconf"
fails 1 'a FIFO without a reader is no log' run "$tconf"
like "$out" "*Cannot open log file: $scratch/log*" 'which is said'
rm "$scratch/log"
spawn "$tlog" "$tunnel" "$tconf"
tunnel_pid=$pid
ready "$scratch/log" 'Accepting new connections'
mv "$scratch/log" "$scratch/log.1"
mkfifo "$scratch/log"
kill -USR1 "$tunnel_pid"
ok 'nor does one stop a service' "$await" line "$scratch/log.1" 'Cannot open log file: '
s_client
is "$out" PING 'which goes on'
kill -HUP "$tunnel_pid"
ok 'also where the file is read again' "$await" line "$scratch/log.1" 'Failed to reload the configuration file'
stop "$tunnel_pid"

# the pid file's directory is another user's
if [ "$(id -u)" != 0 ]; then
	for _t in 1 2 3 4 5 6; do skip "others' links $_t" 'not root'; done
else
	mkdir "$scratch/theirs" "$scratch/target"
	echo keep > "$scratch/target/t.pid"
	ln -s "$scratch/target" "$scratch/theirs/sub"
	chown -h 65534:65534 "$scratch/theirs" "$scratch/theirs/sub"
	conf 'foreground = yes' "pid = $scratch/theirs/sub/t.pid" > "$tconf"
	fails 1 "a pid file is not written through another user's link" run "$tconf"
	is "$(cat "$scratch/target/t.pid")" keep 'and what is there stays'
	fails 1 'nor read' "$tunnel" --takeover "$scratch/theirs/sub/t.pid" "$tconf"
	like "$out" '*Takeover: *Too many levels of symbolic links*' 'which is said'

	# a user without a group
	conf 'foreground = yes' 'pid =' 'setuid = nobody' > "$tconf"
	spawn "$tlog" "$tunnel" "$tconf"
	tunnel_pid=$pid
	ready "$tlog" 'Accepting new connections'
	logged 'uid='
	_w=$(sed -n 's/.*Worker \([0-9]*\): .*/\1/p' "$tlog" | head -n 1)
	is "$(sed -n 's/^[GU]id:[[:space:]]*\([0-9]*\).*/\1/p; s/^Groups:[[:space:]]*//p' "/proc/$_w/status" | tr '\n' ' ' | tr -s ' ')" \
	    "$(id -u nobody) $(id -g nobody) $(id -g nobody) " 'setuid alone brings the group of that user'
	ok 'and a warning' logged '"setuid" without "setgid"'
	stop "$tunnel_pid"
fi
conf 'foreground = yes' "pid = $scratch/dir" > "$tconf"
mkdir "$scratch/dir"
fails 1 'a directory is no pid file' run "$tconf"
mkfifo "$scratch/fifo"
conf 'foreground = yes' "pid = $scratch/fifo" > "$tconf"
fails 1 'nor is a FIFO' run "$tconf"
ok 'and stays' test -p "$scratch/fifo"
