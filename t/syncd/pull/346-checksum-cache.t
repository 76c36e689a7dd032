#!/bin/sh
# "checksum cache": sums of whole files are kept, and are those of a file that has not changed.  The file system is one in a file: behind its back
# times of change can be old, and bytes change without them, which shows whether a file was read.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
command -v debugfs > /dev/null || skip_all "no debugfs"
own_mounts
disk=$scratch/disk image=$scratch/image cache=$scratch/cache copy=$scratch/copy
mkdir "$disk" "$cache" "$copy"

inodes='file other sub/file'
truncate -s 64M "$image" && mkfs.ext4 -q "$image" || exit 99
loop=$(losetup --show -f "$image" 2> /dev/null) || skip_all "no loop devices"
detach() { umount "$disk" 2> /dev/null; losetup -d "$loop"; }
trap 'detach; finish' EXIT
mount_it() { mount "$loop" "$disk"; }
mount_it || skip_all "no ext4"
mkdir "$disk/sub"
seq 1 50000 > "$disk/file"; seq 2 60000 > "$disk/other"; seq 3 70000 > "$disk/sub/file"
cp -a "$disk/." "$copy"; rmdir "$copy/lost+found"
umount "$disk"
age() { for i in $inodes; do echo "set_inode_field /$i ctime 20200202020202"; done | debugfs -w -f - "$loop" > "$scratch/debugfs.log" 2>&1; }
behind() { # behind FILE: a byte of it becomes another, and the file system knows nothing of it
	_b=$(debugfs -R "bmap /$1 0" "$loop" 2> /dev/null)
	_s=$(debugfs -R stats "$loop" 2> /dev/null | sed -n 's/^Block size: *//p')
	printf '9' | dd of="$loop" bs=1 seek=$((_b * _s)) conv=notrunc,fsync 2> /dev/null
}
age
mount_it
start_syncd <<-EOT
	use chroot = no
	[pub]
	path = $disk
	uid = 0
	gid = 0
	exclude = /lost+found
	checksum cache = $cache
	checksum cache size = 1
	[in]
	path = $disk
	uid = 0
	gid = 0
	read only = no
	exclude = /lost+found
	checksum cache = $cache
	[none]
	path = $disk
	read only = no
	uid = 0
	gid = 0
	exclude = /lost+found
	[bad]
	path = $disk
	uid = 0
	gid = 0
	exclude = /lost+found
	checksum cache = $scratch/nowhere
	[sealed]
	path = $disk
	uid = 0
	gid = 0
	exclude = /lost+found /sealed
	checksum cache = $disk/sealed
	EOT
u=rsync://127.0.0.1:$port
pulls() { out=$(rsync -ani -c "$@" "$u/$module/" "$copy/" 2>&1 | grep '^>f' | sed 's/.* //' | sort | tr '\n' ' '); }
pushes() { out=$(rsync -ani -c "$@" "$copy/" "$u/$module/" 2>&1 | grep '^<f' | sed 's/.* //' | sort | tr '\n' ' '); }
records() { python3 -c 'import sys; b = open(sys.argv[1], "rb").read(); print(sum(any(b[s + r + 72:s + r + 80]) for s in range(0, len(b), 4096) for r in range(0, 4080, 80)))' "$1"; }

planned=counted
for way in pulls:pub pushes:in; do
	verb=${way%:*} module=${way#*:}
	$verb
	is "$out" '' "$verb: nothing differs at first"
	is "$(records "$cache/$module.sums")" 3 "$verb: and three sums are kept"
	umount "$disk"; behind file; mount_it
	$verb
	is "$out" '' "$verb: a file whose sum is kept is not read again"
	$verb --checksum-choice=md5
	is "$out" 'file ' "$verb: it is with another algorithm"
	module=none; $verb
	is "$out" 'file ' "$verb: and where there is no cache"
	module=${way#*:}
	printf 0 | dd of="$disk/other" conv=notrunc 2> /dev/null; touch -r "$copy/other" "$disk/other"
	$verb
	is "$out" 'other ' "$verb: a file that has changed is read, though its size and time are the same"
	$verb
	is "$out" 'other ' "$verb: its sum is not kept so soon"
	is "$(records "$cache/$module.sums")" 6 "$verb: and what is kept is three sums of either algorithm"
	cp "$copy/file" "$disk/file"; cp "$copy/other" "$disk/other"; touch -r "$copy/file" "$disk/file"; touch -r "$copy/other" "$disk/other"
	umount "$disk"; age; mount_it
done
is "$(stat -c '%a %u %s' "$cache/pub.sums")" '600 0 1048576' 'the file is as large as was said, and nobody else reads it'
is "$(stat -c %s "$cache/in.sums")" 67108864 'or 64 MiB'
module=bad; pulls
is "$out" '' 'a cache that cannot be used is none'
like "$(cat "$scratch/syncd.log")" "*checksum cache = $scratch/nowhere cannot be used, sums are not kept: *" 'and the log tells'
fails 1 'the check of the configuration tells, too' "$syncd" --daemon --check-config --config="$scratch/rsyncd.conf"
like "$out" "*checksum cache = $scratch/nowhere cannot be used*" 'with the parameter and its value'
# EPERM is an error like others, though its number is that of "none"
mkdir "$disk/sealed"; chattr +i "$disk/sealed"
module=sealed; pulls
like "$(cat "$scratch/syncd.log")" "*checksum cache = $disk/sealed cannot be used, sums are not kept: Operation not permitted*" 'so does it of one that nothing can be made in'
chattr -i "$disk/sealed"; rmdir "$disk/sealed"
head -c 1048576 /dev/urandom > "$cache/pub.sums"
module=pub; pulls
is "$out" '' 'a cache full of rubbish is an empty one'
