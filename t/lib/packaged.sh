# What t/deploy/940 runs as a service of the machine that it boots: the packages as their administrator meets them.
. /trial/inside.sh
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND

pull() { sallyport-rsync --tls-ca=/etc/sallyport/tls/server.crt "$@"; }

mkdir -p /srv/pub
echo hello > /srv/pub/a
head -c 30000000 /dev/urandom > /srv/pub/big
chmod -R a+rX /srv/pub

# --- installed: nothing runs, nothing is enabled
ok 'the packages install' dpkg -i /packages/sallyport_*.deb /packages/sallyport-syncd_*.deb /packages/sallyport-tunnel_*.deb
is "$(systemctl list-units --all --no-legend 'sallyport*' | wc -l) $(systemctl is-enabled sallyport-syncd.service) $(systemctl is-enabled sallyport-tunnel.service)" \
    '0 disabled disabled' 'nothing is started and nothing enabled'
is "$(getent passwd sallyport-tunnel | cut -d: -f1,5)" 'sallyport-tunnel:Sallyport TLS tunnel' 'the user of the tunnel is there'
is "$(for m in sallyport.1 sallyport-rsync.1 sallyport.conf.5 sallyport-syncd.8 sallyport-syncd.conf.5 sallyport-tunnel.8 sallyport-tunnel.conf.5; do [ -s "/usr/share/man/man${m##*.}/$m.gz" ] || echo "$m"; done)" \
    '' 'the manuals are there'
systemd-analyze --man=no verify /lib/systemd/system/sallyport-*.service > verified 2>&1
is "$(cat verified)" '' 'systemd has nothing to say of the units'

# --- as drop-ins: files that were written by hand
printf '[pub]\npath = /srv/pub\n' > /etc/rsyncd.conf
mkdir -p /etc/stunnel
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/stunnel/key -out /etc/stunnel/crt -days 9 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2> /dev/null
printf 'foreground = yes\npid =\n[rsync]\naccept = 874\nconnect = 127.0.0.1:873\ncert = /etc/stunnel/crt\nkey = /etc/stunnel/key\n' > /etc/stunnel/rsync.conf
ok 'the daemon of the package serves /etc/rsyncd.conf' systemctl start sallyport-syncd.service
ok 'the tunnel of the package serves a file of stunnel'"'"'s' systemctl start sallyport-tunnel@rsync.service
ok 'a pull through both' sallyport-rsync --tls-ca=/etc/stunnel/crt -a rsync://localhost/pub/ got/
ok 'came as it was' diff -r /srv/pub got
systemctl stop sallyport-tunnel@rsync.service sallyport-syncd.service
rm -rf got /etc/rsyncd.conf /etc/stunnel

# --- a deployment from one file
ok 'init' sallyport init /etc/sallyport.conf --host localhost --module pub=/srv/pub --anyone
mkdir -p -m 755 /etc/sallyport/tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/sallyport/tls/server.key -out /etc/sallyport/tls/server.crt \
    -days 90 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2> /dev/null
chmod 600 /etc/sallyport/tls/server.key
ok 'install' sallyport install /etc/sallyport.conf
sh -c "$(sed -n 's/^ *\(systemctl .*\)/\1/p' out)" > started 2>&1
ok 'what install says starts it' systemctl is-active sallyport-tunnel.socket
ok 'a pull through the deployment' pull -a rsync://localhost/pub/ got/
ok 'came as it was, too' diff -r /srv/pub got
is "$(show FragmentPath sallyport-syncd.service)" /etc/systemd/system/sallyport-syncd.service 'the unit of the deployment counts, not the package'"'"'s'

# --- the next version under a running transfer
rm -rf got
before="$(show MainPID sallyport-syncd.service) $(show MainPID sallyport-tunnel.service)"
pull -a --bwlimit=4000 rsync://localhost/pub/ got/ > pulled 2>&1 &
puller=$!
becomes 1 sh -c 'ls -A got 2> /dev/null | grep -c "^\.big"'
ok 'the next version is put over it' dpkg -i /packages/next/*.deb
wait $puller
is "$? $(diff -r /srv/pub got)" '0 ' 'the transfer that ran meanwhile is whole'
is "$(show MainPID sallyport-syncd.service) $(show MainPID sallyport-tunnel.service)" "$before" 'both went on'
is "$(sallyport diff /etc/sallyport.conf | wc -l)" 0 'the deployment is as it was'
ok 'a restart brings the new programs' systemctl restart sallyport-syncd.service sallyport-tunnel.service
ok 'which serve' pull -a rsync://localhost/pub/ got2/

# --- away with it
ok 'removed' dpkg -r sallyport-syncd sallyport-tunnel
is "$(pgrep -c sallyport) $(ss -Hltn 'sport = :874' | wc -l)" '0 0' 'nothing runs and nothing listens'
is "$(ls /etc/sallyport/syncd.conf /etc/systemd/system/sallyport-syncd.service)" "/etc/sallyport/syncd.conf
/etc/systemd/system/sallyport-syncd.service" 'what was configured is kept'
ok 'purged' dpkg -P sallyport sallyport-syncd sallyport-tunnel
is "$(ls -d /etc/systemd/system/sallyport* /var/lib/sallyport /etc/sallyport/*.conf 2> /dev/null)" '' 'and is gone now'
is "$(nft list tables 2> /dev/null)" '' 'so is the firewall'"'"'s table'
ok 'the keys are left' test -s /etc/sallyport/tls/server.key
echo 'done'
