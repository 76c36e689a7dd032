#!/bin/sh
# daemon chroot, daemon uid and daemon gid: what a connection's process gives up before it answers anything, as rsync's does.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
[ "$(id -u)" = 0 ] || skip_all 'not root'
mkdir -p "$scratch/jail/srv" "$scratch/jail/drop" "$scratch/outside"
echo inside > "$scratch/jail/srv/a"
echo hidden > "$scratch/jail/srv/secret"
echo outside > "$scratch/outside/a"
chmod 600 "$scratch/jail/srv/secret"
chown nobody "$scratch/jail/drop"
# conf GLOBALS: the modules have paths inside the jail and outside
conf() {
	printf '%s\n' "$@" 'reverse lookup = no' 'use chroot = no'
	printf '[in]\npath = %s/srv\n[drop]\npath = %s/drop\nread only = no\n[out]\npath = %s\n[other]\npath = %s/srv\nuid = daemon\n' "$inside" "$inside" "$scratch/outside" "$inside"
}
inside=
pair() { conf "$@" > "$scratch/in"; start_syncd < "$scratch/in"; start_rsyncd < "$scratch/in"; }
end_pair() { stop "$syncd_pid" "$rsyncd_pid"; }
plan 17

# by number: rsync looks names up in the jail
pair "daemon chroot = $scratch/jail" "daemon uid = $(id -u nobody)" "daemon gid = $(id -g nobody)"
same_as_stock 'a module in the jail, as who may not read all' -a @/in/ d
same_as_stock 'a listing' @/
echo "up" > "$scratch/up"
for p in $port $rport; do
	rsync -a "$scratch/up" "rsync://127.0.0.1:$p/drop/f$p" > "$scratch/out" 2>&1
	is "$? $(stat -c '%U %G' "$scratch/jail/drop/f$p")" '0 nobody nogroup' 'an upload belongs to who serves'
done
same_as_stock 'a module outside of it is not there' -a @/out/ d
same_as_stock 'and one of another user is refused' -a @/other/ d
end_pair

head -c 3000000 /dev/zero > "$scratch/jail/srv/big"
conf "daemon chroot = $scratch/jail" 'daemon uid = nobody' 'daemon gid = nogroup' > "$scratch/in"
start_syncd < "$scratch/in"
spawn "$scratch/client.log" rsync -a --bwlimit=100 "rsync://127.0.0.1:$port/in/big" "$scratch/slow"
client=$pid
"$await" line "$scratch/syncd.log" 'building file list'
for _p in $(serving "$syncd_pid"); do
	is "$(sed -n 's/^[UG]id:\t\([0-9]*\)\t.*/\1/p; s/^Groups:[ \t]*//p' "/proc/$_p/status" | tr '\n' ' ')$(readlink "/proc/$_p/root" | sed "s#^$scratch/jail.*#jailed#")" \
	    '65534 65534  jailed' "process $(sed -n 's/^Name:\t//p' "/proc/$_p/status") is nobody in the jail"
done
stop "$client"
stop "$syncd_pid"

inside=$scratch/jail
pair 'daemon uid = nobody'
same_as_stock 'a user alone' -a @/in/ d
same_as_stock 'reads what it may' -a @/out/ d
rsync -a "$scratch/up" "rsync://127.0.0.1:$port/drop/alone" > "$scratch/out" 2>&1
is "$? $(stat -c '%U %G' "$scratch/jail/drop/alone")" '0 nobody nogroup' 'and has its own group, not root'"'"'s'
end_pair
for line in 'daemon uid = no-such-user' 'daemon gid = no-such-group' "daemon chroot = $scratch/nowhere"; do
	conf "$line" > "$scratch/bad.conf"
	fails 1 "$line is told before" "$syncd" --check-config --config="$scratch/bad.conf"
	start_syncd < "$scratch/bad.conf"
	rsync "rsync://127.0.0.1:$port/" > "$scratch/out" 2>&1
	is "$(grep -c . "$scratch/out") $(grep -c "$line: " "$scratch/syncd.log")" '2 2' 'and nobody is served, as the log says'
	stop "$syncd_pid"
done
