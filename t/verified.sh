# What t/950 runs as a service of the machine that it boots.  Lines of "ok NAME", "not ok NAME" and "# why", then "done".
cd /trial || exit 1
PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_PAGER='' SYSTEMD_COLORS=0
export PATH SYSTEMD_PAGER SYSTEMD_COLORS
say() { if [ "$1" -eq 0 ]; then echo "ok $2"; else echo "not ok $2"; fi; }
ok() { # ok NAME COMMAND...
	_name=$1; shift
	"$@" > out 2>&1
	_r=$?
	say $_r "$_name"
	[ $_r -eq 0 ] || tail -n 8 out | sed 's/^/# /'
}
is() { if [ "$1" = "$2" ]; then say 0 "$3"; else say 1 "$3"; echo "# got:    $1"; echo "# wanted: $2"; fi; }

# --- a deployment: our daemon behind a UNIX socket, our tunnel with client certificates, nftables
mkdir -p /etc/sallyport/tls /srv/pub /srv/open/secret
echo hello > /srv/pub/a; echo hidden > /srv/open/secret/s
cp pki/server.crt pki/server.key pki/clients.crl /etc/sallyport/tls
cp pki/ca.crt /etc/sallyport/tls/clients.crt
chmod 600 /etc/sallyport/tls/server.key
cat > d.conf <<'END'
host = "localhost";
daemon = { program = "sallyport"; listen = [ "/run/sallyport/syncd.sock" ]; };
modules = ( { name = "pub"; path = "/srv/pub"; users = [ "alice" ]; }, { name = "open"; path = "/srv/open"; exclude = [ "secret" ]; } );
users = ( { name = "alice"; } );
door = { kind = "tunnel"; cert = "/etc/sallyport/tls/server.crt"; key = "/etc/sallyport/tls/server.key";
	client_certs = "required"; ca = "/etc/sallyport/tls/clients.crt"; crl = "/etc/sallyport/tls/clients.crl"; };
firewall = { kind = "nftables"; clients = [ "192.0.2.0/24" ]; };
client = { ca = "/trial/pki/ca.crt"; cert = "/trial/pki/client.crt"; key = "/trial/pki/client.key"; };
END
chmod 600 d.conf
ip link set lo up
sallyport install d.conf > out 2>&1
sed -n '/^next:/,$p' out | sed 1d > next
ok 'a deployment is installed and started' sh -e next
verify() { sallyport verify d.conf "$@"; }
verify > first; is "$?" 0 'what was installed is as it should be'
grep -v '^pass' first | sed 's/^/# /'
echo done
