# What t/deploy/941 runs as a service of the machine that it boots, twice: a deployment whose processes are killed one by one, and which comes back
# with the machine.
. /trial/inside.sh

pull() { rm -rf got; timeout 60 sallyport-rsync --tls-ca=/etc/sallyport/tls/server.crt -a rsync://localhost/pub/ got/ && cmp /srv/pub/a got/a && cmp /srv/pub/big got/big; }
trace() { journalctl -q -n 12 --no-hostname -o cat | sed 's/^/# /'; }
served() { rm -rf got; timeout 20 sallyport-rsync --tls-ca=/etc/sallyport/tls/server.crt -a rsync://localhost/pub/a got/ > said 2>&1; echo $?; }
killed() { # killed PID WHAT: files are pulled again soon
	kill -KILL "$1" || { say 1 "$2 is there to be killed"; return; }
	becomes gone sh -c "[ -e /proc/$1 ] || echo gone"
	if becomes 0 served; then say 0 "$2 is killed: files are pulled again"; else say 1 "$2 is killed: files are pulled again"; cat said; trace; fi
}
main() { show MainPID "$1"; }

if [ -e /trial/rebooted ]; then
	# --- the second boot, as after a power cut; only what is enabled starts
	systemctl start sockets.target multi-user.target > started 2>&1
	is "$(systemctl is-active sallyport-tunnel.socket sallyport-firewall.service | tr '\n' ' ')" 'active active ' 'after a power cut the door and its firewall are there'
	is "$(systemctl is-active sallyport-tunnel.service sallyport-syncd.service | tr '\n' ' ')" 'inactive inactive ' 'and nothing else runs'
	ok 'until somebody pulls' pull
	is "$(sallyport diff /etc/sallyport.conf | wc -l)" 0 'and all is as it was installed'
	ok 'nothing failed in that boot' sh -c 'systemctl --failed --no-legend "sallyport*" > failed; cat failed; [ ! -s failed ]'
	echo 'done'
	exit
fi

mkdir -p -m 755 /etc/sallyport/tls /srv/pub
echo hello > /srv/pub/a
head -c 20000000 /dev/urandom > /srv/pub/big
chmod -R a+rX /srv/pub
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/sallyport/tls/server.key -out /etc/sallyport/tls/server.crt \
    -days 90 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2> /dev/null
chmod 600 /etc/sallyport/tls/server.key
ok 'a deployment is made' sallyport init /etc/sallyport.conf --host localhost --module pub=/srv/pub --anyone
ok 'and installed' sallyport install /etc/sallyport.conf
sh -c "$(sed -n 's/^ *\(systemctl .*\)/\1/p' out)" > started 2>&1
ok 'files are pulled' pull

# --- each process
killed "$(pgrep -P "$(main sallyport-syncd.service)" -x syncd-spawner)" 'the spawner of the daemon'
is "$(show NRestarts sallyport-syncd.service)" 0 'which the daemon starts again by itself'
n=0
for child in $(pgrep -P "$(main sallyport-tunnel.service)"); do
	n=$((n + 1))
	killed "$child" "child $n of the tunnel"
done
is "$([ $n -ge 3 ] && echo enough)" enough 'there are three at least'
killed "$(main sallyport-syncd.service)" 'the daemon itself'
is "$(show NRestarts sallyport-syncd.service)" 1 'which systemd starts again'
killed "$(main sallyport-tunnel.service)" 'the master of the tunnel'
is "$(pgrep -c syncd-spawner) $(pgrep -cf sallyport-tunnel) $(pgrep -c -P "$(main sallyport-tunnel.service)")" "1 $((n + 1)) $n" 'nothing of those that were killed is left'

# --- a session, in the middle of a transfer: that transfer ends with an error, another goes on
slow() { timeout 60 sallyport-rsync --tls-ca=/etc/sallyport/tls/server.crt -a --bwlimit=4000 rsync://localhost/pub/big "$1/" > "$1.said" 2>&1; echo $? > "$1.status"; }
rm -rf one two; slow one & becomes 1 sh -c 'ls -A one 2> /dev/null | grep -c "^\.big"'
first=$(pgrep -P "$(pgrep -o -x syncd-spawner)" | sed -n 1p)
slow two & becomes 1 sh -c 'ls -A two 2> /dev/null | grep -c "^\.big"'
kill -KILL "$first"
wait
is "$([ "$(cat one.status)" = 0 ] && echo whole || echo error) $(cat two.status) $(cmp /srv/pub/big two/big)" 'error 0 ' 'a session that is killed ends its own transfer alone'
ok 'and the log says that it was' sh -c 'journalctl -q -o cat -u sallyport-syncd.service | grep "was killed by signal 9"'

touch /trial/rebooted /trial/again
