#!/bin/sh
# daemon bwlimit and module bwlimit: what all sessions, or all of a module, move together in a second.  Only that they take long enough is
# looked at: a slow machine makes them longer.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
mkdir "$scratch/m" "$scratch/up"
head -c 400000 /dev/urandom > "$scratch/m/a"
# conf DAEMON MODULE
conf() {
	printf 'use chroot = no\nreverse lookup = no\ndaemon bwlimit = %s\n' "$1"
	[ "$(id -u)" != 0 ] || printf 'uid = 0\ngid = 0\n'
	printf '[m]\npath = %s/m\nmodule bwlimit = %s\n[up]\npath = %s/up\nread only = no\nmodule bwlimit = 0\n' "$scratch" "$2" "$scratch"
}
plan 9
now() { date +%s%N | cut -c1-13; }
# together NAME LEAST: two pulls and a push at once; they take that many ms at least
together() {
	_since=$(now)
	rsync "rsync://127.0.0.1:$port/m/a" "$scratch/1" > "$scratch/o1" 2>&1 & _a=$!
	rsync "rsync://127.0.0.1:$port/m/a" "$scratch/2" > "$scratch/o2" 2>&1 & _b=$!
	rsync "$scratch/m/a" "rsync://127.0.0.1:$port/up/$2" > "$scratch/o3" 2>&1 & _c=$!
	wait $_a; _r=$?; wait $_b; _r=$_r$?; wait $_c; _r=$_r$?
	is "$_r $(cat "$scratch/1" "$scratch/2" "$scratch/up/$2" | cksum)" "000 $(cat "$scratch/m/a" "$scratch/m/a" "$scratch/m/a" | cksum)" "$1: all is there"
	_took=$(($(now) - _since))
	ok "$1: $_took ms" test "$_took" -ge "$2"
	rm -f "$scratch/1" "$scratch/2"
}
conf 600 0 > "$scratch/in"; start_syncd < "$scratch/in"
together 'of all sessions' 1700		# 1,200,000 bytes at 600 KiB a second, but for a first piece each
stop "$syncd_pid"
conf 0 400 > "$scratch/in"; start_syncd < "$scratch/in"
together 'of a module' 1700		# 800,000 of them at 400
_since=$(now)
rsync "$scratch/m/a" "rsync://127.0.0.1:$port/up/free" > "$scratch/out" 2>&1
ok 'another module is not bound by it' test $(($(now) - _since)) -lt 20000
stop "$syncd_pid"
conf 600 300 > "$scratch/in"; start_syncd < "$scratch/in"
together 'of both, the lesser' 2300
fails 0 'a dump' "$syncd" --dump-config --config="$scratch/rsyncd.conf"
like "$out" '*daemon bwlimit = 600*module bwlimit = 300*' 'has both'
