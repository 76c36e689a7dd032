#!/bin/sh
# Backups, temporaries and partial files on another file system, where no rename leads: as with rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
command -v rsync > /dev/null || skip_all "no rsync"
own_mounts

tree=$scratch/tree old=$scratch/old
mkdir -p "$tree/d/in" "$tree/way"
seq 1 30000 > "$tree/big"; echo new > "$tree/f"; echo new > "$tree/d/g"; echo same > "$tree/d/same"; echo x > "$tree/way/x"
ln -s new "$tree/sl"; ln -s new "$tree/d/sl"; echo now > "$tree/pipe"; echo now > "$tree/d/dev"; echo h > "$tree/h1"; ln "$tree/h1" "$tree/h2"
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
mkdir -p "$old/d/in" "$old/gone/sub"
seq 2 30000 > "$old/big"; echo old > "$old/f"; echo old > "$old/d/g"; echo same > "$old/d/same"; echo way > "$old/way"
ln -s old "$old/sl"; ln -s old "$old/d/sl"; mkfifo "$old/pipe"; mknod "$old/d/dev" c 1 3; echo h1 > "$old/h1"; echo h2 > "$old/h2"
echo 1 > "$old/gone/1"; ln -s x "$old/gone/sub/l"; mkfifo "$old/gone/sub/p"
chmod 640 "$old/f"; chown 3:4 "$old/f" "$old/d/g" "$old/pipe"; chown -h 5:6 "$old/sl"; chmod 711 "$old/d"; chmod 600 "$old/pipe"
find "$old" -exec touch -h -d '2012-12-12 12:12:12' {} +
mkdir -p "$scratch/files/d"; cp -p "$tree/big" "$tree/f" "$scratch/files"; cp -p "$tree/d/g" "$scratch/files/d"
find "$scratch/files" -type d -exec touch -d '2011-11-11 11:11:11' {} +
before=$old
start_push_pair <<-EOT
	[plain]
	path = @UP@
	read only = no
	use chroot = no
	munge symlinks = no
	[loud]
	path = @UP@
	read only = no
	max verbosity = 4
	EOT
for side in ours stock; do
	mkdir -p "$scratch/up.$side/d/bak" && mount -t tmpfs -o mode=755 none "$scratch/up.$side/d/bak" || exit 99
done
mkdir "$old/bak"
mkdir "$old/group"; chgrp 77 "$old/group"; chmod 2775 "$old/group"
touch -d '2012-12-12 12:12:12' "$old/bak" "$old/group" "$old"

plan_all 48
for p in $(versions 28 30 32); do
	i=i; [ $p -ge 29 ] || i=
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p --exclude=/bak "$@" 2> /dev/null; }	# mount points stay
	c 'backups' -a${i}b --backup-dir=bak tree/ @/up/
	c 'backups without a chroot' -a${i}b --backup-dir=bak tree/ @/plain/
	c 'backups with a suffix' -a${i}b --backup-dir=/bak --suffix=.o tree/ @/up/
	c 'backups of what is deleted' -a${i}b --delete --force --backup-dir=bak tree/ @/up/
	c 'backups, in place' -a${i}b --no-W --inplace --backup-dir=bak files/ @/up/
	c 'backups of links' -a${i}Hb --no-inc-recursive --backup-dir=bak tree/ @/up/
	# of files alone: rsync makes no symlink over another with a temporary directory elsewhere
	c 'temporaries' -a${i} --temp-dir=bak files/ @/up/
	c 'temporaries, and a directory that gives its group' -rt${i} --temp-dir=/bak files/ @/up/group/
	c 'the same with groups' -rtg${i} --temp-dir=/bak files/ @/up/group/
	c 'temporaries, delayed' -a${i} --temp-dir=bak --delay-updates files/ @/up/
	c 'temporaries and backups' -a${i}b --temp-dir=/bak --backup-dir=bak files/ @/up/
	c 'links between two' -a${i}H --no-inc-recursive --include=/h1 --include=/h2 --include=/bak --exclude='*' tree/ @/up/
	for words in -v -vv --info=mount; do
		push_as_stock "protocol $p: a mount point stays, $words" --protocol=$p -a -x --delete $words tree/ @/loud/ 2> /dev/null
	done
	c 'attributes' -a${i}XAb --backup-dir=bak tree/ @/up/
done
for side in ours stock; do umount -l "$scratch/up.$side/d/bak"; done
