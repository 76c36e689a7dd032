#!/bin/sh
# Log, pid file, certificates, keys, lists and identity: what others planted there leads nowhere, and nothing waits there.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 27
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
tport=$(freeport)
conf() { # conf LINES...: before the section
	printf 'syslog = no\ndebug = 7\nworkers = 1\n'
	for _l; do echo "$_l"; done
	server | sed "s/PORT/$tport/"
}
run() { timeout 20 "$tunnel" "$1"; }

# a FIFO where the log should be: nobody reads there
mkfifo "$scratch/log"
conf 'foreground = yes' "pid =" "output = $scratch/log" > "$tconf"
fails 1 'a FIFO without a reader is no log' run "$tconf"
like "$out" "*Cannot open log file: $scratch/log*" 'which is said'
rm "$scratch/log"
spawn "$tlog" "$tunnel" "$tconf"
tunnel_pid=$pid
ready "$scratch/log" 'Accepting new connections'
mv "$scratch/log" "$scratch/log.1"
mkfifo "$scratch/log"
kill -USR1 "$tunnel_pid"
ok 'nor does one stop a service' "$await" line "$scratch/log.1" 'Cannot open log file: '
s_client
is "$out" PING 'which goes on'
kill -HUP "$tunnel_pid"
ok 'also where the file is read again' "$await" line "$scratch/log.1" 'Failed to reload the configuration file'
stop "$tunnel_pid"

# the pid file's directory is another user's
if [ "$(id -u)" != 0 ]; then
	for _t in 1 2 3 4 5 6; do skip "others' links $_t" 'not root'; done
else
	mkdir "$scratch/theirs" "$scratch/target"
	echo keep > "$scratch/target/t.pid"
	ln -s "$scratch/target" "$scratch/theirs/sub"
	chown -h 65534:65534 "$scratch/theirs" "$scratch/theirs/sub"
	conf 'foreground = yes' "pid = $scratch/theirs/sub/t.pid" > "$tconf"
	fails 1 "a pid file is not written through another user's link" run "$tconf"
	is "$(cat "$scratch/target/t.pid")" keep 'and what is there stays'
	fails 1 'nor read' "$tunnel" --takeover "$scratch/theirs/sub/t.pid" "$tconf"
	like "$out" '*Takeover: *Too many levels of symbolic links*' 'which is said'

	# a user without a group
	conf 'foreground = yes' 'pid =' 'setuid = nobody' > "$tconf"
	spawn "$tlog" "$tunnel" "$tconf"
	tunnel_pid=$pid
	ready "$tlog" 'Accepting new connections'
	logged 'uid='
	_w=$(sed -n 's/.*Worker \([0-9]*\): .*/\1/p' "$tlog" | head -n 1)
	is "$(sed -n 's/^[GU]id:[[:space:]]*\([0-9]*\).*/\1/p; s/^Groups:[[:space:]]*//p' "/proc/$_w/status" | tr '\n' ' ' | tr -s ' ')" \
	    "$(id -u nobody) $(id -g nobody) $(id -g nobody) " 'setuid alone brings the group of that user'
	ok 'and a warning' logged '"setuid" without "setgid"'
	stop "$tunnel_pid"
fi
conf 'foreground = yes' "pid = $scratch/dir" > "$tconf"
mkdir "$scratch/dir"
fails 1 'a directory is no pid file' run "$tconf"
mkfifo "$scratch/fifo"
conf 'foreground = yes' "pid = $scratch/fifo" > "$tconf"
fails 1 'nor is a FIFO' run "$tconf"
ok 'and stays' test -p "$scratch/fifo"

# a FIFO as a file of the TLS configuration would hold the master up; a link that somebody else made leads where he likes
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=x -keyout /dev/null -out "$scratch/ca.pem" 2> /dev/null
mkdir "$scratch/hashed"
hash=$(openssl x509 -noout -hash -in "$scratch/ca.pem")
planted() { # planted OPTION PATH NAME WORDS: in a section; the start is refused with such words
	conf 'foreground = yes' 'pid =' | grep -v "^$1 *=" > "$tconf"
	{ [ "$1" = CAfile ] || [ "$1" = CApath ] || echo "CAfile = $scratch/ca.pem"; printf 'verifyChain = yes\n%s = %s\n' "$1" "$2"; } >> "$tconf"
	fails 1 "$3" sh -c "! timeout 20 '$tunnel' '$tconf' 2>&1 | grep '$4' || exit 1"
}
for _o in cert key CAfile CRLfile PSKsecrets; do planted $_o "$scratch/fifo" "a FIFO as $_o is refused at once" "$scratch/fifo.*: neither a file nor a device"; done
mkfifo "$scratch/hashed/$hash.0"
planted CApath "$scratch/hashed" 'and passed over in CApath' 'No trusted certificates found'
if [ "$(id -u)" != 0 ]; then
	for _t in 1 2 3 4 5 6 7; do skip "others' links $_t" 'not root'; done
else
	mkdir "$scratch/nobody"
	for _o in cert key CAfile CRLfile PSKsecrets; do
		case $_o in cert) _f=$pki/server.crt ;; key) _f=$pki/server.key ;; CAfile) _f=$scratch/ca.pem ;; *) _f=$scratch/$_o ;; esac
		[ -e "$_f" ] || echo 'known:0123456789abcdef0123456789abcdef' > "$_f"
		ln -s "$_f" "$scratch/nobody/$_o"
		chown -h nobody "$scratch/nobody/$_o"
		planted $_o "$scratch/nobody/$_o" "a link of somebody else's as $_o is refused" "$scratch/nobody/$_o.*: a symbolic link in it belongs to somebody else"
	done
	rm "$scratch/hashed/$hash.0"
	ln -s "$scratch/ca.pem" "$scratch/hashed/$hash.0"
	conf 'foreground = yes' 'pid =' "CApath = $scratch/hashed" 'verifyChain = yes' > "$tconf"
	"$tunnel" --check-config "$tconf" > "$scratch/said" 2>&1
	ok 'a link of our own in CApath counts' sh -c "! grep 'No trusted' '$scratch/said'"
	chown -h nobody "$scratch/hashed/$hash.0"
	planted CApath "$scratch/hashed" "and one of somebody else's does not" 'No trusted certificates found'
fi
