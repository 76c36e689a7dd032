#!/bin/sh
# Detaching, pid file, log file and its rotation, UNIX sockets, inetd mode.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 13
. "$top_srcdir/t/lib/tunnel.sh"
stock_daemon
{ printf 'syslog = no\ndebug = 6\npid = %s\noutput = %s\n[rsync]\naccept = %s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' \
    "$scratch/t.pid" "$scratch/t.out" "$scratch/t.sock" "$rport" "$pki/server.crt" "$pki/server.key"; } > "$tconf"
ok 'the start returns when all is bound' "$tunnel" "$tconf"
tlog=$scratch/t.out
ok 'a UNIX socket is there' test -S "$scratch/t.sock"
logged 'Accepting new connections'
ok 'lines of the detached master are marked main' grep -q 'LOG6\[main\]: Accepting new connections' "$tlog"
tunnel_pid=$(cat "$scratch/t.pid")
servers="$servers $tunnel_pid"
ok 'the pid file names a process' kill -0 "$tunnel_pid"
mv "$tlog" "$tlog.1"
kill -USR1 "$tunnel_pid"
ok 'USR1 reopens the log' logged 'Log file reopened'
printf 'ping\n' | timeout 5 openssl s_client -quiet -unix "$scratch/t.sock" > "$scratch/hello" 2> /dev/null
ok 'the workers write to the new one' logged 'Service [rsync] accepted connection from unnamed socket'
like "$(cat "$scratch/hello")" '@RSYNCD: *' 'the daemon answers through the UNIX socket'
kill "$tunnel_pid"
ok 'TERM ends it' "$await" gone "$tunnel_pid"
ok 'and tidies up' sh -c "! test -e '$scratch/t.sock' && ! test -e '$scratch/t.pid'"

# what rsync-ssl writes to stunnel -fd 10
serve
if command -v rsync-ssl > /dev/null; then
	ok 'rsync-ssl runs us for its stunnel' env RSYNC_SSL_STUNNEL="$tunnel" RSYNC_SSL_CA_CERT="$pki/ca.crt" \
	    rsync-ssl --type=stunnel -a "rsync://localhost:$tport/m/" "$scratch/copy/"
	ok 'the same tree' same_tree "$scratch/src" "$scratch/copy"
else
	skip 'rsync-ssl runs us for its stunnel' 'no rsync-ssl'; skip 'the same tree' 'no rsync-ssl'
fi
if [ "$(id -u)" = 0 ]; then
	stop "$tunnel_pid"
	mkdir -p "$scratch/jail"; chown nobody "$scratch/jail"

	{ printf 'setuid = nobody\nsetgid = nogroup\nchroot = %s\noutput = /in.log\n' "$scratch/jail"; cat "$tconf"; } > "$scratch/j.conf"
	spawn "$scratch/j.out" "$tunnel" "$scratch/j.conf"
	ready "$scratch/j.out" 'Accepting new connections'
	users() { ps -o user= --ppid "$pid" | sort -u; }
	becomes nobody users
	is "$out" nobody 'workers run as the configured user'
	is "$(stat -c %U "$scratch/jail/in.log")" nobody 'the log is inside the jail and that user'"'"'s'
else
	skip 'workers run as the configured user' 'not root'; skip 'the log is inside the jail' 'not root'
fi
