#!/bin/sh
# Whom the wrapper does not believe, with which message and status.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 32
. "$top_srcdir/t/lib/tunnel.sh"
stock_daemon
(
	cd "$pki" || exit 1
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout old.key -out old.csr 2> /dev/null
	openssl x509 -req -in old.csr -CA ca.crt -CAkey ca.key -not_before 20200101000000Z -not_after 20200201000000Z \
	    -extfile server.ext -out old.crt 2> /dev/null ||
	    openssl x509 -req -in old.csr -CA ca.crt -CAkey ca.key -days -1 -extfile server.ext -out old.crt 2> /dev/null
)
wport=$(freeport) oport=$(freeport) vport=$(freeport) cport=$(freeport) dead=$(freeport)
section() { # section NAME PORT CERT CONNECT LINES...
	printf '[%s]\naccept = 127.0.0.1:%s\ncert = %s.crt\nkey = %s.key\nconnect = 127.0.0.1:%s\n' "$1" "$2" "$pki/$3" "$pki/$3" "$4"
	shift 4
	for _line; do echo "$_line"; done
}
{ server; section wrong "$wport" wrongname "$rport"; section old "$oport" old "$rport"
    section strict "$vport" server "$rport" "CAfile = $pki/ca.crt" 'verifyChain = yes'
    section slow "$cport" server "$rport"; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
at() { echo "rsyncs://localhost:$1/m/"; }
spki() { openssl x509 -in "$pki/server.crt" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 "$1"; }
hex=$(spki -r | cut -d ' ' -f 1)
base64=$(spki -binary | base64)

fails 81 'a CA that the machine does not know' "$rsyncwrap" "$(at "$tport")"
like "$out" '*the certificate of localhost is not trusted: *' 'says so'
fails 81 'another CA' "$rsyncwrap" --tls-ca="$pki/other-ca.crt" "$(at "$tport")"
fails 82 'another host' "$rsyncwrap" --tls-ca="$pki/ca.crt" "$(at "$wport")"
like "$out" '*the certificate presented by localhost is for another host*' 'says so'
fails 82 'an address that the certificate does not have' "$rsyncwrap" --tls-ca="$pki/ca.crt" "rsyncs://127.0.0.1:$wport/m/"
fails 0 'unless told not to look' env RSYNC_SSL_SKIP_HOSTNAME_CHECK=1 "$rsyncwrap" --tls-ca="$pki/ca.crt" "$(at "$wport")"
fails 83 'an expired certificate' "$rsyncwrap" --tls-ca="$pki/ca.crt" "$(at "$oport")"
like "$out" '*the certificate of localhost: certificate has expired*' 'says so'
fails 89 'an empty RSYNC_SSL_CA_CERT is a mistake' env RSYNC_SSL_CA_CERT= "$rsyncwrap" "$(at "$tport")"
like "$out" '*is empty*RSYNC_SSL_CA_CERT*' 'says so'
ln -s "$rsyncwrap" "$scratch/rsync-ssl"
fails 0 'by the name of rsync-ssl it believes anybody, as there' env RSYNC_SSL_CA_CERT= "$scratch/rsync-ssl" "$(at "$tport")"
like "$out" '*warning: verification is off: localhost could be anybody*' 'with a warning'
fails 0 'a pin in place of a CA' "$rsyncwrap" --tls-pin="sha256:$hex" "$(at "$tport")"
fails 0 'in the other spelling, by the environment' env RSYNC_SSL_PIN="sha256//$base64" "$rsyncwrap" "$(at "$tport")"
fails 0 'a pin and a CA' "$rsyncwrap" --tls-ca="$pki/ca.crt" --pin="sha256:$hex" "$(at "$tport")"
fails 84 'the wrong pin' "$rsyncwrap" --tls-pin="sha256:$hex" "$(at "$wport")"
like "$out" '*the key of localhost is not the one pinned*' 'says so'
fails 81 'a good pin does not replace a CA that is given' "$rsyncwrap" --tls-ca="$pki/other-ca.crt" --pin="sha256:$hex" "$(at "$tport")"
fails 89 'a pin that is none' "$rsyncwrap" --tls-pin=sha256:12 "$(at "$tport")"

fails 85 'no client certificate where one is wanted' "$rsyncwrap" --tls-ca="$pki/ca.crt" "$(at "$vport")"
like "$out" '*localhost wants a client certificate: set RSYNC_SSL_CERT and RSYNC_SSL_KEY*' 'says so'
fails 85 'a client certificate of another CA' "$rsyncwrap" --tls-ca="$pki/ca.crt" --tls-cert="$pki/stranger.crt" \
    --tls-key="$pki/stranger.key" "$(at "$vport")"
like "$out" '*localhost does not accept our certificate*' 'says so'
fails 0 'the right one' env RSYNC_SSL_CERT="$pki/client.crt" RSYNC_SSL_KEY="$pki/client.key" "$rsyncwrap" \
    --tls-ca="$pki/ca.crt" "$(at "$vport")"
fails 89 'a client certificate that is not there' "$rsyncwrap" --tls-cert="$scratch/none" "$(at "$tport")"

fails 80 'nobody listens' "$rsyncwrap" "$(at "$dead")"
like "$out" '*cannot connect to localhost port *: *127.0.0.1: Connection refused*' 'says so'
fails 86 'no TLS there' "$rsyncwrap" --tls-ca="$pki/ca.crt" "$(at "$rport")"
fails 89 'no daemon syntax' "$rsyncwrap" localhost:/etc/ "$scratch/x"

# a slow transfer, cut by the death of the server's side
tunnel_workers=$(ps -o pid= --ppid "$tunnel_pid")
"$rsyncwrap" --tls-ca="$pki/ca.crt" -a --bwlimit=100 "$(at "$cport")" "$scratch/cut/" > "$scratch/cut.out" 2>&1 &
wrap=$!
logged 'Service [slow] connected remote server'
"$await" line "$scratch/stock.log" 'rsync on m/ from'
kill -9 $tunnel_workers
wait "$wrap"
is "$?" 87 'a connection cut in the middle'
like "$(cat "$scratch/cut.out")" '*the connection was cut before the transfer was complete*' 'says so'
