#!/bin/sh
# Places that cannot be written, disks that are full: the client hears of it and fails, the log says it too,
# and what was there stays.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
. "$top_srcdir/t/lib/hostile.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "needs root to make what the daemon cannot write"

tree=$scratch/tree
mkdir -p "$tree/d" "$scratch/up.ours/d" "$scratch/up.stock/d"; chmod 755 "$scratch"
echo one > "$tree/one"; echo two > "$tree/d/two"; head -c 3000000 /dev/urandom > "$tree/large"; ln -s one "$tree/l"; mkfifo "$tree/p"
find "$tree" -exec touch -h -d 2011-11-11 {} +
old=$scratch/old; mkdir -p "$old/d"; echo "old one" > "$old/one"; echo "old two" > "$old/d/two"; echo extra > "$old/d/extra"
find "$old" -exec touch -d 2010-10-10 {} +

conf() { cat <<-EOT
	use chroot = no
	munge symlinks = no
	[up]
	path = $scratch/up.$1/d
	read only = no
	uid = nobody
	[lax]
	path = $scratch/up.$1/d
	read only = no
	ignore errors = yes
	uid = 0
	gid = 0
	[full]
	path = $scratch/full.$1
	read only = no
	uid = 0
	gid = 0
	[texts]
	path = $scratch/up.$1
	read only = no
	charset = ISO-8859-1
	uid = 0
	[incoming]
	path = $scratch/incoming.$1
	read only = no
	write only = yes
	uid = nobody
	EOT
}
conf ours > "$scratch/ours.conf"; conf stock > "$scratch/stock2.conf"
for s in ours stock; do mkdir "$scratch/incoming.$s" "$scratch/full.$s"; chown nobody "$scratch/incoming.$s"; chmod 733 "$scratch/incoming.$s"; done
start_syncd < "$scratch/ours.conf"
start_rsyncd < "$scratch/stock2.conf"
logged() { grep -c -- "$1" "$scratch/syncd.log"; }

plan 42
before=$old
for p in 29 31 32; do
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	c 'a module that the identity cannot write' -ai --no-o --no-g --no-p tree/one @/up/
	c 'new files in it' -ai --no-o --no-g --no-p tree/one @/up/new
	c 'a tree' -rlti tree/d @/up/
	c 'in place' -rti --inplace tree/one @/up/
	c 'deletion' -rti --delete --existing tree/d/ @/up/d/
	c 'no deletion where a source could not be read' -rti --delete tree/missing tree/d/ @/up/d/
	c 'but where the module ignores errors' -rti --delete tree/missing tree/d/ @/lax/d/
done
ok "the log names what could not be written" test "$(logged 'mkstemp .* failed: Permission denied')" -gt 0
ok "and what could not be deleted" test "$(logged 'delete_file: unlink(extra) failed: Permission denied')" -gt 0

head -c 1000000 /dev/zero > "$scratch/zeros"
begun=$(logged 'rsync to up/ from') ended=$(logged '\[receiver=')
rsync --bwlimit=10 "$scratch/zeros" "rsync://127.0.0.1:$port/up/" > /dev/null 2>&1 &
client=$!
"$await" line "$scratch/syncd.log" 'rsync to up/ from' $((begun + 1))
kill -9 $client
"$await" line "$scratch/syncd.log" '[receiver=' $((ended + 1))
# a dead client's kernel closes the connection, or resets it where something lay unread
like "$(grep -F '[receiver=' "$scratch/syncd.log" | tail -n 1)" '*rsync error: error in *(code 1[02]) \[receiver=*' "the log says how a push ended, and on which side"

for p in 29 32; do
	ended=$(logged '\[receiver=')
	"$hostile" "$port" "login:$p:up" 'args:--server|-r|.|up/' fin > "$scratch/out" 2>&1
	ok "protocol $p: also of one that ended before its list" "$await" line "$scratch/syncd.log" '[receiver=' $((ended + 1))
done

timeout 20 rsync -t "$tree/one" "rsync://127.0.0.1:$port/incoming/" > "$scratch/out" 2>&1
is $? 0 "a directory that can only be written takes uploads"
ok "whole" cmp -s "$tree/one" "$scratch/incoming.ours/one"
timeout 20 rsync "rsync://127.0.0.1:$port/incoming/" > "$scratch/out" 2>&1
is $? 1 "and gives nothing away"

if mount -t tmpfs -o size=1m tmpfs "$scratch/full.ours" 2> /dev/null; then
	echo "old large" > "$scratch/full.ours/large"
	timeout 20 rsync -a "$tree/" "rsync://127.0.0.1:$port/full/" > "$scratch/out" 2>&1
	is $? 11 "a full disk is an error at the client"
	like "$(cat "$scratch/out")" '*No space left on device*' "in words"
	ok "and in the log" test "$(logged 'No space left on device')" -gt 0
	is "$(cat "$scratch/full.ours/large")" "old large" "the old file is whole"
	ok "a later file is not begun" test ! -e "$scratch/full.ours/one"
	is "$(find "$scratch/full.ours" -name '.*.sp~*' | wc -l)" 0 "no temporary is left"
	idle "$syncd_pid"
	mount -o remount,ro "$scratch/full.ours"
	timeout 20 rsync -aI "$tree/one" "rsync://127.0.0.1:$port/full/" > "$scratch/out" 2>&1
	is $? 23 "a read-only file system is an error at the client"
	like "$(cat "$scratch/out")" '*Read-only file system*' "in words"
	idle "$syncd_pid"
	umount "$scratch/full.ours"
else
	for n in 1 2 3 4 5 6 7 8; do skip "a full disk, $n" "no tmpfs can be mounted here"; done
fi

# a quota that is used up in the middle of a file (there is no file system with quotas to be had everywhere)
if command -v strace > /dev/null; then
	mkdir "$scratch/quota"; echo "old large" > "$scratch/quota/large"
	printf 'use chroot = no\nuid = 0\ngid = 0\n[quota]\npath = %s\nread only = no\n' "$scratch/quota" > "$scratch/quota.conf"
	port=$(freeport)
	spawn "$scratch/quota.log" strace -f -q -o "$scratch/quota.trace" -e trace=pwrite64 -e inject=pwrite64:error=EDQUOT:when=3+ \
	    "$syncd" --daemon --no-detach --config="$scratch/quota.conf" --port="$port" --address=127.0.0.1 --log-file=/dev/stderr
	ready "$scratch/quota.log" "listening on port $port"
	servers="$(pgrep -P "$pid") $servers"	# strace, when it ends, lets go of what it runs
	timeout 20 rsync -a "$tree/" "rsync://127.0.0.1:$port/quota/" > "$scratch/out" 2>&1
	is $? 11 "a quota is an error at the client"
	like "$(cat "$scratch/out")" '*write failed on "large" (in quota): Disk quota exceeded (122)*' "in words"
	ok "and in the log" grep -q 'Disk quota exceeded' "$scratch/quota.log"
	is "$(cat "$scratch/quota/large")" "old large" "the old file is whole"
	is "$(find "$scratch/quota" -name '.*.sp~*' | wc -l)" 0 "no temporary is left"
else
	for n in 1 2 3 4 5; do skip "a quota, $n" "no strace"; done
fi
