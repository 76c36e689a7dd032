#!/bin/sh
# --sparse, in new files and in place: contents as with rsync's own daemon, and about as many blocks on the disk.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
command -v rsync > /dev/null || skip_all "no rsync"
dd if=/dev/zero of="$scratch/probe" bs=1 count=1 seek=900000 2> /dev/null
[ "$(stat -c %b "$scratch/probe")" -lt 100 ] || skip_all "no holes on this file system"

tree=$scratch/tree old=$scratch/old
mkdir "$tree" "$old"
holes() { head -c 300000 "$1"; head -c 600000 /dev/zero; head -c 100000 "$1"; head -c 700001 /dev/zero; }
for f in new old same holes short; do holes /dev/urandom > "$tree/$f"; done
head -c 3000000 /dev/urandom > "$tree/dense"
head -c 1700001 /dev/urandom > "$old/old"; cp --sparse=never "$tree/same" "$old/same"; printf x | dd of="$old/same" conv=notrunc 2> /dev/null
truncate -s 1700001 "$old/holes"; echo short > "$old/short"
{ head -c 1000000 "$tree/dense"; head -c 500000 /dev/zero; tail -c +1500001 "$tree/dense"; } > "$tree/less"; cp "$tree/dense" "$old/less"
find "$tree" -exec touch -d '2011-11-11 11:11:11' {} +
find "$old" -exec touch -d '2012-12-12 12:12:12' {} +
before=$old
start_push_pair <<-EOT
	EOT
# within 64 KiB: where a hole ends is a matter of pieces
as_thin() { ( cd "$scratch/up.stock/d" && stat -c '%n %b' * ) > "$scratch/stock.blocks"
	( cd "$scratch/up.ours/d" && stat -c '%n %b' * ) | join "$scratch/stock.blocks" - |
	    awk '{ if ($3 > $2 + 128) { print; bad = 1 } } END { exit bad || NR < 7 }'; }
plan_all 40
for p in $(versions 28 32); do
	for how in -S '-S --inplace' '-S --inplace --no-W' '-SI --inplace --no-W' '-SI --inplace -W' '-SI --no-W' '-S --append' \
	    '-SI --preallocate' '-SI --inplace --preallocate' '-Sb --inplace --backup-dir=/bak'; do
		push_as_stock "protocol $p: $how" --protocol=$p -a $how tree/ @/up/
		ok "protocol $p: $how: holes" as_thin
	done
done
