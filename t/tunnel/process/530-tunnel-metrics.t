#!/bin/sh
# metrics: the numbers are right, survive reloads and dead workers, and are for this machine only.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v curl > /dev/null || command -v python3 > /dev/null || skip_all 'neither curl nor python3'
"$tunnel" -help 2>&1 | grep -q '^metrics' || skip_all 'built without libmicrohttpd'
plan 44
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
cat > "$scratch/get.py" <<'EOP'
import http.client, socket, sys
where, path = sys.argv[1:3]
c = http.client.HTTPConnection("localhost", timeout=10)
c.sock = socket.socket(socket.AF_UNIX if where[0] == "/" else socket.AF_INET)
c.sock.connect(where if where[0] == "/" else ("127.0.0.1", int(where)))
c.request(sys.argv[3] if len(sys.argv) > 3 else "GET", path)
r = c.getresponse()
print(r.status, r.getheader("Content-Type"))
sys.stdout.write(r.read().decode())
EOP
get() { python3 "$scratch/get.py" "${where:-$mport}" "$@" 2>&1; }
# of NAME LABELS: the value, summed up over lines that match
of() {
	get /metrics | sed -n "s/^sallyport_tunnel_$1 //p" | awk '{ n += $1 } END { print n + 0 }'
}
mport=$(freeport)
globals() { printf 'metrics = 127.0.0.1:%s\nworkers = 2\n' "$mport"; }
with() { # with LINES...
	{ globals; server "$@"; } > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
with "CAfile = $pki/ca.crt"
like "$(get /healthz)" '200 text/plain*ok' 'healthy'
like "$(get /)" '404 *' 'nothing else is there'
like "$(get /metrics POST)" '405 *' 'and nothing to be changed'
is "$(of 'handshakes_total{service="rsync",kind="full"}')" 0 'no handshake yet'

s_client -no_ticket
s_client -no_ticket
is "$(of 'connections_accepted_total{service="rsync"}')" 2 'connections accepted'
is "$(of 'connections_total{service="rsync",result="closed"}')" 2 'closed'
is "$(of 'connections_total{service="rsync",result="reset"}')" 0 'reset'
is "$(of 'handshakes_total{service="rsync",kind="full"}')" 2 'full handshakes'
is "$(of 'bytes_total{service="rsync",direction="to_plain"}')" 10 'bytes in'
is "$(of 'bytes_total{service="rsync",direction="to_tls"}')" 10 'bytes out'
is "$(of 'first_byte_seconds_count{service="rsync"}')" 2 'first bytes'
is "$(of 'first_byte_seconds_bucket{service="rsync",le="+Inf"}')" 2 'their histogram ends with all of them'
days=$(($(of 'certificate_expiry_seconds{service="rsync"}') / 3600 / 24))
ok 'the certificate has its time' test "$days" -ge 29 -a "$days" -le 30
is "$(of generation)" 1 'the first generation'
is "$(of workers)" 2 'both workers'
is "$(of vault_queue)" 0 'nobody waits for the vault'

# resumed, and what fails
printf 'ping\n' | openssl s_client -ign_eof -sess_out "$scratch/sess" -connect "127.0.0.1:$tport" > /dev/null 2>&1
printf 'ping\n' | openssl s_client -ign_eof -sess_in "$scratch/sess" -connect "127.0.0.1:$tport" > /dev/null 2>&1
is "$(of 'handshakes_total{service="rsync",kind="resumed"}')" 1 'a resumed handshake'
printf 'GET / HTTP/1.0\r\n\r\n' | "$peer" send "$tport" 'GET / HTTP/1.0' > /dev/null
openssl s_client -tls1_3 -verify_return_error -CAfile "$pki/other-ca.crt" -connect "127.0.0.1:$tport" < /dev/null > /dev/null 2>&1
is "$(of 'handshake_failures_total{service="rsync",reason="tls"}')" 1 'what is not TLS'
is "$(of 'handshake_failures_total{service="rsync",reason="peer_alert"}')" 1 'who does not trust us'

# through reloads, dead workers and dead exporters
before=$(of 'connections_total{.*')
kill -HUP "$tunnel_pid"
logged 'its last connection is closed'
is "$(of generation)" 2 'a reload is a generation'
is "$(of 'connections_total{.*')" "$before" 'and no number gets less'
for _p in $(sed -n 's/.*Worker \([0-9]*\): uid.*/\1/p' "$tlog" | tail -n 2); do kill -9 "$_p"; done
logged 'terminated on signal 9: starting another'
is "$(of 'connections_total{.*')" "$before" 'nor by workers that die'
again() { for _i in 1 2 3 4 5 6 7 8 9 10; do s_client; [ "$out" != PING ] || return 0; sleep 0.2; done; return 1; }
ok 'new ones come' again
is "$(of 'connections_total{.*')" $((before + 1)) 'and go on counting'
exporter() { sed -n 's/.*Exporter \([0-9]*\): uid.*/\1/p' "$tlog" | tail -n 1; }
old=$(exporter)
kill -9 "$old"
ok 'an exporter that dies is replaced' logged "Exporter $old terminated on signal 9: starting another"
is "$(of 'connections_total{.*')" $((before + 1)) 'and tells the same'

# half requests of somebody who goes on sending them, a byte at a time, and never ends one
cat > "$scratch/half.py" <<'EOP'
import socket, sys, threading
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
for s in held: s.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
def trickle():
    while True:
        for s in held:
            try: s.send(b"x")
            except OSError: pass
        threading.Event().wait(0.2)
threading.Thread(target=trickle, daemon=True).start()
print("holding", flush=True)
sys.stdin.readline()
EOP
mkfifo "$scratch/in.half"
: > "$scratch/half.log"
sh -c "exec python3 '$scratch/half.py' $mport < '$scratch/in.half'" > "$scratch/half.log" 2>&1 &
half=$!
servers="$servers $half"
exec 6> "$scratch/in.half"
"$await" line "$scratch/half.log" holding
like "$(get /healthz)" '200 *ok' 'half requests keep nobody else out'
exec 6>&-
stop "$half"

# its walls
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(exporter)/status"; }
if [ "$(status Seccomp)" = 2 ] || ! ls "$top_builddir/config.h" > /dev/null 2>&1 || ! grep -q '^#define SALLYPORT_SANITIZE' "$top_builddir/config.h"; then
	is "$(status Seccomp)$(status NoNewPrivs)" 21 'system calls are filtered'
else skip 'system calls are filtered' 'sanitizers'; fi
is "$(status CapEff)" "$([ "$(id -u)" != 0 ] && status CapEff || echo 0000000000000000)" 'no capabilities'
is "$(ls -l "/proc/$(exporter)/fd" | grep -c memfd:keys)" 0 'no keys'
# of the listening sockets it has its own only
is "$(ss -Htlnp 2> /dev/null | grep "pid=$(exporter)," | awk '{ print $4 }')" "127.0.0.1:$mport" 'and no other socket'
is "$(ss -Htlnp "sport = :$mport" 2> /dev/null | grep -o 'pid=[0-9]*' | sort -u | wc -l)" 2 'which only it and the master have'
stop "$tunnel_pid"

# another process takes the port along
globals() { printf 'metrics = 127.0.0.1:%s\nworkers = 2\npid = %s\n' "$mport" "$scratch/pid"; }
with
cp "$tconf" "$scratch/next.conf"
spawn "$scratch/next.log" "$tunnel" --takeover "$scratch/pid" "$scratch/next.conf"
"$await" line "$scratch/next.log" 'Takeover: the other process drains'
"$await" gone "$tunnel_pid"
like "$(get /healthz)" '200 *ok' 'a takeover has the port, too'
stop "$pid"

# a UNIX socket, its end, and limits in numbers
with 'retry = no'
sed "s,^metrics.*,metrics = $scratch/numbers," "$tconf" > "$tconf.new"
mv "$tconf.new" "$tconf"
sed -i '1i connectionRateAddress = 1' "$tconf"
kill -HUP "$tunnel_pid"
ok 'the old port is closed' "$peer" closed "$mport"
where=$scratch/numbers
like "$(get /healthz)" '200 *ok' 'a UNIX socket'
all=
for _i in 1 2 3 4 5 6 7 8; do s_client & all="$all $!"; done
wait $all
ok 'refused connections are counted' test "$(of 'connections_total{service="rsync",result="refused_rate"}')" -ge 1
sed -i '/^metrics/d' "$tconf"
kill -HUP "$tunnel_pid"
gone() { _n=0; while [ -e "$where" ] && [ $_n -lt 50 ]; do _n=$((_n + 1)); sleep 0.1; done; [ ! -e "$where" ]; }
ok 'and it goes with the option' gone
stop "$tunnel_pid"

{ printf 'metricsPublic = yes\nmetrics = 0.0.0.0:%s\n' "$mport"; server; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
where=
like "$(get /healthz)" '200 *' 'beyond the machine where it is allowed'
stop "$tunnel_pid"

refused() { # refused VALUE WORDS
	{ echo "metrics = $1"; server; } > "$scratch/x.conf"
	fails 1 "refused: $1" "$tunnel" "$scratch/x.conf"
	like "$out" "*$scratch/x.conf:1: \"metrics = $1\": $2*" 'with the reason'
}
refused 0.0.0.0:9100 'Numbers are for this machine only'
refused 192.0.2.1:9100 'Numbers are for this machine only'
refused 9100 'The argument needs to be ADDRESS:PORT'
