# What every script in t/ starts from: TAP, a scratch directory, servers waited for by their
# own word, a clean stop.  A script says `plan N`, then N times ok, is, like, or fails.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir/build}
top_srcdir=$(cd "$top_srcdir" && pwd) top_builddir=$(cd "$top_builddir" && pwd)
syncd=$top_builddir/sallyport-syncd tunnel=$top_builddir/sallyport-tunnel
rsyncwrap=$top_builddir/sallyport-rsync sallyport=$top_builddir/sallyport
await=$top_builddir/t/tool/await beside=$top_builddir/t/tool/beside
LC_ALL=C TZ=UTC
export LC_ALL TZ
unset RSYNC_RSH RSYNC_CONNECT_PROG RSYNC_PROXY RSYNC_PASSWORD RSYNC_SSL_CA_CERT RSYNC_SSL_CERT RSYNC_SSL_KEY RSYNC_SSL_PORT

scratch=$(mktemp -d "${TMPDIR:-/tmp}/sallyport.XXXXXX") || exit 99
chmod 755 "$scratch"
# what the client keeps between jobs, and what its user has set, is not the tester's
XDG_CACHE_HOME=$scratch/.cache XDG_CONFIG_HOME=$scratch/.config
export XDG_CACHE_HOME XDG_CONFIG_HOME
servers= planned=0 done_n=0 bad_n=0

plan() { planned=$1; echo "1..$1"; }
# versions N...: the protocols that a script of many goes through.  Under sanitizers, which cost several times as much, the
# first and the last: the rest is the plain build's.  plan_all N: such a script's plan, N tests for all of them; under
# sanitizers it is counted, and told at the end.
sanitize_known=
sanitized() {
	[ -n "$sanitize_known" ] || { grep -q 'define SALLYPORT_SANITIZE' "$top_builddir/config.h" && sanitize_known=yes || sanitize_known=no; }
	[ $sanitize_known = yes ]
}
versions() {
	if ! sanitized; then echo "$@"; return; fi
	_first=$1
	shift $(($# - 1))
	echo "$_first $1"
}
plan_all() { if sanitized; then planned=counted; else plan "$1"; fi; }
skip_all() { echo "1..0 # SKIP $*"; exit 0; }
note() { sed 's/^/# /'; }
report() { # report STATUS NAME
	done_n=$((done_n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $done_n - $2"; else bad_n=$((bad_n + 1)); echo "not ok $done_n - $2"; fi
	return "$1"
}
skip() { done_n=$((done_n + 1)); echo "ok $done_n - $1 # SKIP $2"; }

# ok NAME COMMAND...: passes when the command does; its output is shown when it does not
ok() {
	_name=$1; shift
	"$@" > "$scratch/.ok" 2>&1
	_r=$?
	report $_r "$_name" || { echo "# exit status $_r of: $*"; tail -n 30 "$scratch/.ok" | note; }
}
# fails STATUS NAME COMMAND...: passes on exactly that status; $out holds what it printed
fails() {
	_want=$1 _name=$2; shift 2
	"$@" > "$scratch/.out" 2>&1
	_r=$?
	out=$(cat "$scratch/.out")
	if [ $_r -eq "$_want" ]; then report 0 "$_name"
	else report 1 "$_name"; echo "# exit status $_r, not $_want, of: $*"; note < "$scratch/.out"; fi
}
is() { # is GOT WANTED NAME
	if [ "$1" = "$2" ]; then report 0 "$3"
	else report 1 "$3"; printf 'got:    %s\nwanted: %s\n' "$1" "$2" | note; fi
}
like() { # like TEXT PATTERN NAME   (shell pattern)
	case $1 in
	$2) report 0 "$3" ;;
	*) report 1 "$3"; printf 'got:    %s\nwanted: %s\n' "$1" "$2" | note ;;
	esac
}

# own_mounts: the script begins anew where what it mounts is nobody else's
own_mounts() {
	[ -z "${SALLYPORT_MOUNTS:-}" ] || return 0
	[ "$(id -u)" = 0 ] && unshare -m sh -c 'mount -t tmpfs none /mnt' 2> /dev/null || skip_all "no mounts of our own"
	rm -rf "$scratch"
	SALLYPORT_MOUNTS=1 exec unshare -m sh "$0"
}

freeport() { "$await" freeport $$; }

# becomes WANTED COMMAND...: run it until it prints that, for 20 s at most; what it printed last is in $out
becomes() {
	_want=$1 _n=0; shift
	while out=$("$@"); [ "$out" != "$_want" ] && [ $_n -lt 400 ]; do _n=$((_n + 1)); sleep 0.05; done
	[ "$out" = "$_want" ]
}

# spawn LOG COMMAND...: run in the background, remembered for the clean stop; pid in $pid
spawn() {
	_log=$1; shift
	: > "$_log"	# now: the words of an earlier run must not be taken for this one's
	"$@" < /dev/null >> "$_log" 2>&1 &
	pid=$!
	servers="$servers $pid"
}
# stop PID...: TERM, then wait until it is gone
stop() {
	for _p; do
		kill "$_p" 2> /dev/null
		"$await" gone "$_p" || kill -9 "$_p" 2> /dev/null
		wait "$_p" 2> /dev/null
	done
	return 0	# how it ended is nobody's business
}
ready() { # ready LOG TEXT: or say why not and give up
	"$await" line "$1" "$2" || { echo "Bail out! never said '$2'"; note < "$1"; exit 1; }
}

# start_syncd [OPTION...] < CONF: our daemon on a free port in $port; log in $scratch/syncd.log
start_syncd() {
	port=$(freeport)
	cat > "$scratch/rsyncd.conf"
	spawn "$scratch/syncd.log" "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --port="$port" \
	    --address=127.0.0.1 --log-file=/dev/stderr "$@"
	syncd_pid=$pid
	ready "$scratch/syncd.log" "listening on port $port"
}
# idle PID: until no connection of our daemon is left, 10 s at most: a session works off what it has received, also after its client is gone
idle() {
	_n=0
	while [ -n "$(serving "$1")" ] && [ $_n -lt 500 ]; do _n=$((_n + 1)); sleep 0.02; done
}
# serving PID: the processes that serve connections of our daemon: all below it but the spawner and the one of "metrics"
serving() {
	_spawner=$(pgrep -P "$1" -x syncd-spawner)
	pgrep -P "$1" | grep -vx "${_spawner:-none}"
	[ -z "$_spawner" ] || pgrep -P "$_spawner" | grep -vx "$(pgrep -P "$_spawner" -x syncd-metrics || echo none)"
}
# start_rsyncd < CONF: Debian's own daemon on a free port in $rport
start_rsyncd() {
	rport=$(freeport)
	cat > "$scratch/stock.conf"
	spawn "$scratch/stock.log" rsync --daemon --no-detach --config="$scratch/stock.conf" --port="$rport" \
	    --address=127.0.0.1 --log-file=/dev/stderr
	rsyncd_pid=$pid
	"$await" port "$rport"
}

# a small PKI in $scratch/pki: ca, server (localhost, 127.0.0.1), client, other-ca; as NAME.crt NAME.key
make_pki() {
	mkdir -p "$scratch/pki"
	(
		cd "$scratch/pki" || exit 1
		for _ca in ca other-ca; do
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test $_ca" \
			    -keyout $_ca.key -out $_ca.crt 2> /dev/null
		done
		issue server ca "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" /CN=localhost
		issue client ca "extendedKeyUsage=clientAuth" "/CN=client one"
		issue stranger other-ca "subjectAltName=DNS:localhost,IP:127.0.0.1" /CN=localhost
		issue wrongname ca "subjectAltName=DNS:elsewhere.example" /CN=elsewhere.example
	)
}
issue() { # issue NAME CA EXTENSION SUBJECT [DAYS]: in the current directory
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$4" -keyout "$1.key" -out "$1.csr" 2> /dev/null
	printf '%s\n' "$3" > "$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "${5:-30}" -extfile "$1.ext" \
	    -out "$1.crt" 2> /dev/null
}

same_tree() { # same_tree A B: names, contents, link targets, modes, times, owners
	diff -r --no-dereference "$1" "$2" || return 1
	tree_facts "$1" > "$scratch/.facts.a" && tree_facts "$2" > "$scratch/.facts.b" || return 1
	diff "$scratch/.facts.a" "$scratch/.facts.b"
}
tree_facts() { # one line a file; no times for directories' own sizes, no sizes for directories
	(cd "$1" && find . \( -type d -printf '%p d %m %T@ %U %G\n' \) -o -printf '%p %y %m %T@ %U %G %s %l\n' | sort)
}

finish() {
	_status=$?
	[ -z "$servers" ] || stop $servers
	rm -rf "$scratch"
	if [ "$planned" = counted ]; then	# and not told where it broke off: no plan is an error
		[ $_status -ne 0 ] || echo "1..$done_n"
	elif [ $_status -eq 0 ] && [ "$planned" -ne "$done_n" ]; then
		echo "# planned $planned tests, ran $done_n"; _status=1
	fi
	[ "$bad_n" -eq 0 ] || _status=1
	exit $_status
}
trap finish EXIT
trap 'exit 130' INT TERM

# --- the same request to our daemon and to Debian's -----------------------------------------
# same_as_stock NAME ARGUMENT...: pulls with rsync twice, "@" in the arguments standing for rsync://127.0.0.1:PORT; the last
# argument of rsync is the directory "d", a copy of $before (when set).  Same exit status, same lines, same tree, or it fails.
# A --checksum-seed goes with it: with one of the clock, of 1,300 pushes one meets two blocks whose sums of 6 bytes are the same.
# Under sanitizers, which are there for their reports, our daemon alone gets the request, and what fails is a report: the comparison is the
# plain build's.  A script that looks at both results itself says compares=always.
before= compares=
same_as_stock() {
	_name=$1; shift
	beside_stock pull '' "$@"
}
# beside_stock WAY FRESH ARGUMENT...: the test of that is $_name
beside_stock() {
	_way=$1 _fresh=$2 _against=$rport; shift 2
	[ "$compares" = always ] || ! sanitized || _against=
	"$beside" "$_way" "$scratch" "$port" "$_against" "$before" "$_fresh" "$@" > "$scratch/.beside" 2>&1
	_r=$?
	if [ -z "$_against" ] && grep -a 'was killed by signal 6' "$scratch/syncd.log" >> "$scratch/.beside"; then _r=1; fi
	report $_r "$_name" || cat "$scratch/.beside"
}
# start_push_pair < CONF: both daemons with a module "up" below $scratch/up.ours/d resp. $scratch/up.stock/d; CONF goes on with it and
# has more, @UP@ being the side's directory
start_push_pair() {
	cat > "$scratch/more.conf"
	for _side in ours stock; do
		mkdir -p "$scratch/up.$_side/d"
		{ printf 'use chroot = yes\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
		  printf '[up]\npath = @UP@\nread only = no\n'; cat "$scratch/more.conf"; } | sed "s#@UP@#$scratch/up.$_side/d#" > "$scratch/$_side.pair"
	done
	start_syncd < "$scratch/ours.pair"
	start_rsyncd < "$scratch/stock.pair"
}
# push_as_stock NAME ARGUMENT...: runs rsync twice, "@" standing for rsync://127.0.0.1:PORT of a daemon
# whose module "up" is $scratch/up.ours/d resp. $scratch/up.stock/d, a copy of $before (when set).  Sources are
# copied from $fresh to "src" for each run when that is set.  Same exit status, lines and tree, or it fails.
fresh=
push_as_stock() {
	_name=$1; shift
	beside_stock push "$fresh" "$@"
}
# push_ours ARGUMENT...: such a push to our daemon alone, that says what it says in $scratch/ours.out
push_ours() { "$beside" push "$scratch" "$port" '' "$before" "$fresh" "$@"; }
link_groups() { # names that share a file, a line each
	( cd "$1" && find . -links +1 ! -type d -printf '%i %p\n' | sort | awk '{ g[$1] = g[$1] " " $2 } END { for (i in g) print g[i] }' | sort )
}
