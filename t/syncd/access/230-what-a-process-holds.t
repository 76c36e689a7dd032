#!/bin/sh
# What a worker and a session hold, seen from outside while they wait for their client: identity, groups, capabilities,
# root, descriptors, and nothing of the configuration in their memory or environment.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
[ "$(id -u)" = 0 ] || skip_all 'needs root, to look into processes of others'
plan 64
honest_tree
crowd=$top_builddir/t/tool/crowd
mkfifo "$scratch/hold"
mkdir "$scratch/hidden-place"
export SALLYPORT_TEST_VARIABLE=variable-of-the-daemon
for m in chrooted plain readonly; do
	mkdir "$scratch/$m"; cp -a "$scratch/pub/." "$scratch/$m/"
done
(umask 077; printf 'bob:password-of-bob\nalice:password-of-alice\n' > "$scratch/secrets-of-the-hidden")
head -c 4000000 /dev/zero > "$scratch/slow"
start_syncd <<-EOF
	reverse lookup = no
	pid file = $scratch/pid
	[hidden-module-name]
	path = $scratch/hidden-place
	list = no
	comment = comment-of-the-hidden
	hosts allow = 192.0.2.77
	secrets file = /etc/secrets-of-the-hidden
	[pub]
	path = $scratch/pub
	[chrooted]
	path = $scratch/chrooted
	use chroot = yes
	read only = no
	uid = 0
	gid = 0
	[plain]
	path = $scratch/plain
	use chroot = no
	read only = no
	uid = 0
	gid = 0 4242
	[login]
	path = $scratch/plain
	read only = no
	uid = 0
	gid = 0
	auth users = alice
	secrets file = $scratch/secrets-of-the-hidden
	[readonly]
	path = $scratch/readonly
	use chroot = no
	uid = nobody
	gid = 4242 4343
	EOF
spawner=$(pgrep -P "$syncd_pid" -x syncd-spawner)
# at_stage STAGE MODULE: one client stops there; its process is $process
at_stage() {
	exec 9<> "$scratch/hold"
	"$crowd" "$port" hold 1 "$1" "$2" < "$scratch/hold" > "$scratch/crowd.log" 2>&1 9>&- &
	_crowd=$!
	"$await" line "$scratch/crowd.log" holding
	newest
}
# session WORD...: a client that says these and waits
session() {
	exec 9<> "$scratch/hold"
	"$hostile" "$port" "$@" hold < "$scratch/hold" > "$scratch/crowd.log" 2>&1 9>&- &
	_crowd=$!
	"$await" line "$scratch/crowd.log" holding
	newest
}
newest() { # the walls are up once the filter of system calls is
	_n=0
	while process=$(pgrep -P "$spawner" | tail -n 1) && [ $_n -lt 500 ]; do
		[ -n "$process" ] && { ! $filtered || [ "$(field Seccomp)" = 2 ]; } && break
		_n=$((_n + 1)); sleep 0.02
	done
}
gone() { exec 9>&-; wait $_crowd; idle "$syncd_pid"; }
field() { awk -v f="$1:" '$1 == f { $1 = ""; sub(/^ /, ""); print }' "/proc/$process/status" 2> /dev/null; }
caps() { echo $((0x$(field CapEff))); }
has_cap() { [ $(( $(caps) >> $1 & 1 )) = 1 ]; }
lacks_cap() { ! has_cap "$1"; }
same_place() { [ "$(stat -L -c %d:%i "/proc/$process/root/.")" = "$(stat -c %d:%i "$1/.")" ]; }
knows_nothing() { # no byte of the configuration's in what it has mapped, nor in its environment
	_r=0
	for _word in hidden-module-name hidden-place comment-of-the-hidden 192.0.2.77 secrets-of-the-hidden variable-of-the-daemon password-of-alice password-of-bob; do
		"$top_builddir/t/tool/peek" "$process" "$_word"
		case $? in 0) echo "found: $_word"; _r=1 ;; 1) ;; *) echo 'its memory cannot be read'; _r=1 ;; esac
	done
	return $_r
}
streams_shut() { for _fd in 0 1; do [ "$(readlink "/proc/$process/fd/$_fd")" = /dev/null ] || return 1; done
	sanitized || [ "$(readlink "/proc/$process/fd/2")" = /dev/null ]; }
others() { # descriptors that are neither standard streams, sockets nor directories
	for _fd in /proc/"$process"/fd/*; do
		case ${_fd##*/} in 0|1|2) continue ;; esac
		case $(readlink "$_fd") in socket:*) ;; *) [ -d "$_fd" ] || readlink "$_fd" ;; esac
	done
}
filtered=true
if sanitized || ! grep -q 'define HAVE_SECCOMP 1' "$top_builddir/config.h"; then filtered=false; fi
walls() { # walls NAME UID GID GROUPS
	is "$(field Uid | tr '\t' ' ')" "$2 $2 $2 $2" "$1: its user, four times"
	is "$(field Gid | tr '\t' ' ')" "$3 $3 $3 $3" "$1: its group, four times"
	is "$(field Groups | sed 's/ *$//')" "$4" "$1: its other groups"
	is "$(field NoNewPrivs)" 1 "$1: no new privileges"
	if $filtered; then is "$(field Seccomp)" 2 "$1: a filter of system calls"; else skip "$1: a filter" 'this build has none'; fi
	is "$(field CapPrm) $(field CapAmb)" "$(field CapEff) 0000000000000000" "$1: no capability beyond those in force"
	ok "$1: standard streams are shut" streams_shut
	is "$(others)" '' "$1: no descriptor of the daemon"
	ok "$1: it knows nothing of the configuration" knows_nothing
	is "$(tr '\0' '\n' < "/proc/$process/environ" | grep -c SALLYPORT_TEST)" 0 "$1: nor its environment"
}
process=$syncd_pid
fails 0 'the daemon itself knows the words that are looked for' "$top_builddir/t/tool/peek" "$syncd_pid" comment-of-the-hidden
process=$spawner
ok 'the spawner knows nothing of the configuration' knows_nothing

at_stage greeting pub
walls 'a worker' "$(id -u nobody)" "$(id -g nobody)" ''
is "$(field CapEff)" 0000000000000000 'a worker: no capability'
is "$(ls -A "/proc/$process/root/" | wc -l)" 0 'a worker: an empty root'
gone

session login:32:readonly 'args:--server|--sender|-re.|.|readonly/'
walls 'a session' "$(id -u nobody)" 4242 '4242 4343'
ok 'a session: jailed in its module, though without chroot' same_place "$scratch/readonly"
is "$(field CapEff)" 0000000000000000 'a session: no capability'
gone

for m in chrooted plain; do
	groups=0; [ $m = chrooted ] || groups='0 4242'
	session "login:32:$m" "args:--server|-re.|.|$m/"
	walls "a session of root, $m" 0 0 "$groups"
	ok "a session of root, $m: jailed in its module" same_place "$scratch/$m"
	ok "a session of root, $m: it may make no device" lacks_cap 27
	ok "a session of root, $m: nor give files away" lacks_cap 0
	ok "a session of root, $m: nor administer anything" lacks_cap 21
	gone
	session "login:32:$m" "args:--server|-oDXre.|.|$m/"
	ok "a session of root, $m: devices where they are asked for" has_cap 27
	ok "a session of root, $m: owners where they are asked for" has_cap 0
	ok "a session of root, $m: and capabilities of files" has_cap 31
	gone
done
mknod "$scratch/plain/null" c 1 3 2> /dev/null && chmod 666 "$scratch/plain/null"
session login:32:plain 'args:--server|--sender|-re.|.|plain/'
fails 1 'a device node in a module is dead for its session' dd if="/proc/$process/root/null" of="$scratch/read" count=1
gone

# a login: neither who carries it nor who serves it behind it learns a secret
session 'send:@RSYNCD: 31.0\nlogin\n' read:AUTHREQD
ok 'a worker whose client logs in knows no secret' knows_nothing
gone
RSYNC_PASSWORD=password-of-alice rsync --bwlimit=20 "$scratch/slow" "rsync://alice@127.0.0.1:$port/login/" > "$scratch/out" 2>&1 &
client=$!
"$await" line "$scratch/syncd.log" 'rsync to login/ from alice@'
newest
ok 'a session of who has logged in knows none' knows_nothing
kill $client
idle "$syncd_pid"
ok 'no sanitizer complained, nothing was killed' no_report
