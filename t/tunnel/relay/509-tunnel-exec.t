#!/bin/sh
# Programs instead of addresses: who they are told the peer is, what they see of us, and how they end.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 21
. "$top_srcdir/t/lib/tunnel.sh"
program() { cat > "$scratch/$1"; chmod +x "$scratch/$1"; }
execs() { # execs PROGRAM LINES...: a tunnel that runs it
	_p=$1; shift
	{ printf '[x]\naccept = 127.0.0.1:PORT\nexec = %s\ncert = %s\nkey = %s\n' "$_p" "$pki/server.crt" "$pki/server.key"
	for _line; do echo "$_line"; done; } > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}

program tell <<'EOF'
#!/bin/sh
read -r line
echo "got $line as $0 with $* from $REMOTE_HOST $REMOTE_PORT"
echo "dn $SSL_CLIENT_DN of $SSL_CLIENT_I_DN"
python3 -c 'import socket,os; s=socket.socket(fileno=0); print("peer", s.getpeername()[0], s.family.name, s.getblocking(), sorted(os.listdir("/proc/self/fd")))'
grep -E '^(SigIgn|SigBlk|NoNewPrivs|Seccomp):' /proc/self/status
echo complaint >&2
exit 3
EOF
execs /bin/sh "execargs = $scratch/name $scratch/tell one  two" 'verify = 1' "CAfile = $pki/ca.crt"
s_client -cert "$pki/client.crt" -key "$pki/client.key"
like "$out" "got ping as $scratch/tell with one two from 127.0.0.1 [1-9]*" 'the first word is the name, the others are arguments'
like "$out" '*dn CN=client one of CN=Test ca*' 'the certificate is told'
like "$out" '*peer 127.0.0.1 AF_INET True *' 'a blocking TCP socket'
like "$out" '*SigBlk:	0000000000000000*SigIgn:	0000000?[08]0000000*' 'no signal is blocked or ignored (glibc keeps 32 and 33)'
like "$out" '*NoNewPrivs:	0*Seccomp:	0*' 'none of our walls stands round it'
ok 'its start is logged' logged 'LOG6[0]: Local mode child started (PID='
ok 'and its end' logged 'finished with code 3'
kill -HUP "$tunnel_pid"
ok 'a reload' logged 'LOG7[ui]: Spawner'
s_client
like "$out" '*got ping*dn  of *' 'starts programs too, and without certificate there is no name'
spawner=$(for _p in $(ps -o pid= --ppid "$tunnel_pid"); do grep -q '^Seccomp:.*0' "/proc/$_p/status" && echo $_p; done | head -n 1)
kill -9 $spawner
ok 'a spawner that dies is replaced' logged "Spawner $(echo $spawner) terminated on signal 9: starting another"
"$await" line "$tlog" 'its last connection is closed'
s_client
like "$out" '*got ping*' 'and the service goes on'
stop "$tunnel_pid"

execs "$scratch/nowhere"
s_client
is "$out" '' 'a program that is not there says nothing'
ok 'and ends with 1' logged 'finished with code 1'
stop "$tunnel_pid"

# in the foreground a program is found from where the service was started
printf '#!/bin/sh\nread -r line\necho "here $line"\n' | program here
cd "$scratch" || exit 1
execs ./here
s_client
is "$out" 'here ping' 'exec = ./program'
stop "$tunnel_pid"

# the sample of rsync's own source: only the paths and the port are local
mkdir -p "$scratch/src"; small_tree "$scratch/src"
printf 'use chroot = no\nlog file = %s\n[m]\npath = %s\nhosts allow = 127.0.0.1\n' "$scratch/rsyncd.log" "$scratch/src" > "$scratch/d.conf"
sample() { # sample EXEC ARGS...
	tport=$(freeport)
	cat > "$scratch/sample.conf" <<-EOF
		foreground = no
		pid = $scratch/sample.pid
		socket = l:TCP_NODELAY=1
		socket = r:TCP_NODELAY=1
		setuid = $(id -un)
		setgid = $(id -gn)
		output = $scratch/sample.out
		syslog = no
		[rsync]
		accept = 127.0.0.1:$tport
		cert = $pki/server.crt
		key = $pki/server.key
		client = no
		verify = 0
		CAfile = $pki/ca.crt
		exec = $1
		execargs = $2
	EOF
	"$tunnel" "$scratch/sample.conf" || return 1
	"$await" port "$tport"
	servers="$servers $(cat "$scratch/sample.pid")"
}
pull() { rm -rf "$scratch/copy"; "$rsyncwrap" --tls-ca="$pki/ca.crt" -a "rsyncs://localhost:$tport/m/" "$scratch/copy/"; }
sample /usr/bin/rsync "rsync --server --daemon --config=$scratch/d.conf ."
ok "the sample serves a pull with rsync's daemon" pull
ok 'the same tree' same_tree "$scratch/src" "$scratch/copy"
ok 'which knows the client' grep -q 'connect from.*127.0.0.1' "$scratch/rsyncd.log"
stop "$(cat "$scratch/sample.pid")"
sample "$syncd" "rsync --server --daemon --config=$scratch/d.conf ."
ok 'and with ours' pull
ok 'the same tree' same_tree "$scratch/src" "$scratch/copy"
stop "$(cat "$scratch/sample.pid")"

# a program that is itself the peer: it speaks through a client section to a TLS server
start_peer echo
serve
program once <<EOF
#!/bin/sh
echo hello
cat >> $scratch/once.out
EOF
printf 'foreground = yes\nsyslog = no\ndebug = 6\n[o]\nclient = yes\nexec = %s\nconnect = 127.0.0.1:%s\nretry = 100\n' "$scratch/once" "$tport" > "$scratch/o.conf"
spawn "$scratch/o.log" "$tunnel" "$scratch/o.conf"
twice() { "$await" line "$scratch/o.log" 'LOG6[1]: Local mode child started'; grep -q HELLO "$scratch/once.out"; }
ok 'exec and connect run a program at the start, and retry runs it again' twice

# what stands in our own environment is nothing that a peer's program is told
SSL_CLIENT_DN='CN=admin' SSL_CLIENT_I_DN='CN=any' WATCHDOG_USEC=9000000 NOTIFY_SOCKET="$scratch/nowhere" REMOTE_HOST=203.0.113.1
export SSL_CLIENT_DN SSL_CLIENT_I_DN NOTIFY_SOCKET WATCHDOG_USEC REMOTE_HOST
execs /usr/bin/env
s_client
is "$(printf '%s\n' "$out" | grep -e '^SSL_CLIENT' -e '^NOTIFY_SOCKET' -e '^WATCHDOG' -e '^REMOTE_HOST')" 'REMOTE_HOST=127.0.0.1' 'no stale identity, and no way to the service manager'
