#!/bin/sh
# Where connections come from and go to: passed sockets, addresses of our own, names that are looked up
# late, terminals, TCP wrappers; sessions that are offered again; the log as objects.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 43
. "$top_srcdir/t/lib/tunnel.sh"
nl='
'
start_peer echo

# sockets from the service manager
printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n[s]\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" \
    "$pki/server.crt" "$pki/server.key" > "$tconf"
spawn "$tlog" "$peer" activate "$tunnel" "$tconf"
tunnel_pid=$pid
ready "$tlog" 'Accepting new connections'
tport=$(sed -n 's/^port //p' "$tlog")
s_client
is "$out" PING 'a socket that was passed is served'
kill -HUP "$tunnel_pid"
"$await" line "$tlog" 'last connection is closed'
s_client
is "$out" PING 'also after a reload'
stop "$tunnel_pid"
sed '/^\[s\]/,$d' "$tconf" > "$scratch/x.conf"
printf '[v]\nclient = yes\nexec = /bin/true\nconnect = 127.0.0.1:1\n' >> "$scratch/x.conf"
"$peer" activate "$tunnel" "$scratch/x.conf" > "$scratch/x.out" 2>&1
ok 'more sockets than sections stop the start' grep -q 'Too many listening file descriptors received from systemd, got 1' "$scratch/x.out"

# local
serve 'local = 127.0.0.9'
s_client
is "$out" PING 'local: connected'
ok 'from that address' logged 'Service [rsync] connected remote server from 127.0.0.9:'
stop "$tunnel_pid"
serve 'local = ::1'
s_client
is "$out" '' 'targets of the other family are passed over'
ok 'and said to be' logged 'No more addresses to connect'
stop "$tunnel_pid"
server 'local = no.such.name.invalid' | sed 's/PORT/1/' > "$scratch/x.conf"
fails 1 'a local address that is none stops the start' "$tunnel" "$scratch/x.conf"
like "$out" '*Failed to resolve local address*' 'in these words'
serve 'transparent = source'
s_client
if [ "$(id -u)" = 0 ]; then
	is "$out" PING 'transparent: connected'
	ok "from the client's own address" logged 'Service [rsync] connected remote server from 127.0.0.1:'
else
	skip 'transparent: connected' 'not root'; skip "from the client's own address" 'not root'
fi
stop "$tunnel_pid"
printf '[t]\naccept = 127.0.0.1:PORT\ntransparent = destination\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client
ok 'destination: a connection that nobody redirected has none' logged 'LOG3[0]: setsockopt SO_ORIGINAL_DST'
stop "$tunnel_pid"
if [ "$(id -u)" = 0 ] && command -v nft > /dev/null && unshare -n true 2> /dev/null; then
	tport=$(freeport)
	{ printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'; sed "s/PORT/$tport/" "$scratch/in.conf"; } > "$tconf"
	cat > "$scratch/inside" <<-EOF
		ip link set lo up && nft -f - <<E || exit 77
		add table ip n
		add chain ip n o { type nat hook output priority -100; }
		add rule ip n o tcp dport 7777 redirect to :$tport
		E
		"$peer" greet "there$nl" > $scratch/in.peer & echo \$! > $scratch/in.pids
		"$await" line $scratch/in.peer 'port ' && p=\$(sed -n 's/^port //p' $scratch/in.peer)
		nft add rule ip n o tcp dport 8888 redirect to :$tport
		: > $tlog	# now, or the words of the one before are taken for this one's
		"$tunnel" $tconf 2> $tlog & echo \$! >> $scratch/in.pids
		"$await" line $tlog 'Accepting new connections'
		printf 'ping\n' | timeout 60 openssl s_client -quiet -connect 127.0.0.1:7777 > /dev/null 2>&1
		kill \$(cat $scratch/in.pids)
		wait
		EOF
	timeout 120 unshare -n sh "$scratch/inside" > "$scratch/inside.out" 2>&1
	if [ $? -eq 77 ]; then skip 'a redirected one goes where it was going' 'no NAT here'
	else ok 'a redirected one goes where it was going' grep -q 's_connect: connecting 127.0.0.1:7777' "$tlog"; fi
else
	skip 'a redirected one goes where it was going' 'no network namespace'
fi
server 'transparent = sideways' > "$scratch/x.conf"
fails 1 'another word stops the start' "$tunnel" "$scratch/x.conf"
like "$out" '*Selected transparent proxy mode is not available*' 'in the known words'

# names, late
serve 'delay = yes'
sed "s/^connect = .*/connect = localhost:$rport/; s/$tport/PORT/" "$tconf" | sed '1,4d' > "$scratch/in.conf"
stop "$tunnel_pid"
start_tunnel < "$scratch/in.conf"
s_client
is "$out" PING 'delay: the name is looked up for the connection'
ok 'and the address logged' logged "s_connect: connected 127.0.0.1:$rport"
stop "$tunnel_pid"
sed 's/^delay.*//; s/^connect = .*/connect = nowhere.invalid:1/' "$scratch/in.conf" > "$scratch/in2.conf"
start_tunnel < "$scratch/in2.conf"
ok 'a name that is not known at start is no error' logged 'Cannot resolve connect target - delaying DNS lookup'
s_client
ok 'but one for a connection' logged 'LOG3[0]: No address of the target is known'
stop "$tunnel_pid"

# several targets
dead=$(freeport) first=$rport
start_peer greet "two$nl"
serve "connect = 127.0.0.1:$dead" 'failover = prio'
sed "s/^connect = 127.0.0.1:$rport/connect = 127.0.0.1:$first/; s/$tport/PORT/; 1,4d" "$tconf" > "$scratch/in.conf"
stop "$tunnel_pid"
start_tunnel < "$scratch/in.conf"
s_client; is "$out" PING 'prio: the first of several'
stop "$tunnel_pid"
sed "s/^connect = 127.0.0.1:$first/connect = 127.0.0.1:$dead/; s/^connect = 127.0.0.1:$dead\$/&/" "$scratch/in.conf" > "$scratch/in2.conf"
echo "connect = 127.0.0.1:$first" >> "$scratch/in2.conf"
start_tunnel < "$scratch/in2.conf"
s_client; is "$out" PING 'the next one where one is down'
ok 'which is said' logged "LOG3[0]: s_connect: connect 127.0.0.1:$dead: Connection refused (111)"
stop "$tunnel_pid"
sed "s/prio/rr/; s/^connect = 127.0.0.1:$dead/connect = 127.0.0.1:$rport/" "$scratch/in.conf" > "$scratch/in2.conf"
{ echo 'workers = 1'; cat "$scratch/in2.conf"; } > "$scratch/in3.conf"
start_tunnel < "$scratch/in3.conf"
both=
for _t in 1 2 3 4; do
	s_client
	case $out in PING) both="$both one" ;; *two*) both="$both two" ;; *) both="$both $out" ;; esac
done
case $both in ' one two one two'|' two one two one') both=turns ;; esac
is "$both" turns 'rr: each in its turn'
stop "$tunnel_pid"
rport=$first

# syslog, where its socket can be played
if [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null && mkdir "$scratch/dev" && cp -a /dev/null /dev/urandom /dev/random "$scratch/dev/" 2> /dev/null; then
	start_peer syslog "$scratch/dev/log"
	rport=$first
	tport=$(freeport)
	{ printf 'foreground = quiet\npid =\ndebug = local3.info\nservice = sally\n'; server | sed "s/PORT/$tport/"; } > "$tconf"
	spawn "$tlog" unshare -m sh -c "mount --bind $scratch/dev /dev && exec $tunnel $tconf"
	tunnel_pid=$pid
	ready "$scratch/syslog.log" 'Accepting new connections'
	s_client
	ok 'syslog: facility, level, name and text' "$await" line "$scratch/syslog.log" '<157>sally: LOG5[0]: Service [rsync] accepted connection from 127.0.0.1:'
	is "$(grep -c LOG "$tlog")" 0 'and nothing on standard error with foreground = quiet'
	stop "$tunnel_pid"
else
	skip 'syslog: facility, level, name and text' 'no devices of our own'; skip 'nothing on standard error' 'no devices of our own'
fi

# a terminal
printf '[p]\naccept = 127.0.0.1:PORT\nexec = /bin/sh\nexecArgs = sh -c tty;tty<&1\npty = yes\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key" |
    sed 's/^execArgs.*/execArgs = tty/; s#/bin/sh#/usr/bin/tty#' > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client
like "$out" '/dev/pts/*' 'pty: the program has a terminal'
ok 'and its end is the end' logged 'LOG5[0]: Connection closed: '
stop "$tunnel_pid"

# TCP wrappers
if ldconfig -p 2> /dev/null | grep -q libwrap.so.0 && [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null; then
	# an /etc of our own, seen by that tunnel only
	mkdir -p "$scratch/etc/ssl"
	for _f in hosts nsswitch.conf resolv.conf passwd group ld.so.cache ssl/openssl.cnf; do
		[ ! -e "/etc/$_f" ] || cp -L "/etc/$_f" "$scratch/etc/$_f"
	done
	wrapped() { # wrapped LINE: with only that in hosts.allow, and all denied
		echo "$1" > "$scratch/etc/hosts.allow"; echo 'ALL: ALL' > "$scratch/etc/hosts.deny"
		tport=$(freeport)
		{
			printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'
			if [ -z "$by_name" ]; then server 'libwrap = yes'
			else
				server
				printf '[named]\nsni = rsync:*.example\nlibwrap = yes\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" "$pki/server.crt" "$pki/server.key"
			fi
		} | sed "s/PORT/$tport/" > "$tconf"
		spawn "$tlog" unshare -m sh -c "mount --bind $scratch/etc /etc && exec $tunnel $tconf"
		tunnel_pid=$pid
		ready "$tlog" 'Accepting new connections'
		s_client ${by_name:+-servername "$by_name"}
		stop "$tunnel_pid"
	}
	by_name=
	wrapped 'rsync: 127.0.0.1'
	is "$out" PING 'libwrap: who is allowed gets in'
	wrapped 'other: 127.0.0.1'
	is "$out" '' 'who is not stays out'
	ok 'in the known words' grep -q 'LOG4\[0\]: Service \[rsync\] REFUSED by libwrap from 127.0.0.1:' "$tlog"
	# a section that a name chose asks for itself, in addition to the first
	by_name=a.example
	wrapped 'named: 127.0.0.1'
	is "$out" PING 'libwrap: a section that a name chose asks with its own name'
	wrapped 'rsync: 127.0.0.1'
	is "$out" '' 'and who is only on the list of the first one stays out'
	ok 'in its words' grep -q 'Service \[named\] REFUSED by libwrap from 127.0.0.1:' "$tlog"
	by_name=localhost
	wrapped 'nobody: 127.0.0.1'
	is "$out" PING 'the first one, without libwrap, asks nobody'
else
	for _t in 1 2 3 4 5 6 7; do skip "libwrap $_t" 'no libwrap, or not root'; done
fi

# sessions of a client, with openssl and with itself as the server
for _v in TLSv1.2 TLSv1.3; do
	serve "sslVersion = $_v"
	_s=$tunnel_pid sport=$tport slog=$scratch/s.log
	cp "$tlog" "$slog"
	printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n' "$sport" > "$scratch/in.conf"
	{ echo 'workers = 1'; cat "$scratch/in.conf"; } > "$scratch/in2.conf"
	tlog=$scratch/client.log
	start_tunnel < "$scratch/in2.conf"
	_first=$("$peer" send "$tport" "ping$nl"); _second=$("$peer" send "$tport" "ping$nl")
	is "$_first$_second" "PING${nl}endPING${nl}end" "$_v: a client, twice"
	ok 'the second time with the session of the first' logged 'LOG6[1]: TLS connected: previous session reused'
	stop "$tunnel_pid" "$_s"
	tlog=$scratch/tunnel.log
done

# objects
printf 'logFormat = json\nworkers = 1\n' > "$scratch/in.conf"
server 'verify = 1' "CAfile = $pki/ca.crt" >> "$scratch/in.conf"
tport=$(freeport)
{ printf 'foreground = yes\nsyslog = no\npid =\n'; sed "s/PORT/$tport/" "$scratch/in.conf"; } > "$tconf"
spawn "$tlog" "$tunnel" "$tconf"
tunnel_pid=$pid
"$await" port "$tport"
s_client -cert "$pki/client.crt" -key "$pki/client.key" -servername a.example
ok 'one object for a connection' "$await" line "$tlog" '"subject": "CN=client one"'
_line=$(grep client.one "$tlog" | tail -n 1)
for _m in '"service": "rsync"' '"closed": "closed"' '"sni": "a.example"' '"version": "TLSv1.3"' '"fingerprint": "'; do
	case $_line in *"$_m"*) ;; *) _missing="$_missing $_m" ;; esac
done
is "$_missing" '' 'with all that is known of it'
stop "$tunnel_pid"

# rsync-ssl's checkHost with an address
serve
printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\nverifyChain = yes\nCAfile = %s\ncheckHost = 127.0.0.1\n' "$tport" "$pki/ca.crt" > "$scratch/in.conf"
_s=$tunnel_pid
start_tunnel < "$scratch/in.conf"
like "$("$peer" send "$tport" "ping$nl")" 'PING*' 'checkHost with an address'
stop "$tunnel_pid" "$_s"
fails 0 '-sockets ends with 0' "$tunnel" -sockets
like "$out" '*TCP_NODELAY * l:yes r:yes*' 'and is a table'
