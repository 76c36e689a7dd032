#!/bin/sh
# Where the file system can, the new file begins as a clone of the old one, and only what has changed is written (xfs and btrfs, in files).
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
own_mounts
modprobe loop 2> /dev/null
mkdir -p "$scratch/xfs" "$scratch/btrfs" "$scratch/tmpfs" "$scratch/new"

head -c 16777216 /dev/urandom > "$scratch/was"
{ # three blocks changed, some bytes put in behind the middle, and the last part cut off
	head -c 1000000 "$scratch/was"; head -c 5000 /dev/urandom
	tail -c +1005001 "$scratch/was" | head -c 5000000; head -c 70000 /dev/urandom
	tail -c +6075001 "$scratch/was" | head -c 4000000; echo put in here
	tail -c +10075001 "$scratch/was" | head -c 3000000
} > "$scratch/new/f"
touch -d 2020-01-01 "$scratch/new/f"

# make FS: on $scratch/FS; false: this machine has no such thing
make() {
	[ "$1" != tmpfs ] || { mount -t tmpfs none "$scratch/tmpfs"; return; }
	truncate -s 400M "$scratch/$1.image" && command -v mkfs.$1 > /dev/null && mkfs.$1 -q "$scratch/$1.image" > "$scratch/mkfs.log" 2>&1 &&
	    mount -o loop "$scratch/$1.image" "$scratch/$1" 2>> "$scratch/mkfs.log"
}
shared() { # KiB of a file that it shares with another one
	sync -f "$1"
	filefrag -b1024 -v "$1" | awk '/shared/ { sub(/:/, "", $6); n += $6 } END { print n + 0 }'
}

planned=counted
for fs in xfs btrfs tmpfs; do
	if ! make $fs; then skip "pushes to $fs" "no $fs to mount"; continue; fi
	start_syncd <<-EOT || exit 99
		use chroot = no
		uid = 0
		gid = 0
		[up]
		path = $scratch/$fs
		read only = no
		EOT
	push() { # push OPTION...: over the old file, whose other name has to stay as it is
		rm -rf "$scratch/$fs/f" "$scratch/$fs/keep" "$scratch/$fs/.~tmp~"
		cp --reflink=never "$scratch/was" "$scratch/$fs/f"; ln "$scratch/$fs/f" "$scratch/$fs/keep"; touch -d 2019-01-01 "$scratch/$fs/f"
		rsync -t --no-W --checksum-seed=7 "$@" "$scratch/new/f" "rsync://127.0.0.1:$port/up/" &&
		    cmp "$scratch/new/f" "$scratch/$fs/f" && cmp "$scratch/was" "$scratch/$fs/keep"
	}
	for words in "" -z --partial --delay-updates --block-size=4096 --block-size=131072 --fsync; do
		ok "$fs: a file is what was sent, and its old one is not touched${words:+, $words}" push $words
		[ $fs = tmpfs ] && continue
		n=$(shared "$scratch/$fs/f")
		ok "$fs: most of it is the old one's${words:+, $words}" [ "$n" -ge 8800 ]
	done
	for words in --sparse --preallocate -W; do
		ok "$fs: no clone, the same file, $words" push $words
	done
	# cut off, and on a full disk: what is kept is a beginning of the new file, and nothing of the old one's end
	if [ $fs = xfs ]; then
		rm -f "$scratch/$fs/f" "$scratch/$fs/keep" "$scratch/$fs/.~tmp~"
		cp --reflink=never "$scratch/was" "$scratch/$fs/f"; touch -d 2019-01-01 "$scratch/$fs/f"
		{ head -c 3000000 "$scratch/was"; head -c 14000000 /dev/urandom; } > "$scratch/full"
		fallocate -l "$(($(stat -f -c '%a * %S' "$scratch/$fs") - 6000000))" "$scratch/$fs/filler"
		fails 11 "$fs: a disk that is full ends the push" rsync -t --no-W --partial --checksum-seed=7 "$scratch/full" "rsync://127.0.0.1:$port/up/f"
		idle "$syncd_pid"
		n=$(stat -c %s "$scratch/$fs/f")
		ok "$fs: and what is kept is its beginning ($n bytes)" cmp -n "$n" "$scratch/full" "$scratch/$fs/f"
		is "$([ "$n" -ge 3000000 ] && [ "$n" -lt 17000000 ] && echo some)" some "$fs: as far as it came"
	fi
	stop "$syncd_pid"; servers=
	umount "$scratch/$fs"
done
