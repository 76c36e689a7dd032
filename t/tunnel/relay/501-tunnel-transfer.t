#!/bin/sh
# Real transfers through the tunnel, with each client there is.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 10
. "$top_srcdir/t/lib/tunnel.sh"
stock_daemon
serve

ok 'sallyport-rsync pulls' "$rsyncwrap" --tls-ca="$pki/ca.crt" -a "rsyncs://localhost:$tport/m/" "$scratch/copy1/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/copy1"
ok 'sallyport-rsync pushes' "$rsyncwrap" --tls-ca="$pki/ca.crt" -a "$scratch/src/" "rsyncs://127.0.0.1:$tport/drop/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/drop"

cport=$(freeport)
cat > "$scratch/client.conf" <<-EOF
	foreground = yes
	syslog = no
	pid =
	debug = 6
	[client]
	client = yes
	accept = 127.0.0.1:$cport
	connect = 127.0.0.1:$tport
	CAfile = $pki/ca.crt
	verifyChain = yes
	checkHost = localhost
	EOF
if command -v stunnel4 > /dev/null; then
	spawn "$scratch/stunnel.log" stunnel4 "$scratch/client.conf"
	"$await" port "$cport"
	ok 'stunnel as the client pulls' rsync -a "rsync://127.0.0.1:$cport/m/" "$scratch/copy2/"
	ok 'the same tree' same_tree "$scratch/src" "$scratch/copy2"
	stop "$pid"
else
	skip 'stunnel as the client pulls' 'no stunnel4'; skip 'the same tree' 'no stunnel4'
fi

spawn "$scratch/ours.log" "$tunnel" "$scratch/client.conf"
ready "$scratch/ours.log" 'Accepting new connections'
ok 'our tunnel as the client pulls' rsync -a "rsync://127.0.0.1:$cport/m/" "$scratch/copy3/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/copy3"

cat > "$scratch/s_client.sh" <<-EOF
	#!/bin/sh
	exec openssl s_client -quiet -verify_quiet -verify_return_error -CAfile $pki/ca.crt -connect 127.0.0.1:$tport 2> /dev/null
	EOF
chmod +x "$scratch/s_client.sh"
ok 's_client as the connect program pulls' env RSYNC_CONNECT_PROG="$scratch/s_client.sh" rsync -a rsync://localhost/m/ \
    "$scratch/copy4/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/copy4"
