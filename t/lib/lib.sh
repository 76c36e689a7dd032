# What every script in t/ starts from: TAP, a scratch directory, servers waited for by their
# own word, a clean stop.  A script says `plan N`, then N times ok, is, like, or fails.
_up=$(dirname "$0")
while [ -z "${top_srcdir:-}" ]; do if [ -f "$_up/configure.ac" ]; then top_srcdir=$_up; else _up=$_up/..; fi; done
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

for _part in servers pki stock; do . "$top_srcdir/t/lib/$_part.sh"; done
