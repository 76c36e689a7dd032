# What t/units/710 runs as a service of the machine that it boots.
. /trial/inside.sh

# install_units DIRECTORY...: exactly the units of these are there, and none of them runs
installed=
install_units() {
	[ -z "$installed" ] || systemctl stop $installed 2> /dev/null
	rm -rf /etc/systemd/system/sallyport* /etc/systemd/system/*.d
	installed=
	for _dir; do
		cp -R "$_dir"/*.service "$_dir"/*.socket "$_dir"/*.d /etc/systemd/system 2> /dev/null
		installed="$installed $(cd "$_dir" && ls -d *.service *.socket 2> /dev/null | tr '\n' ' ')"
	done
	systemctl daemon-reload
	systemctl reset-failed
}
daemon_conf() { # daemon_conf GLOBAL-LINES: on stdin what the module "backups" has besides
	{ printf '%s\n' "$1"; printf '[pub]\npath = /srv/pub\n[backups]\npath = /srv/backups\nread only = no\n'; cat; } > /etc/sallyport/rsyncd.conf
}
tunnel_conf() { # tunnel_conf CONNECT [UNIT]
	printf 'foreground = yes\nsyslog = no\npid =\n[rsync]\naccept = 874\nconnect = %s\ncert = /etc/sallyport/tls.crt\nkey = /run/credentials/%s/tls.key\n' \
	    "$1" "${2:-sallyport-tunnel.service}"
}
tls() {
	RSYNC_CONNECT_PROG='openssl s_client -quiet -verify_return_error -verify_hostname localhost -CAfile /trial/ca.crt -connect 127.0.0.1:874 2> /dev/null' \
	    rsync "$@"
}
pulled() { # pulled COMMAND URL: the module's files come as they are
	rm -rf got
	"$1" -a --timeout=20 "$2/pub/" got/ && diff -r /srv/pub got
}
pushed() { # pushed COMMAND URL: and others are taken
	rm -rf /srv/backups/*
	"$1" -rt --timeout=20 /srv/pub/ "$2/backups/" && diff -r /srv/pub /srv/backups
}
quiet() { # quiet SERVICE...: it runs, and was never started again, and complains of nothing that the walls deny
	for _unit; do
		[ "$(show ActiveState "$_unit") $(show NRestarts "$_unit")" = 'active 0' ] || { systemctl status "$_unit"; return 1; }
	done
	! journalctl -q -o cat -u "$1" | grep -v schedparam | grep -iE 'not permitted|denied|role |SIGSYS|audit'	# a thread of stunnel's would be nicer
}

systemd-sysusers /trial/samples/sysusers.d/sallyport.conf
mkdir -p /etc/sallyport
cp server.crt /etc/sallyport/tls.crt && cp server.key /etc/sallyport/tls.key && cat server.crt server.key > /etc/sallyport/host.pem
chmod 600 /etc/sallyport/tls.key /etc/sallyport/host.pem
cp golden/nft/listed/table.nft /etc/sallyport/firewall.nft
cp golden/nft/listed/remove.nft /etc/sallyport/firewall-remove.nft
echo hello > /srv/pub/a
mkdir /srv/pub/d
head -c 300000 /dev/urandom > /srv/pub/d/b
chmod -R a+rX /srv/pub
chown nobody /srv/backups

# --- as shipped: daemon behind a UNIX socket, chroot and setuid; tunnel; firewall
install_units samples
daemon_conf 'use chroot = yes' < /dev/null
tunnel_conf /run/sallyport/rsync.sock > /etc/sallyport/tunnel.conf
ok 'firewall and sockets are enabled' systemctl enable sallyport-firewall.service sallyport-tunnel.socket sallyport-syncd-unix.socket
ok 'the sockets can be started' systemctl start sallyport-syncd-unix.socket sallyport-tunnel.socket
is "$(show ActiveState sallyport-firewall.service)" active 'the door brings the firewall with it'
ok 'the table is there' nft list table inet sallyport
is "$(show ActiveState sallyport-syncd.service) $(show ActiveState sallyport-tunnel.service)" 'inactive inactive' 'nothing runs before somebody comes'
ok 'as shipped: files are pulled' pulled tls rsync://localhost
ok 'as shipped: files are pushed' pushed tls rsync://localhost
ok 'both services are quiet' quiet sallyport-syncd.service sallyport-tunnel.service
is "$(stat -c '%U:%G %a' /run/sallyport/rsync.sock)" 'root:sallyport-tunnel 660' 'the socket is for the tunnel alone'
main=$(show MainPID sallyport-tunnel.service)
is "$(stat -c %U "/proc/$main") $(awk '/^CapBnd/ { print $2 }' "/proc/$main/status")" 'sallyport-tunnel 0000000000000000' 'the tunnel is never root'
main=$(show MainPID sallyport-syncd.service)
is "$(capsh --decode="$(awk '/^CapBnd/ { print $2 }' "/proc/$main/status")" | sed 's/.*=//')" 'cap_kill,cap_setgid,cap_setuid,cap_sys_chroot' \
    'the daemon is root with four capabilities'
is "$(show StatusText sallyport-tunnel.service)" 'Accepting new connections' 'systemctl status has the word of the tunnel'
ok 'both are reloaded' systemctl reload sallyport-syncd.service sallyport-tunnel.service
ok 'and serve' pulled tls rsync://localhost
echo nonsense >> /etc/sallyport/tunnel.conf
systemctl reload sallyport-tunnel.service
ok 'a reload of a broken file is told' becomes 'The configuration cannot be loaded: the one before is in force' show StatusText sallyport-tunnel.service
tunnel_conf /run/sallyport/rsync.sock > /etc/sallyport/tunnel.conf

# --- nftables.service, which begins by flushing all there is
for verb in start reload restart; do
	systemctl $verb nftables.service
	ok "the table outlives \"systemctl $verb nftables\"" nft list table inet sallyport
done
ok 'and the door is open, as before' systemctl start sallyport-tunnel.socket
systemctl stop nftables.service
is "$(show ActiveState sallyport-firewall.service) $(show ActiveState sallyport-tunnel.socket)" 'inactive inactive' 'without a firewall there is no door'

# --- the watchdog: one that stands still is started again
install_units golden/units/to-tcp golden/units/root-tcp
daemon_conf 'use chroot = yes' < /dev/null
tunnel_conf 127.0.0.1:873 > /etc/sallyport/tunnel.conf
watched='sallyport-tunnel.service'
grep -aq WATCHDOG=1 /usr/sbin/sallyport-syncd && watched="$watched sallyport-syncd.service"
for unit in $watched; do
	mkdir -p "/etc/systemd/system/$unit.d"
	printf '[Service]\nWatchdogSec=2\n' > "/etc/systemd/system/$unit.d/soon.conf"
done
systemctl daemon-reload
ok 'the sockets of TCP can be started' systemctl start sallyport-syncd.socket sallyport-tunnel.socket
ok 'by TCP: files are pulled without TLS' pulled rsync rsync://127.0.0.1
ok 'by TCP: and through the tunnel' pulled tls rsync://localhost
ok 'by TCP: files are pushed' pushed tls rsync://localhost
ok 'by TCP: both services are quiet' quiet sallyport-syncd.service sallyport-tunnel.service
for unit in $watched; do
	kill -STOP "$(show MainPID $unit)"
	ok "$unit that stands still is started again" becomes 1 show NRestarts $unit
done
ok 'and serves' pulled tls rsync://localhost

# --- a mirror as root
install_units golden/units/mirror
printf 'uid = root\ngid = root\n' | daemon_conf 'use chroot = yes'
chown root /srv/backups
rm -rf /srv/backups/* from
mkdir from
echo x > from/owned; chown 1234:4321 from/owned
echo x > from/suid; chmod 4755 from/suid
mknod from/null c 1 3 2> /dev/null || mkfifo from/null
systemctl start sallyport-syncd.socket
ok 'mirror: owners, modes and devices are pushed' rsync -aX --timeout=20 from/ rsync://127.0.0.1/backups/
is "$(cd /srv/backups && stat -c '%n %u:%g %a %F' owned suid null)" "$(cd from && stat -c '%n %u:%g %a %F' owned suid null)" 'mirror: and are there'
ok 'mirror: and pulled again' rsync -aX --timeout=20 rsync://127.0.0.1/backups/ back/
ok 'mirror: the service is quiet' quiet sallyport-syncd.service

# --- as root, reading what modes forbid
install_units golden/units/reads-all
printf 'uid = root\ngid = root\n' | daemon_conf "uid = root"
install -d -o nobody -m 700 /srv/pub/private
echo secret > /srv/pub/private/file
systemctl start sallyport-syncd.socket
ok 'reads-all: files are pulled that are nobody else'\''s' pulled rsync rsync://127.0.0.1
ok 'reads-all: the service is quiet' quiet sallyport-syncd.service
rm -r /srv/pub/private

# --- they bind their ports themselves
install_units golden/units/root-own golden/units/own-port
daemon_conf 'use chroot = yes' < /dev/null
tunnel_conf 127.0.0.1:873 > /etc/sallyport/tunnel.conf
chown nobody /srv/backups
ok 'own ports: both are started, and are ready then' systemctl start sallyport-syncd.service sallyport-tunnel.service
ok 'own ports: files are pulled' pulled tls rsync://localhost
ok 'own ports: files are pushed' pushed tls rsync://localhost
ok 'own ports: both are quiet' quiet sallyport-syncd.service sallyport-tunnel.service
install_units golden/units/user-own
daemon_conf 'use chroot = no' < /dev/null
ok 'own ports: a daemon that is never root' systemctl start sallyport-syncd.service
ok 'own ports: serves, too' pulled rsync rsync://127.0.0.1

# --- modules in homes, hooks, a UNIX socket of the daemon's own
install_units golden/units/home
mkdir -p /home/public_rsync '/home/in coming/100%' /home/somebody /var/log/sallyport
cp /srv/pub/a /home/public_rsync
chown nobody '/home/in coming/100%'
cat > /etc/sallyport/rsyncd.conf <<-'END'
	socket = /run/sallyport/rsync.sock
	log file = /var/log/sallyport/rsyncd.log
	[pub]
	path = /home/public_rsync
	pre-xfer exec = ls /home > /var/log/sallyport/seen; exit 0
	[in]
	path = /home/in coming/100%
	read only = no
END
ok 'homes: the daemon is started' systemctl start sallyport-syncd.service
unix() { RSYNC_CONNECT_PROG='socat - UNIX-CONNECT:/run/sallyport/rsync.sock' rsync "$@"; }
ok 'homes: a file is pulled' unix -a --timeout=20 rsync://localhost/pub/a home.a
ok 'homes: and pushed' unix -rt --timeout=20 /srv/pub/ rsync://localhost/in/
ok 'homes: and is there' diff -r /srv/pub '/home/in coming/100%'
is "$(tr '\n' ' ' < /var/log/sallyport/seen)" 'in coming public_rsync ' 'homes: of which nothing else is seen'

# --- as `sallyport install` leaves it: files are pulled and pushed with a password
hook=
# deployment PROGRAM DOOR LISTEN PRIVILEGED [FIREWALL [MORE]]: its file
deployment() {
	_files='cert = "/etc/sallyport/tls.crt"; key = "/etc/sallyport/tls.key";'
	case $2 in
	haproxy) _files='cert = "/etc/sallyport/host.pem";' ;;
	ssh) _files= ;;
	esac
	cat > d.conf <<-END
		host = "localhost";
		daemon = { program = "$1"; listen = [ "$3" ]; privileged = $4; log = "/var/log/sallyport/daemon.log"; };
		modules = ( { name = "pub"; path = "/srv/pub"; users = [ "alice" ]; $hook },
		    { name = "backups"; path = "/srv/backups"; access = "write"; users = [ "alice" ]; } );
		users = ( { name = "alice"; } );
		door = { kind = "$2"; $_files };
		firewall = { kind = "${5:-nftables}"; clients = [ "192.0.2.0/24" ]; };
		${6:-}
		END
}
ruled() { # ruled KIND: its rules are loaded
	case $1 in
	nftables) nft list table inet sallyport ;;
	iptables) iptables -S SALLYPORT-IN && ip6tables -S SALLYPORT-IN ;;
	esac
}
# deployed NAME OWNER [FIREWALL]: installed and started as its last words say, then tried
deployed() {
	_what=$1 _owner=$2 _wall=${3:-nftables}
	[ -z "$installed" ] || install_units
	rm -rf /var/log/sallyport /run/sallyport
	ok "$_what: is installed" sallyport install d.conf
	sed -n '/^next:/,$p' out | sed 1d > next
	sed -n 's/^alice://p' /etc/sallyport/syncd.secrets > password && chmod 600 password
	ok "$_what: is started as install says" sh -e next
	chown "$_owner" /srv/backups
	if [ "$_wall" != none ]; then
		is "$(show ActiveState sallyport-firewall.service)" active "$_what: and brings the firewall"
		ok "$_what: whose rules are there" ruled "$_wall"
	fi
	ok "$_what: files are pulled" pulled tls_alice rsync://alice@localhost
	ok "$_what: files are pushed" pushed tls_alice rsync://alice@localhost
	ok "$_what: the log has it" grep -q alice /var/log/sallyport/daemon.log
}
undeployed() { # undeployed UNIT...: beside what the next lines name
	_units="$(grep -o '[^ ]*\.\(service\|socket\)' next | sort -u | tr '\n' ' ')"
	systemctl disable --now $_units "$@" 2> /dev/null
	ok "$_what: is uninstalled" sallyport uninstall
}
tls_alice() { tls --password-file=password "$@"; }
hook='post_xfer_exec = "/usr/bin/touch /run/sallyport/over";'
deployment sallyport tunnel /run/sallyport/syncd.sock true iptables
hook=
deployed 'as root, behind iptables' nobody iptables
ok 'as root, behind iptables: its hook is called' becomes /run/sallyport/over ls /run/sallyport/over
systemctl stop sallyport-firewall.service
is "$(show ActiveState sallyport-tunnel.socket)" inactive 'as root, behind iptables: without a firewall there is no door'
ok 'as root, behind iptables: nor rules' sh -c '! iptables -S SALLYPORT-IN'
undeployed sallyport-syncd.service sallyport-tunnel.service
deployment rsync stunnel 127.0.0.1:873 true
deployed 'rsync and stunnel' nobody
is "$(ss -Hltn 'sport = :873' | tr -s ' ' | cut -d' ' -f4)" 127.0.0.1:873 'rsync listens on loopback and nowhere else'
ok 'stunnel is quiet' quiet stunnel@sallyport.service
undeployed stunnel@sallyport.service
deployment sallyport stunnel /run/sallyport/syncd.sock true
deployed 'stunnel and ours' nobody
ok 'stunnel and ours: the daemon is told who comes' grep -q '127\.0\.0\.1' /var/log/sallyport/daemon.log
undeployed stunnel@sallyport.service sallyport-syncd.service
deployment sallyport haproxy /run/sallyport/syncd.sock true
deployed 'HAProxy and ours' nobody
is "$(stat -c %U "/proc/$(show MainPID haproxy.service)")" haproxy 'HAProxy and ours: it is never root'
ok 'HAProxy and ours: the daemon is told who comes, and with which TLS' grep -q 'TLSv1\.[23]' /var/log/sallyport/daemon.log
undeployed sallyport-syncd.service
deployment rsync haproxy 127.0.0.1:873 true
deployed 'HAProxy and rsync' nobody
ok 'HAProxy and rsync: it is reloaded' systemctl reload haproxy.service
ok 'HAProxy and rsync: and serves' becomes yes sh -c 'RSYNC_CONNECT_PROG="openssl s_client -quiet -CAfile /trial/ca.crt -connect 127.0.0.1:874 2> /dev/null" \
    rsync rsync://localhost/ | grep -q pub && echo yes'
undeployed

# --- the examples, as they stand: addresses are given to this machine, keys to the places that they name
mkdir -p /etc/sallyport/tls
(cd /etc/sallyport/tls && cp /trial/pki/server.* /trial/pki/clients.crl . && cp /trial/ca.crt clients.crt && cp /trial/ca.crt backends.crt &&
    cat /trial/pki/server.crt /trial/pki/server.key > front.pem && cat /trial/pki/client.crt /trial/pki/client.key > front-client.pem &&
    cat /trial/pki/client.crt /trial/ca.crt > front-client.crt && chmod 600 ./*.key ./*.pem)
ip link set lo up
at=127.0.0.1 name=localhost as=
door() { # door RSYNC-ARGUMENT...: through the door at $at, whose certificate is for $name; with the s_client options of $as
	RSYNC_CONNECT_PROG="openssl s_client -quiet -verify_return_error -verify_hostname $name -CAfile /trial/ca.crt $as -connect $at:874 2> /dev/null" \
	    rsync --timeout=20 "$@"
}
# example NAME [FILE]: checked and installed, and started as install's last words say
example() {
	_what=examples/$1.conf
	[ -z "$installed" ] || install_units
	[ -n "${behind:-}" ] || rm -rf /run/sallyport	# where back ends have their socket
	ok "$_what: is checked and installed" sh -ec 'sallyport check "$0"; sallyport install "$0"' "${2:-$_what}"
	sed -n '/^next:/,$p' out | sed 1d > next
	ok "$_what: is started as install says" sh -e next
}
secret_of() { sed -n "s/^$1://p" /etc/sallyport/syncd.secrets > password && chmod 600 password; }
refused() { ! "$@"; }
gets() { rm -rf got && door -a "$1" got/ && diff -r "$2" got; }	# gets URL DIRECTORY

mkdir -p /srv/mirror/debian/lost+found /srv/mirror/iso
cp -R /srv/pub/. /srv/mirror/debian && echo x > /srv/mirror/debian/lost+found/x && echo image > /srv/mirror/iso/i
echo welcome > /etc/sallyport/motd
example mirror
ok "$_what: files are pulled, but for what is hidden" gets rsync://localhost/debian/ /srv/pub
door rsync://localhost/ > said
is "$(tr -s ' \t\n' ' ' < said)" 'welcome debian Debian archive iso images ' "$_what: the list, below the word of the day"
ok "$_what: nothing is taken" refused door a rsync://localhost/iso/
undeployed sallyport-syncd.service sallyport-tunnel.service

mkdir -p /srv/incoming
example dropbox
chown sallyport-syncd /srv/incoming && chmod 700 /srv/incoming
ok "$_what: a file is left" door /srv/pub/a rsync://localhost/incoming/
is "$(stat -c %U /srv/incoming/a)" sallyport-syncd "$_what: and is the daemon's, which is never root"
main=$(show MainPID sallyport-syncd.service)
is "$(stat -c %U "/proc/$main") $(awk '/^CapBnd/ { print $2 }' "/proc/$main/status") $(ls "/proc/$main/root/srv" | tr '\n' ' ')" \
    'sallyport-syncd 0000000000000000 incoming ' "$_what: which sees nothing but its modules"
ok "$_what: its service is quiet" quiet sallyport-syncd.service
ok "$_what: and nobody gets it" refused door rsync://localhost/incoming/a got.a
undeployed sallyport-syncd.service sallyport-tunnel.service

mkdir -p /srv/backups/web && install -d -o backup -g backup -m 700 /srv/backups/laptop
example backups
as='-cert /trial/pki/client.crt -key /trial/pki/client.key'
secret_of web
chown 1234:4321 from/owned
ok "$_what: a machine pushes with certificate and password" door -a --password-file=password from/owned rsync://web@localhost/web/
is "$(stat -c '%u:%g' /srv/backups/web/owned)" 1234:4321 "$_what: and owners are kept"
ok "$_what: and not to the other's module" refused door --password-file=password a rsync://web@localhost/laptop/
secret_of laptop
ok "$_what: the other one pushes" door -a --password-file=password from/owned rsync://laptop@localhost/laptop/
is "$(stat -c %U /srv/backups/laptop/owned)" backup "$_what: and files are its user's"
ok "$_what: and gets them back" door -a --password-file=password rsync://laptop@localhost/laptop/ got.laptop/
is "$(stat -c '%u:%g' got.laptop/owned)" 1234:4321 "$_what: with their owners"
as=
ok "$_what: who has no certificate is not heard" refused door --password-file=password rsync://laptop@localhost/laptop/
undeployed sallyport-syncd.service sallyport-tunnel.service

# a back end, then HAProxy before two of them, which are in a namespace of their own
cp -R /srv/pub /srv/files
cp /trial/pki/backend.crt /etc/sallyport/tls/server.crt && cat /trial/pki/backend.key > /etc/sallyport/tls/server.key
for a in 10.0.0.10 10.0.0.11; do ip addr add $a/32 dev lo; done
example backend
at=10.0.0.11 name=one.example.org as='-cert /trial/pki/client.crt -key /trial/pki/client.key -bind 10.0.0.10:0'
ok "$_what: the front's certificate is let in" gets rsync://localhost/files/ /srv/pub
as='-bind 10.0.0.10:0'
ok "$_what: and nobody without" refused door rsync://localhost/
undeployed sallyport-syncd.service sallyport-tunnel.service
for a in 10.0.0.10 10.0.0.11; do ip addr del $a/32 dev lo; done
at=127.0.0.1 name=localhost as=
ip netns add behind && ip link add front type veth peer name back netns behind && ip addr add 10.0.0.10/24 dev front && ip link set front up
for a in 10.0.0.11 10.0.0.12; do ip -n behind addr add $a/24 dev back; done
ip -n behind link set back up; ip -n behind link set lo up
mkdir -p /run/sallyport
for b in 1 2; do
	sed "s/10[.]0[.]0[.]11/10.0.0.1$b/; s/one/$(echo one two | cut -d' ' -f$b)/" examples/backend.conf > back$b.conf
	sallyport generate back$b.conf -o back$b > /dev/null
	sed -i "s|/run/credentials/[^/]*/|/trial/pki/|; s|tls.key|backend.key|; s|^\(socket [pg].*\) = sallyport-tunnel|\1 = root|" back$b/etc/sallyport/*.conf
	ip netns exec behind sallyport-tunnel back$b/etc/sallyport/tunnel.conf > back$b.log 2>&1 &
	behind="${behind:-} $!"
done
sallyport-syncd --daemon --no-detach --config=/trial/back1/etc/sallyport/syncd.conf > back.log 2>&1 &
behind="$behind $!"
run_sallyport() { ls /run/sallyport; }
becomes syncd.sock run_sallyport
example front
ok "$_what: files are pulled from the back ends" gets rsync://localhost/files/ /srv/pub
ok "$_what: and again" gets rsync://localhost/files/ /srv/pub
is "$(cat back1.log back2.log | grep -c 'accepted connection from 10.0.0.10' | sed 's/^[1-9].*/some/')" some "$_what: which see the front"
undeployed
kill $behind
behind=
ip netns del behind

# through ssh: its keys alone are others, whose private halves nobody has
ssh-keygen -q -t ed25519 -N '' -f id
sed "s|ssh-ed25519 [^ ]* alice@laptop|$(cut -d' ' -f1,2 id.pub) alice@laptop|" examples/ssh.conf > ssh.conf
install -d -m 755 /run/sshd /srv/etc && install -d -m 700 /root/.ssh /run/user/1000
rm -f /run/nologin	# of a machine that is not up yet, as this one never is
printf 'Port 2222\nListenAddress 127.0.0.1\nMatch User sallyport-ssh\nAuthorizedKeysFile /etc/sallyport/authorized_keys\n' > /etc/ssh/sshd_config.d/sallyport.conf
ssh-keygen -A > /dev/null
chown backup:backup /srv/etc && chmod 700 /srv/etc
example ssh ssh.conf
secret_of alice
sallyport generate ssh.conf -o client-end > /dev/null
echo '127.0.0.1 host.example.org' >> /etc/hosts
cp id /root/.ssh/id_ed25519 && cp client-end/client/ssh_config /root/.ssh/config
echo "[host.example.org]:2222 $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" > /root/.ssh/known_hosts
cp client-end/client/sallyport-ssh.service /etc/systemd/system && systemctl daemon-reload
listens() { ss -Hltn 'sport = :2222' | wc -l; }
systemctl restart ssh.service && becomes 1 listens
ok "$_what: the client's unit forwards" systemctl start sallyport-ssh.service
forwards() { [ -S /run/user/1000/sallyport.sock ] && echo yes; }
becomes yes forwards
forwarded() { RSYNC_CONNECT_PROG='socat - UNIX-CONNECT:/run/user/1000/sallyport.sock' rsync --timeout=20 --password-file=password "$@"; }
ok "$_what: files are pushed to a directory that only its user may enter" forwarded -rt /srv/pub/ rsync://alice@localhost/etc/
ok "$_what: and pulled" forwarded -a rsync://alice@localhost/etc/ got.etc/
ok "$_what: and are the same" diff -r /srv/pub got.etc
is "$(stat -c '%a %U' /run/user/1000/sallyport.sock)" '600 root' "$_what: the client's socket is its user's alone"
_up=$(sed -n 's/^Host //p' client-end/client/ssh_config)
only() { ssh -o ClearAllForwardings=yes "$@" < /dev/null 2>&1; }
like_refused() { "$@" > refused; cat refused; case $(cat refused) in *'not permitted'* | *prohibited* | *disabled* | *denied* | *refused* | *'not available'*) ;; *) return 1 ;; esac; }
ok 'ssh: to no other port' like_refused only -W 127.0.0.1:22 "$_up"
ok 'ssh: and to no shell' like_refused only -o SessionType=default "$_up" id
systemctl stop sallyport-ssh.service ssh.service
undeployed sallyport-syncd.service
is "$(systemctl --failed --no-legend --plain | tr -s ' ' | cut -d' ' -f1 | grep -E 'sallyport|rsync|stunnel|haproxy|nftables')" '' 'nothing has failed'
echo done
