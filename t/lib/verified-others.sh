# What t/deploy/951 runs as a service of the machine that it boots: deployments of other programs, green, and some changes; then "done".
. /trial/verifying.sh

mkdir -p $etc/tls /srv/pub /srv/open/secret
echo hello > /srv/pub/a
cp pki/server.crt pki/server.key $etc/tls
ip link set lo up
cat pki/server.crt pki/server.key > $etc/tls/host.pem; chmod 600 $etc/tls/server.key $etc/tls/host.pem
# other NAME PROGRAM DOOR LISTEN PRIVILEGED FIREWALL: installed, started, green
other() {
	_files='cert = "/etc/sallyport/tls/server.crt"; key = "/etc/sallyport/tls/server.key";'
	[ "$3" != haproxy ] || _files='cert = "/etc/sallyport/tls/host.pem";'
	sallyport uninstall > out 2>&1
	rm -rf /run/sallyport
	printf '%s\n' 'host = "localhost";' "daemon = { program = \"$2\"; listen = [ \"$4\" ]; privileged = $5; $([ "$2" = rsync ] || echo "ledger = true;") };" \
	    'modules = ( { name = "pub"; path = "/srv/pub"; users = [ "alice" ]; }, { name = "open"; path = "/srv/open"; exclude = [ "secret" ]; } );' \
	    'users = ( { name = "alice"; } );' "door = { kind = \"$3\"; $_files };" "firewall = { kind = \"$6\"; clients = [ \"192.0.2.0/24\" ]; };" \
	    'client = { ca = "/trial/pki/ca.crt"; };' > d.conf
	ok "$1: is installed and started" installed
	verify > last
	_r=$?
	is $_r 0 "$1: is as it should be"
	grep -v '^pass' last | sed 's/^/# /'
	[ $_r -eq 0 ] || journalctl -q -o short-monotonic --no-hostname -n 30 | sed 's/^/# /'
}
closed() { _u="$(grep -o '[^ ]*\.\(service\|socket\)' next | sort -u | tr '\n' ' ')"; systemctl disable --now $_u "$@"; }
other 'a port, never root, iptables' sallyport tunnel 127.0.0.1:873 false iptables
load='systemctl restart sallyport-firewall.service; systemctl start sallyport-tunnel.socket'
red firewall firewall.iptables 'a rule of IPv4 is taken out' 'iptables -D SALLYPORT-TLS 1' "$load"
red firewall firewall.ip6tables 'a rule of IPv6 is added' 'ip6tables -I SALLYPORT-TLS -j ACCEPT' "$load"
red firewall firewall.jump 'nothing leads to our rules' 'iptables -D INPUT -j SALLYPORT-IN' "$load"
closed sallyport-syncd.service sallyport-tunnel.service > out 2>&1
other 'rsync and stunnel' rsync stunnel 127.0.0.1:873 true nftables
red listen listen.daemon 'rsync listens elsewhere' "systemctl stop rsync.service; beside 873 socat TCP4-LISTEN:873,bind=127.0.0.2,fork,reuseaddr OPEN:/dev/null" "$gone; systemctl start rsync.service"
red unit unit.rsync.dropins 'the walls around rsync are gone' "mv $units/rsync.service.d/50-sallyport.conf x; systemctl daemon-reload" \
    "mv x $units/rsync.service.d/50-sallyport.conf; systemctl daemon-reload"
closed stunnel@sallyport.service > out 2>&1
other 'HAProxy and ours' sallyport haproxy /run/sallyport/syncd.sock true nftables
closed sallyport-syncd.service > out 2>&1
sallyport verify kubernetes.conf > last; is "$? $(tail -n 1 last)" '0 0 passed, 0 failed, 1 not checked' 'of a cluster nothing is here'
echo done
