# What the tunnel's and the wrapper's scripts share; source after t/lib/lib.sh.
make_pki
pki=$scratch/pki
(
	cd "$pki" || exit 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=self -keyout self.key \
	    -out self.crt 2> /dev/null
	cat ca.crt client.crt > both.crt
)
tconf=$scratch/tunnel.conf tlog=$scratch/tunnel.log

# start_tunnel < SECTION: our tunnel on a free port in $tport, which stands for PORT in the text
start_tunnel() {
	tport=$(freeport)
	{ printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'; sed "s/PORT/$tport/"; } > "$tconf"
	: > "$tlog"	# or the word of the one before could be taken for this one's
	spawn "$tlog" "$tunnel" "$tconf"
	tunnel_pid=$pid
	ready "$tlog" 'Accepting new connections'
}
# a server section for $rport with more lines from the arguments
server() {
	printf '[rsync]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" "$pki/server.crt" \
	    "$pki/server.key"
	for _line; do echo "$_line"; done
}
# serve LINES...: a tunnel with that section
serve() {
	server "$@" > "$scratch/in.conf"
	start_tunnel < "$scratch/in.conf"
}
# s_client ARGS...: one line through TLS to $tport; what came back is in $out
s_client() {
	out=$(printf 'ping\n' | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$tport" "$@" 2> "$scratch/s_client.err")
}
# socket_of PORT: the number of the socket that listens there on IPv4
socket_of() { awk -v p=":$(printf %04X "$1")\$" '$2 ~ p && $4 == "0A" { print $10 }' /proc/net/tcp; }
logged() { "$await" line "$tlog" "$1"; }
small_tree() { # in $1
	mkdir -p "$1/sub"
	head -c 6000000 /dev/urandom > "$1/big"	# more than one turn of a relay
	echo hello > "$1/sub/small"
	ln -s sub/small "$1/link"
	touch -h -d 2020-01-02T03:04:05Z "$1/link"
	touch -d 2020-01-02T03:04:05Z "$1/sub/small" "$1/sub" "$1"
}
# Debian's own daemon with module m at $scratch/src and drop at $scratch/drop
stock_daemon() {
	small_tree "$scratch/src"
	mkdir -p "$scratch/drop"
	start_rsyncd <<-EOF
		use chroot = no
		munge symlinks = no
		uid = $(id -un)
		gid = $(id -gn)
		[m]
		path = $scratch/src
		[drop]
		path = $scratch/drop
		read only = no
	EOF
}
peer=$top_builddir/t/tool/peer
# start_peer KIND ARGS...: in the background, its port in $rport, what it prints in $scratch/KIND.log
start_peer() {
	spawn "$scratch/$1.log" "$peer" "$@"
	ready "$scratch/$1.log" 'port '
	rport=$(sed -n 's/^port //p' "$scratch/$1.log")
}
