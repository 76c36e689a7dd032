#!/bin/sh
# The wrapper against other people's servers, in each spelling.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 12
. "$top_srcdir/t/lib/tunnel.sh"
stock_daemon
sport=$(freeport)
if command -v stunnel4 > /dev/null; then
	cat > "$scratch/stunnel.conf" <<-EOF
		foreground = yes
		syslog = no
		pid =
		debug = 6
		[rsync]
		accept = 127.0.0.1:$sport
		connect = 127.0.0.1:$rport
		cert = $pki/server.crt
		key = $pki/server.key
	EOF
	spawn "$scratch/stunnel.log" stunnel4 "$scratch/stunnel.conf"
	ready "$scratch/stunnel.log" 'Accepting new connections'
else
	serve
	sport=$tport
fi
RSYNC_SSL_CA_CERT=$pki/ca.crt
export RSYNC_SSL_CA_CERT

ok 'pull by rsyncs://' "$rsyncwrap" -a "rsyncs://localhost:$sport/m/" "$scratch/c1/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/c1"
ok 'pull by rsync:// and an address' "$rsyncwrap" -a "rsync://127.0.0.1:$sport/m/" "$scratch/c2/"
ok 'pull by host:: and --port' "$rsyncwrap" -a --port="$sport" localhost::m/ "$scratch/c3/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/c3"
ok 'pull by host:: and RSYNC_SSL_PORT' env RSYNC_SSL_PORT="$sport" "$rsyncwrap" -a localhost::m/ "$scratch/c4/"
ok 'push' "$rsyncwrap" --type=openssl -a "$scratch/src/" "rsyncs://localhost:$sport/drop/"
ok 'the same tree' same_tree "$scratch/src" "$scratch/drop"
fails 0 'listing' "$rsyncwrap" --tls-verbose "rsyncs://localhost:$sport/"
like "$out" '*TLSv1.3 TLS_AES_256_GCM_SHA384 peer /CN=localhost*' 'and what was negotiated'
mkdir "$scratch/it's a place"
cp "$rsyncwrap" "$scratch/it's a place/sallyport-rsync"
ok 'installed in an odd place' "$scratch/it's a place/sallyport-rsync" -a "rsyncs://localhost:$sport/m/" "$scratch/c5/"
fails 5 'rsync'"'"'s own status passes through' "$rsyncwrap" "rsyncs://localhost:$sport/no-such-module/"
