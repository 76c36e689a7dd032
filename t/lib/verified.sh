# What t/deploy/950 runs as a service of the machine that it boots; then "done".
. /trial/verifying.sh

# --- a deployment: our daemon behind a UNIX socket, our tunnel with client certificates, nftables
mkdir -p /etc/sallyport/tls /srv/pub /srv/open/secret
echo hello > /srv/pub/a; echo hidden > /srv/open/secret/s
cp pki/server.crt pki/server.key pki/clients.crl /etc/sallyport/tls
new_key() { openssl genpkey -algorithm ed25519 -out /etc/sallyport/ledger.key && chmod 600 /etc/sallyport/ledger.key; }
new_key
cp pki/ca.crt /etc/sallyport/tls/clients.crt
chmod 600 /etc/sallyport/tls/server.key
cat > d.conf <<'END'
host = "localhost";
daemon = { program = "sallyport"; listen = [ "/run/sallyport/syncd.sock" ]; ledger = true; ledger_key = "/etc/sallyport/ledger.key"; };
modules = ( { name = "pub"; path = "/srv/pub"; users = [ "alice" ]; }, { name = "open"; path = "/srv/open"; exclude = [ "secret" ]; } );
users = ( { name = "alice"; } );
door = { kind = "tunnel"; cert = "/etc/sallyport/tls/server.crt"; key = "/etc/sallyport/tls/server.key";
	client_certs = "required"; ca = "/etc/sallyport/tls/clients.crt"; crl = "/etc/sallyport/tls/clients.crl"; };
firewall = { kind = "nftables"; clients = [ "192.0.2.0/24" ]; };
client = { ca = "/trial/pki/ca.crt"; cert = "/trial/pki/client.crt"; key = "/trial/pki/client.key"; };
END
chmod 600 d.conf
ip link set lo up
ok 'a deployment is installed and started' installed
verify > first; is "$?" 0 'what was installed is as it should be'
grep -v '^pass' first | sed 's/^/# /'
is "$(grep -c '^pass  daemon.ledger .*entries, [1-9][0-9]* of them signed' first)" 1 'and so is the ledger'
is "$(cat /proc/[0-9]*/comm | grep -cx syncd-ledger)" 1 'the process that signs it was among those that were asked'

# --- one thing at a time is changed by hand: verify is red, and says which; then it is as before
# files
red file file.content 'a line is added to a configuration' "echo '# more' >> $etc/syncd.conf" "$again"
red file file.content 'a wall is taken out of a unit' "sed -i /NoNewPrivileges/d $units/sallyport-tunnel.service" "$again"
red file file.content 'a file is gone' "rm $etc/firewall-remove.nft" "$again"
red file file.mode 'everybody may write a configuration' "chmod 666 $etc/tunnel.conf" "$again"
red file file.mode 'others may read the secrets' "chmod 644 $etc/syncd.secrets" "$again"
red file file.owner 'another user owns the secrets' "chown nobody $etc/syncd.secrets" "chown root $etc/syncd.secrets"
red file file.path 'everybody may write a directory above' "chmod 777 $etc" "chmod 755 $etc"
red file file.content 'a link of a stranger leads there' "mv $etc/tunnel.conf x; ln -s /trial/x $etc/tunnel.conf; chown -h nobody $etc/tunnel.conf" \
    "rm $etc/tunnel.conf; mv x $etc/tunnel.conf"
red file file.leftover 'an earlier deployment left a file' "cp /var/lib/sallyport/installed list; sed 's|etc/sallyport/syncd.conf|etc/sallyport/rsyncd.conf|' list >> /var/lib/sallyport/installed" \
    'cp list /var/lib/sallyport/installed'
red key secrets.placeholder 'a secret is a placeholder' "cp -p $etc/syncd.secrets s; echo alice:CHANGE-ME-TO-A-LONG-RANDOM-STRING > $etc/syncd.secrets" "cp -p s $etc/syncd.secrets"
red key key.mode 'everybody may read the key' "chmod 644 $etc/tls/server.key" "chmod 600 $etc/tls/server.key"
red key key.mode 'the key is another user'\''s' "chown nobody $etc/tls/server.key" "chown root $etc/tls/server.key"
red key key.mode 'everybody may read the key of the ledger' "chmod 644 $etc/ledger.key" "chmod 600 $etc/ledger.key"
red key key.path 'everybody may put another key there' "chmod 777 $etc/tls" "chmod 755 $etc/tls"
red key key.mode 'the key is reached by a stranger'\''s link' "mv $etc/tls/server.key x; ln -s /trial/x $etc/tls/server.key; chown -h nobody $etc/tls/server.key" \
    "rm $etc/tls/server.key; mv x $etc/tls/server.key"
red key cert.mode 'everybody may write the clients'\'' authority' "chmod 666 $etc/tls/clients.crt" "chmod 644 $etc/tls/clients.crt"
red key host.files 'the daemon may not enter a module' 'chown daemon /srv/pub; chmod 700 /srv/pub' 'chown root /srv/pub; chmod 755 /srv/pub'

# certificates on the disk; the door would take them, so it does not look meanwhile
systemctl stop sallyport-tunnel.service 2> /dev/null
put() { cp "pki/$1" "$etc/tls/$2"; }
back="put server.crt server.crt; put server.key server.key; put ca.crt clients.crt; put clients.crl clients.crl; chmod 600 $etc/tls/server.key"
red cert cert.expiry 'the certificate has ended' 'put expired.crt server.crt; put expired.key server.key' "$back"
red cert cert.expiry 'the certificate ends in a week' 'put soon.crt server.crt; put soon.key server.key' "$back"
red cert cert.name 'the certificate is for another name' 'put wrongname.crt server.crt; put wrongname.key server.key' "$back"
red cert cert.key 'the key is of another certificate' 'put wrongname.key server.key' "$back"
red cert cert.chain 'the certificate is of an authority that nobody believes' 'put stranger.crt server.crt; put stranger.key server.key' "$back"
red cert cert.crl 'the revocation list is old' 'put old.crl clients.crl' "$back"
red cert cert.ca 'there is no authority in its file' ": > $etc/tls/clients.crt" "$back"

# the door as it runs
# (a file goes back at once; its service has it again with the next change, or at the end)
cp -p $etc/tunnel.conf $etc/syncd.conf .
door="cp -p tunnel.conf $etc" daemon="cp -p syncd.conf $etc"
edit() { sed -i "$2" "$etc/$1"; systemctl restart "sallyport-${1%.conf}.service"; }
red door tls.floor 'TLS 1.0 is taken' "edit tunnel.conf 's/^sslVersionMin.*/sslVersionMin = TLSv1/; s/^ciphers.*/ciphers = ALL:@SECLEVEL=0/'" "$door"
red door tls.1.2 'TLS 1.2 is refused' "edit tunnel.conf 's/^sslVersionMin.*/sslVersionMin = TLSv1.3/'" "$door"
red door tls.1.3 'TLS 1.3 is refused' "edit tunnel.conf 's/^sslVersionMin.*/&\nsslVersionMax = TLSv1.2/'" "$door"
red door door.no-certificate 'no certificate is asked for' "edit tunnel.conf '/^verifyChain/d; /^CAfile/d; /^CRLfile/d; /^revokeLive/d'" "$door"
red door door.greeting 'the door shows another certificate' "put wrongname.crt server.crt; put wrongname.key server.key; systemctl restart sallyport-tunnel.service" "$back; $door"
systemctl restart sallyport-tunnel.service 2> /dev/null
red door door.greeting 'the daemon is not there' 'systemctl stop sallyport-syncd-unix.socket sallyport-syncd.service' 'systemctl start sallyport-syncd-unix.socket'
red door door.silent 'some silent connections are all that the door holds' "edit tunnel.conf 's/^connectionsMax.*/connectionsMax = 9/'" "$door"

# the daemon as it runs
systemctl restart sallyport-tunnel.service 2> /dev/null
red daemon daemon.modules 'a module is not served' "edit syncd.conf '/^.open.$/,\$d'" "$daemon"
red daemon daemon.modules 'another one is' "printf '[more]\npath = /srv\n' >> $etc/syncd.conf; systemctl restart sallyport-syncd.service" "$daemon"
red daemon daemon.anonymous 'no secret is asked for' "edit syncd.conf '/^auth users/d'" "$daemon"
red daemon daemon.login 'a module lets nobody in' "edit syncd.conf 's/^path = .srv.pub$/&\nhosts allow = 192.0.2.9/'" "$daemon"
red daemon daemon.hidden 'what a module hides is shown' "edit syncd.conf '/^exclude/d'" "$daemon"
red daemon daemon.outside 'a module serves the whole machine' "edit syncd.conf 's/^path = .srv.pub$/path = \//'" "$daemon"
red daemon daemon.peers 'everybody on this machine is the door' "edit syncd.conf 's/^socket peers.*/&, root/'" "$daemon"
systemctl restart sallyport-syncd.service 2> /dev/null
ledger=/var/log/sallyport/ledger
red daemon daemon.ledger 'a line of the ledger is another' "cp -p $ledger led; sed -i '2s/\"20/\"21/' $ledger" "cp -p led $ledger"
red daemon daemon.ledger 'the ledger is gone' "mv $ledger led; : > $ledger" "mv led $ledger"
red daemon daemon.ledger 'another key has signed it' "cp -p $etc/ledger.key key; new_key" "cp -p key $etc/ledger.key"
systemctl restart sallyport-syncd.service 2> /dev/null
red daemon daemon.forged-header 'clients say who they are' "edit tunnel.conf '/^protocol = proxy/d; /^proxyVersion/d; /^proxyTLV/d'" "$door"

# who listens
systemctl restart sallyport-tunnel.service 2> /dev/null
red listen listen.plain 'another daemon listens at all addresses' 'beside 873 socat TCP4-LISTEN:873,fork,reuseaddr OPEN:/dev/null' "$gone"
red listen listen.plain 'and at those of IPv6' 'beside 873 socat TCP6-LISTEN:873,fork,reuseaddr,ipv6only OPEN:/dev/null' "$gone"
red listen listen.daemon 'another daemon listens on loopback, where none shall' 'beside 873 socat TCP4-LISTEN:873,bind=127.0.0.1,fork,reuseaddr OPEN:/dev/null' "$gone"
red listen socket.mode 'everybody may open the daemon'\''s socket' 'chmod 666 /run/sallyport/syncd.sock' 'chmod 660 /run/sallyport/syncd.sock'
red listen listen.socket 'the daemon'\''s socket is not there' 'systemctl stop sallyport-syncd-unix.socket sallyport-syncd.service' 'systemctl start sallyport-syncd-unix.socket'
red listen listen.door 'the door is closed' 'systemctl stop sallyport-tunnel.socket sallyport-tunnel.service' :
red listen 'listen.door listen.owner' 'another program is at the door, for one family' 'beside 874 socat TCP4-LISTEN:874,fork,reuseaddr OPEN:/dev/null' "$gone"
red door door.plaintext 'and speaks no TLS' 'beside 874 socat TCP4-LISTEN:874,fork,reuseaddr SYSTEM:"echo @RSYNCD\: 31.0; sleep 1"' \
    "$gone; systemctl start sallyport-tunnel.socket"

# units: what is in force, by drop-ins
walls='NoNewPrivileges ProtectSystem ProtectHome PrivateTmp PrivateDevices PrivateMounts PrivateNetwork ProtectKernelTunables ProtectKernelModules
	ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname LockPersonality MemoryDenyWriteExecute RestrictRealtime RestrictNamespaces RemoveIPC'
all='[Service]\n' ids=
for wall in $walls; do all="$all$wall=no\n" ids="$ids unit.syncd.$wall"; done
all="${all}CapabilityBoundingSet=CAP_SYS_ADMIN\nAmbientCapabilities=CAP_CHOWN\nSystemCallFilter=\nRestrictAddressFamilies=AF_INET\nIPAddressDeny=\nReadWritePaths=/etc\nUMask=0\n"
all="${all}LimitCORE=infinity\nProtectProc=default\nProcSubset=all\nExecPaths=/bin\nKeyringMode=inherit\nTasksMax=9999\nOOMPolicy=kill\nDevicePolicy=auto\n"
for wall in CapabilityBoundingSet AmbientCapabilities SystemCallFilter RestrictAddressFamilies IPAddressDeny ReadWritePaths UMask LimitCORE ProtectProc ProcSubset \
    ExecPaths KeyringMode TasksMax OOMPolicy DevicePolicy exposure dropins; do ids="$ids unit.syncd.$wall"; done
red unit "$ids" 'every wall of the daemon is lowered by a drop-in' 'dropin sallyport-syncd.service "$all"' 'undrop sallyport-syncd.service'
red unit unit.tunnel.dropins 'a drop-in that does nothing' 'dropin sallyport-tunnel.service "[Unit]\n"' 'undrop sallyport-tunnel.service'
red unit 'unit.tunnel.User unit.tunnel.PrivateUsers' 'the tunnel would run as root' 'dropin sallyport-tunnel.service "[Service]\nUser=root\nPrivateUsers=no\n"' \
    'undrop sallyport-tunnel.service'
red unit 'unit.tunnel-socket.ListenStream unit.tunnel-socket.IPAddressDeny' 'the door would listen elsewhere, for all' \
    'dropin sallyport-tunnel.socket "[Socket]\nListenStream=\nListenStream=8740\nIPAddressDeny=\n"' 'undrop sallyport-tunnel.socket'
red unit unit.syncd-unix-socket.SocketMode 'everybody could open the socket' 'dropin sallyport-syncd-unix.socket "[Socket]\nSocketMode=0666\n"' 'undrop sallyport-syncd-unix.socket'
red unit unit.syncd.ExecStart 'the daemon has another configuration' \
    'dropin sallyport-syncd.service "[Service]\nExecStart=\nExecStart=/usr/sbin/sallyport-syncd --daemon --no-detach --config=/etc/rsyncd.conf\n"' \
    'undrop sallyport-syncd.service'
red unit unit.syncd.WatchdogSec 'nobody sees to it that the daemon moves' \
    'dropin sallyport-syncd.service "[Service]\nWatchdogSec=0\n"; systemctl restart sallyport-syncd.service' 'undrop sallyport-syncd.service; systemctl restart sallyport-syncd.service'
red unit unit.syncd.reload 'a unit has changed, and is not loaded' "echo >> $units/sallyport-syncd.service" "$again; systemctl daemon-reload"
red unit unit.tunnel-socket.enabled 'the door would be closed after the next boot' 'systemctl disable sallyport-tunnel.socket' 'systemctl enable sallyport-tunnel.socket'
red unit 'unit.firewall.state unit.tunnel-socket.state' 'the firewall is stopped' 'systemctl stop sallyport-firewall.service' 'systemctl start sallyport-tunnel.socket'
red unit unit.syncd.state 'a unit is masked' "mv $units/sallyport-syncd.service x; ln -s /dev/null $units/sallyport-syncd.service; systemctl daemon-reload" \
    "mv x $units/sallyport-syncd.service; systemctl daemon-reload"
red unit unit.syncd.file 'a unit is of another place' "mkdir -p /run/systemd/system; mv $units/sallyport-syncd.service /run/systemd/system; systemctl daemon-reload" \
    "mv /run/systemd/system/sallyport-syncd.service $units; systemctl daemon-reload"

# processes
weak="[Service]\nCapabilityBoundingSet=~\nNoNewPrivileges=no\nSystemCallFilter=\nSystemCallArchitectures=\nRestrictNamespaces=no\nRestrictRealtime=no\nLockPersonality=no\nMemoryDenyWriteExecute=no\nProtectClock=no\nProtectKernelModules=no\nProtectKernelLogs=no\nProtectHostname=no\nPrivateDevices=no\nRestrictAddressFamilies=\nProtectKernelTunables=no\nRestrictSUIDSGID=no\n"
red process 'process.syncd.CapBnd process.syncd.NoNewPrivs' 'the daemon runs without its unit'\''s walls' \
    'dropin sallyport-syncd.service "$weak"; systemctl restart sallyport-syncd.service' 'undrop sallyport-syncd.service; systemctl restart sallyport-syncd.service'
red process 'process.syncd.Seccomp process.syncd.CapBnd process.syncd.exe' 'another process is put into the unit' \
    'sleep 60 & beside=$!; echo $beside > /sys/fs/cgroup/system.slice/sallyport-syncd.service/cgroup.procs' 'kill $beside; wait $beside || :'
# (the tunnel itself ends soon as root within that unit, since its parts cannot give up what they have)
red process 'process.tunnel.uid process.tunnel.exe' 'the tunnel is root' 'dropin sallyport-tunnel.service "[Service]\nUser=root\nGroup=root\nType=exec\nNoExecPaths=\nExecStart=\nExecStart=/bin/sleep 60\n"; systemctl restart sallyport-tunnel.service' \
    'undrop sallyport-tunnel.service; systemctl restart sallyport-tunnel.service'
red process process.syncd.exe 'the program was replaced, and runs on' 'cp -p /usr/sbin/sallyport-syncd x; mv x /usr/sbin/sallyport-syncd' 'systemctl restart sallyport-syncd.service'
red process process.syncd.stray 'a daemon runs outside its unit' \
    'printf "port = 8730\naddress = 127.0.0.1\n[x]\npath = /srv\n" > x.conf; beside 8730 sallyport-syncd --daemon --no-detach --config=/trial/x.conf' "$gone"

# the firewall that is loaded
load='systemctl restart sallyport-firewall.service; systemctl start sallyport-tunnel.socket'
red firewall firewall.table 'the table is gone' 'nft delete table inet sallyport' "$load"
red firewall firewall.table 'all tables are flushed' 'nft flush ruleset' "$load"
red firewall firewall.table 'a chain is empty' 'nft flush chain inet sallyport tls' "$load"
red firewall firewall.table 'a rule is added' 'nft insert rule inet sallyport input tcp dport 874 accept' "$load"
red firewall firewall.table 'a rule is taken out' "nft delete rule inet sallyport early handle \$(nft -a list chain inet sallyport early | sed -n 's/.*ip6 saddr.*handle //p')" "$load"
red firewall firewall.table 'a source is added' 'nft add element inet sallyport allow4 { 198.51.100.0/24 }' "$load"
red firewall firewall.table 'all of IPv6 is let in' 'nft add element inet sallyport allow6 { ::/1, 8000::/1 }' "$load"
red firewall firewall.other 'another table lets 873 in' 'nft add table ip other; nft "add chain ip other in { type filter hook input priority 0; }"; nft add rule ip other in tcp dport 873 accept' \
    'nft delete table ip other'
red firewall firewall.other 'another table leads the port elsewhere' \
    'nft add table ip6 other; nft "add chain ip6 other pre { type nat hook prerouting priority -100; }"; nft add rule ip6 other pre tcp dport 874 redirect to :8873' \
    'nft delete table ip6 other'
red firewall firewall.closed 'another chain drops what comes in' 'nft add table inet other; nft "add chain inet other in { type filter hook input priority 0; policy drop; }"' \
    'nft delete table inet other'

verify > last; is "$?" 0 'everything is as it was'
grep -v '^pass' last | sed 's/^/# /'
echo "# $count points told of changes"

# --- how it says so
verify --json > json; is "$?" 0 'as JSON'
if command -v python3 > /dev/null; then
	ok 'which is read by others' python3 -c 'import json; d = json.load(open("json")); assert d["failed"] == 0 and d["passed"] > 200 and {"id", "subject", "result", "seen", "wanted", "mend"} == set(d["points"][0])'
fi
setpriv --reuid=65534 --regid=65534 --clear-groups sallyport verify d.conf > nobody 2>&1; is "$?" 2 'another user cannot read the file'
cp d.conf read.conf; chmod 644 read.conf
setpriv --reuid=65534 --regid=65534 --clear-groups sallyport verify read.conf > nobody 2>&1; is "$?" 0 'and with one that he can, asks what he may'
ok 'and is told the rest' grep -q '^not checked  .*root is needed' nobody
grep '^FAIL' nobody | sed 's/^/# /'
sallyport verify absent.conf > out 2>&1; is "$?" 2 'a file that is not there is a status of its own'
sallyport verify d.conf --only nonsense > out 2>&1; is "$?" 2 'so is a group that is not there'

# --- from another host: one that is listed, one that is not
for h in 2 3; do
	ip netns add "h$h"; ip link add "v$h" type veth peer name e netns "h$h"
	ip -n "h$h" link set e up; ip link set "v$h" up
done
ip addr add 192.0.2.1/24 dev v2; ip -n h2 addr add 192.0.2.2/24 dev e
ip addr add 198.51.100.1/24 dev v3; ip -n h3 addr add 198.51.100.2/24 dev e
from() { ip netns exec "$1" sallyport verify d.conf --from "$2"; }
from h2 192.0.2.1 > two; is "$?" 0 'a listed host meets the door, and nothing else'
ok 'and says so' grep -q '^pass  outside.door' two
from h3 198.51.100.1 > three; is "$?" 0 'another meets silence'
ok 'and says so, too' grep -q '^pass  outside.unlisted' three
nft delete table inet sallyport
dropin sallyport-tunnel.socket '[Socket]\nIPAddressDeny=\n'; systemctl restart sallyport-tunnel.socket 2> /dev/null
systemctl stop sallyport-firewall.service 2> /dev/null
beside 873 socat TCP4-LISTEN:873,fork,reuseaddr OPEN:/dev/null
from h3 198.51.100.1 > three
ok 'without a firewall that is red' grep -q '^FAIL  outside.plain' three
kill $beside
echo done
