#!/bin/sh
# Pushes with the options of the receiving side, against rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

. "$top_srcdir/t/lib/push_tree.sh"
mkdir "$tree/nodes" "$old/alt/nodes"; mkfifo "$tree/nodes/mode" "$tree/nodes/time" "$tree/nodes/new"
ln -s a "$tree/nodes/target"; ln -s b "$tree/nodes/late"; [ "$(id -u)" != 0 ] || mknod "$tree/nodes/dev" c 1 3
ln -s /etc/passwd "$tree/nodes/abs"; ln -s / "$tree/nodes/root"; ln -s ../../../x "$tree/nodes/up"; ln -s b/../..//y/./z "$tree/nodes/mid"
find "$tree/nodes" -exec touch -h -d '2011-11-11 11:11:11' {} +
mkfifo -m 600 "$old/alt/nodes/mode"; mkfifo "$old/alt/nodes/time"; ln -s q "$old/alt/nodes/target"; ln -s b "$old/alt/nodes/late"
[ "$(id -u)" != 0 ] || mknod "$old/alt/nodes/dev" c 1 5
touch -h -d '2011-11-11 11:11:11' "$old/alt/nodes/mode" "$old/alt/nodes/target"
touch -d '2011-11-11 11:11:11' "$tree" "$old"	# what is deleted does not make the top itself differ
times_of_old
printf 'small\na/b/mid\nkeep\n' > "$old/names"

start_push_pair <<-EOT
	[plain]
	path = @UP@
	read only = no
	use chroot = no
	munge symlinks = no
	[less]
	path = @UP@
	read only = no
	incoming chmod = D770,F640
	[more]
	path = @UP@
	read only = no
	incoming chmod = a+x
	EOT

plan_all 323
for p in $(versions 27 28 29 30 31 32); do
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	i=i; [ $p -ge 29 ] || i=v	# old protocols have no items for what is done here alone
	before= fresh=
	# incrementally, which name is sent depends on how fast lists come: compared in one list, and without items
	c 'hard links' -a${i}H --no-inc-recursive tree/ @/up/
	c 'hard links, list by list' -aH tree/ @/up/
	c 'hard links, by argument' -aH tree/z tree/a @/up/
	c 'make the path' -ai --mkpath tree/small @/up/x/y/z
	c 'make the path to a directory' -ai --mkpath tree/ @/up/x/y/z/
	c 'prune empty' -aim --exclude=e tree/ @/up/
	[ $p -lt 30 ] ||	# below, rsync refuses what its own client sends
	c 'relative without implied directories' -aiR --no-implied-dirs tree/./a/b/mid @/up/
	c 'fsync and preallocate' -ai --fsync --preallocate tree/ @/up/
	c 'delayed' -ai --delay-updates tree/ @/up/
	c 'seeded' -ai --checksum-seed=12345 tree/ @/up/
	c 'links that lead out' -ai tree/nodes @/plain/
	c 'links that lead out, relative, to a place' -aiR --mkpath tree/nodes @/plain/x/y
	before=$old
	c 'links that lead out, again' -ai tree/ @/plain/
	c 'devices and backups' -aib tree/nodes/ @/plain/alt/nodes/
	c 'hard links over an older state' -a${i}H --no-inc-recursive tree/ @/up/
	c 'hard links, -c' -a${i}Hc --no-inc-recursive tree/ @/up/
	c 'hard links, dry' -a${i}Hn --no-inc-recursive tree/ @/up/
	c 'delayed updates' -ai --delay-updates tree/ @/up/
	c 'delayed updates and deletion' -a$i --delay-updates --delete --exclude='*.keep' tree/ @/up/
	c 'partial files kept apart' -ai --partial-dir=.part tree/ @/up/
	c 'partial files in place' -ai --partial --inplace tree/ @/up/
	c 'append' -ai --append tree/a/b/mid tree/z/random @/up/a/b/
	c 'append and verify' -ai --append-verify tree/ @/up/
	c 'in place with backups' -aib --inplace tree/ @/up/
	c 'in place, -z' -aiz --inplace tree/ @/up/
	c 'fuzzy' -aiy tree/ @/up/
	c 'a temporary directory' -ai --temp-dir=/alt tree/ @/up/
	c 'compare with' -ai --compare-dest=/alt tree/ @/up/fresh/
	c 'copy from' -ai --copy-dest=/alt tree/ @/up/fresh/
	c 'link to' -a$i --link-dest=/alt tree/ @/up/fresh/
	c 'link to a relative place' -a$i --link-dest=../alt tree/ @/up/fresh/
	c 'link to, from outside' -a$i --link-dest=../../../alt tree/ @/up/fresh/
	c 'delete at most two' -a$i --delete --max-delete=2 tree/ @/up/
	c 'delete nothing' -a$i --delete --max-delete=-1 tree/ @/up/
	c 'delete, with rules in directories' -a$i --delete --filter=': .rules' --filter='P *.keep' tree/ @/up/
	c 'delete, -C' -a${i}C --delete tree/ @/up/
	c 'delete later' -a$i --delete-delay tree/ @/up/
	c 'delete within a directory' -a$i --delete tree/a @/up/
	c 'delete, no recursion' -dlt$i --delete tree/ @/up/
	c 'names from a file of the module' -ai --files-from=:/names --remote-option=--files-from=/names tree/ @/up/
	c 'old directories' -ai --old-dirs tree/ @/up/
	c 'owners by map' -ai --chown=1:2 tree/ @/up/
	c 'a map of names' -ai --usermap=root:daemon,1-10:99 --groupmap=*:3 tree/ @/up/
	c 'one time for all' -rli --modify-window=100000000 tree/ @/up/
	c 'without times' -rlpi tree/ @/up/
	c 'no times for directories' -aiO tree/ @/up/
	c 'a mode for all' -ai --chmod=D700,F600 tree/ @/up/
	fresh=$tree
	c 'remove the sources' -a$i --remove-source-files src/ @/up/
	c 'remove the sources, names of one file' -aH --remove-source-files src/ @/up/
	c 'a missing argument is deleted' -a$i --delete-missing-args src/small src/nosuch src/gone @/up/
	c 'a missing argument is not minded' -a$i --ignore-missing-args src/small src/nosuch @/up/
done
before=$old fresh=	# what the module makes of modes that nobody sent is done unsaid
for p in $(versions 29 32); do
	for m in less more; do
		for how in -rti '-ai --no-p' '-rtiE --compare-dest=/alt' '-rtib --link-dest=/alt'; do
			push_as_stock "protocol $p, a module that makes modes $m: $how" --protocol=$p --no-inc-recursive $how tree/ @/$m/
		done
	done
done
for how in -rtib -aiO; do	# the time of a directory found elsewhere is
	push_as_stock "directories found elsewhere: $how" $how --no-inc-recursive --link-dest=/alt tree/ @/up/new/
	push_as_stock "directories found elsewhere: $how, a copy" $how --no-inc-recursive --copy-dest=/alt old/ @/up/new/
done
