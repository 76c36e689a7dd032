#!/bin/sh
# A file system that is full in the middle of a file: the push ends there, with the words, the status and what is left of rsync's own.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
command -v rsync > /dev/null || skip_all "no rsync"
own_mounts

tree=$scratch/tree old=$scratch/old
mkdir -p "$tree" "$old"
head -c 200000 /dev/urandom > "$tree/a"; head -c 3000000 /dev/urandom > "$tree/large"
echo old > "$old/a"; head -c 100000 "$tree/large" > "$old/large"
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
find "$old" -exec touch -h -d '2010-10-10 10:10:10' {} +
start_push_pair < /dev/null
for side in ours stock; do mount -t tmpfs -o mode=755,size=1m none "$scratch/up.$side/d" || exit 99; done

plan_all 26
# below protocol 31 nothing tells the client why, and rsync's daemon waits for half a minute
for p in 31 32; do
	for before in '' "$old"; do
		for how in '' --partial --partial-dir=.p -z --temp-dir=/t; do
			push_as_stock "protocol $p: onto ${before:+an old }tree $how" --protocol=$p -rtO $how tree/ @/up/ 2> /dev/null
		done
	done
	before=$old
	for how in --no-W --inplace --append; do
		push_as_stock "protocol $p: $how" --protocol=$p -rtO $how tree/ @/up/ 2> /dev/null
	done
done
for side in ours stock; do umount "$scratch/up.$side/d"; done
