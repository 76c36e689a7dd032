# What t/deploy/952 runs as a service of the machine that it boots: certificates that are users, green, and red for each change; then "done".
. /trial/verifying.sh

mkdir -p /srv/pub /srv/alice
echo hello > /srv/pub/a
ip link set lo up
made() { # made NAME CLIENTS DOOR [MORE]: installed, started, green
	sallyport uninstall > out 2>&1
	printf '%s\n' 'host = "localhost";' "modules = ( { name = \"pub\"; path = \"/srv/pub\"; }, { name = \"alice\"; path = \"/srv/alice\"; clients = [ $2 ]; } );" \
	    "door = { $3 };" "${4:-}" 'firewall = { clients = [ "192.0.2.0/24" ]; };' > d.conf
	ok "$1: is installed and started" installed
	verify > last
	_r=$?
	is $_r 0 "$1: is as it should be"
	grep -v '^pass' last | sed 's/^/# /'
}
points() { for _p in "$@"; do grep -q "^pass  identity.$_p  alice" last || echo "$_p"; done; }
made 'names' '"cn:alice", "cn:bob"' 'authority = "own";'
is "$(points header bare forged door stranger)" '' 'all of it was asked'
is "$(sallyport client list | grep -c .)" 0 'and no certificate is left of it'

edit() { sed -i "$2" "$etc/$1"; }
# started anew, however often that was
anew() { systemctl reset-failed; systemctl restart "$1"; }
daemon='sallyport install d.conf; anew sallyport-syncd.service'
door='sallyport install d.conf; anew sallyport-tunnel.service'
changed() { edit "$1" "$2"; anew "$3"; }
red identity identity.header 'the daemon takes no headers' "changed syncd.conf '/^socket proxy protocol/d' sallyport-syncd.service" "$daemon"
red identity identity.header 'the daemon lets in nobody of that name' "changed syncd.conf 's/^tls users.*/tls users = cn:carol/' sallyport-syncd.service" "$daemon"
red identity identity.bare 'the daemon asks for no certificate' "changed syncd.conf '/^tls users/d; /^require tls/d' sallyport-syncd.service" "$daemon"
red identity identity.forged 'everybody on this machine is the door' "changed syncd.conf 's/^socket peers.*/&, root/' sallyport-syncd.service" "$daemon"
red identity identity.door 'the door tells of no certificates' "changed tunnel.conf '/^proxyTLV/d' sallyport-tunnel.service" "$door"
red identity identity.door 'the door says headers of version 1' "changed tunnel.conf '/^proxyTLV/d; /^proxyVersion/d' sallyport-tunnel.service" "$door"
red identity identity.stranger 'the daemon lets in any name' "changed syncd.conf 's/^tls users.*/tls users = cn:*/' sallyport-syncd.service" "$daemon"
verify --only identity > last; is "$?" 0 'and then it is as before'

made 'a pattern' '"cn:web-*"' 'authority = "own";'
is "$(points header bare forged door) $(grep -c '^not checked  identity.stranger  ' last)" ' 1' 'a pattern may let in any name'
made 'a group' '"@staff"' 'authority = "own";' 'groups = ( { name = "staff"; members = [ "cn:bob", "cn:alice" ]; } );'
is "$(points header bare forged door stranger)" '' 'a group has names, too'
red identity identity.header 'the group has lost them' "edit syncd.groups 's/^staff: .*/staff: cn:carol/'" 'sallyport install d.conf'
made 'keys alone' "\"key:$(printf %064d 0)\"" 'authority = "own";'
is "$(grep -c '^not checked  identity.header  ' last)" 1 'no key can be said'
mkdir -p $etc/tls; cp $etc/ca/ca.crt $etc/tls/clients.crt
made 'an authority elsewhere' '"cn:alice"' 'cert = "/etc/sallyport/tls/server.crt"; key = "/etc/sallyport/tls/server.key"; client_certs = "required"; ca = "/etc/sallyport/tls/clients.crt";' \
    'client = { ca = "/etc/sallyport/tls/clients.crt"; cert = "/trial/none.crt"; key = "/trial/none.key"; };'
is "$(points header bare forged) $(grep -c '^not checked  identity.door  .*made elsewhere' last)" ' 1' 'an authority elsewhere makes none to try with'
echo 'done'
