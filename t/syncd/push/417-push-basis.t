#!/bin/sh
# Pushes whose old data lies elsewhere than in the destination file: other directories, similar names, backups.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree old=$scratch/old
mkdir -p "$tree" "$old/ref" "$old/short" "$old/other" "$old/here" "$scratch/names" "$old/names"
head -c 300000 /dev/urandom > "$old/ref/f"
cp "$old/ref/f" "$tree/f"; printf XXXX | dd of="$tree/f" bs=1 seek=150000 conv=notrunc 2> /dev/null
head -c 100000 "$tree/f" > "$old/short/f"; head -c 100000 /dev/urandom > "$old/other/f"; cp "$old/ref/f" "$old/here/f"
mkdir -p "$old/stuck/f~"; cp "$old/ref/f" "$old/stuck/f"
mkdir "$old/like" "$old/ref/like" "$old/like2" "$old/short/like2"
cp "$old/ref/f" "$old/like/f.old"; cp "$old/short/f" "$old/ref/like/f.1"; cp "$old/other/f" "$old/like2/fff"; cp "$old/ref/f" "$old/short/like2/f~"

# which names --fuzzy takes for similar: a file of each pair in a directory of its own, the other on the other side
n=0
while read -r new was; do
	n=$((n + 1)); mkdir "$scratch/names/$n" "$old/names/$n"
	head -c $((20000 + n)) "$tree/f" > "$scratch/names/$n/$new"
	for w in $was; do head -c $((4000 + 700 * ${#w} + n)) "$tree/f" > "$old/names/$n/$w"; done
done <<EOT
f zzzzzzzzzzzzzzzzzzzzzzzz
f zzzzzzzzzzzzzzzzzzzzzzzzz
f f.old
f f.bak
f f.orig
f f~
f f.ab
f f.a
f f.123456
data.db data.db.bak
data.db data.db~
data.db data.db.xy
data.db data.db.xyz
data.db data.xy
data.db data
data.db data.dbxy
data.db data.dbxyz
data.db datadb
data.db xxxxxxxxxxxxxxxxxx.db
data.db data.db.2026
data.db data.db.2026.bak
a.tar.gz b.tar.gz
a.tar.gz b.tar.xz
a.tar.gz b.tar
a.txt a.TXT
.abc .xyz
ab.c.d ab.e.d
a.001 a.bcdef
log5 log1 log22 log333
aXc aYc aac aYcc
EOT
find "$tree" "$scratch/names" -exec touch -d '2011-11-11 11:11:11' {} +
find "$old" -exec touch -d '2012-12-12 12:12:12' {} +
mkdir "$scratch/attrs"; for f in f g h; do cp "$old/short/f" "$scratch/attrs/$f"; done; chmod 640 "$scratch/attrs/f"; chmod 755 "$scratch/attrs/g"
[ "$(id -u)" != 0 ] || chown 5:6 "$scratch"/attrs/*
touch -d '2011-11-11 11:11:11' "$scratch"/attrs/* "$scratch/attrs"; cp -a "$scratch/attrs" "$old/ref2"; chmod 600 "$old/ref2/f"; chmod 4711 "$old/ref2/g"
head -c 5000 "$scratch/attrs/h" > "$old/ref2/h"; [ "$(id -u)" != 0 ] || chown 7:8 "$old/ref2/f"; touch -d '2012-12-12 12:12:12' "$old/ref2/h"
cp -a "$tree" "$old/exact"; cp -a "$tree" "$old/exact2"; chmod 600 "$old/exact2/f"
before=$old

# partial files of one directory for all, which files of one name share
cut=$scratch/cut more=$scratch/more; mkdir -p "$more/deep/er" "$more/other" "$cut/part" "$cut/deep/er"
cp "$tree/f" "$more/deep/er/f"; head -c 200000 "$tree/f" > "$cut/part/f"; echo another > "$more/other/f"; echo old > "$cut/deep/er/f"
touch -d 2001-01-01 "$cut/part/f" "$cut/deep/er/f"

start_push_pair <<-EOT
	use chroot = no
	EOT

plan_all 273
for p in $(versions 29 31 32); do
	# --stats says how much of the old data was used
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p --no-whole-file --stats "$@"; }
	for how in compare copy link; do
		c "$how, in place" -ai --inplace --$how-dest=/ref tree/ @/up/new/
		c "$how, in place, -z" -aiz --inplace --$how-dest=/short tree/ @/up/new/
		c "$how, a temporary" -ai --$how-dest=/ref tree/ @/up/new/
		c "$how, whole files" -aiW --$how-dest=/ref tree/ @/up/new/
		c "$how, -c" -aic --$how-dest=/ref tree/ @/up/new/
		c "$how, over another file" -aib --$how-dest=/exact tree/ @/up/here/
		c "$how, over another mode and the same file" -ai --$how-dest=/exact tree/ tree/f @/up/exact2/
		c "$how, over the same file" -ai --$how-dest=/exact tree/ @/up/exact/
		c "$how, over another file, dry" -ain --$how-dest=/exact tree/ @/up/here/
	done
	for how in compare copy link; do
		for what in -ri -rti -rtpi '-ai --no-t' '-ai --no-o' '-rtci' '-ri --size-only' '-rti --chmod=F600' '-rtE'; do
			c "attributes, $how $what" $what --$how-dest=/ref2 attrs/ @/up/new/
		done
	done
	c 'similar, in place' -aiy --inplace tree/ @/up/like/
	c 'similar, in place, -z' -aiyz --inplace tree/ @/up/like/
	c 'similar, once' -aiy --compare-dest=/ref tree/ @/up/like2/
	c 'similar in another directory' -aiyy --compare-dest=/ref --compare-dest=/short tree/ @/up/like2/
	c 'similar in another directory, in place' -aiyy --inplace --link-dest=/ref --link-dest=/short tree/ @/up/like2/
	c 'similar here rather than elsewhere' -aiyy --copy-dest=/ref tree/ @/up/like/
	c 'similar names' -aiy names/ @/up/names/
	c 'in place' -ai --inplace tree/ @/up/here/
	c 'in place, with a backup' -aib --inplace tree/ @/up/here/
	c 'in place, with a backup elsewhere' -aib --inplace --backup-dir=/bak tree/ @/up/here/
	c 'in place, with a backup elsewhere, and a suffix' -aib --inplace --backup-dir=/bak/in --suffix=.x tree/ @/up/here/
	c 'append, with a backup' -aib --append tree/ @/up/short/
	c 'append and verify, with a backup' -aib --append-verify tree/ @/up/short/
	c 'append and verify, wrong, with a backup' -aib --append-verify tree/ @/up/other/
	c 'append, with a backup elsewhere' -aib --append --backup-dir=/bak tree/ @/up/short/
	c 'whole, in place, with a backup' -aibW --inplace tree/ @/up/here/

	for how in link copy compare; do
		c "$how, a dry run to where nothing is" -ain --$how-dest=/ref tree/ @/up/none/
	done
	before=$cut
	c 'the mode is of the part that is kept' -rti --chmod=u+x --partial-dir=/part more/deep/ @/up/fresh/
	c 'the same, whole files' -rtiW --chmod=u+x --partial-dir=/part more/deep/ @/up/fresh/
	c 'the mode is of the file where both are there' -rti --chmod=u+x --partial-dir=/part more/deep/ @/up/deep/
	c 'a partial file of one directory for all' -ai --stats --no-whole-file --partial-dir=/part more/deep/ @/up/deep/
	c 'the same, relative' -aiR --stats --no-whole-file --partial-dir=//part/ more/./deep/er @/up/
	c 'the same, delayed' -ai --stats --no-whole-file --delay-updates --partial-dir=/part more/deep/ @/up/deep/
	c 'a partial directory outside' -ai --stats --no-whole-file --partial-dir=/../cut/part more/deep/ @/up/deep/
	push_ours --protocol=$p -a --delay-updates --partial-dir=/part more/ @/up/	# rsync puts one in the place of the other
	rmdir "$scratch/up.ours/d/part"
	is "$(diff -r "$more" "$scratch/up.ours/d" 2>&1)" "" "protocol $p: files of one name that wait"
	before=$old

	# rsync's own daemon takes the basis for data that is there, and leaves holes: ours sends the whole file
	for how in append append-verify; do for where in ref short other; do
		push_ours --protocol=$p -a --$how --no-whole-file --compare-dest=/$where tree/ @/up/new/
		is "$(cmp "$tree/f" "$scratch/up.ours/d/new/f" 2>&1)" "" "protocol $p: --$how looks at no other directory ($where)"
	done; done
	push_ours --protocol=$p -ab --inplace --no-whole-file tree/ @/up/stuck/
	is "$(cmp "$old/stuck/f" "$scratch/up.ours/d/stuck/f" 2>&1; grep -c 'backup of .* failed: Is a directory' "$scratch/ours.out"; tail -n 1 "$scratch/ours.out")" \
	    "1
exit 23" "protocol $p: no backup, no overwriting"
	push_ours --protocol=$p -ay --append-verify --no-whole-file tree/ @/up/like/
	is "$(cmp "$tree/f" "$scratch/up.ours/d/like/f" 2>&1)" "" "protocol $p: --append-verify looks at no similar name"
	push_ours --protocol=$p -a --append --no-whole-file tree/ @/up/short/
	is "$(cmp "$tree/f" "$scratch/up.ours/d/short/f" 2>&1)" "" "protocol $p: --append goes on with what is there"
	push_ours --protocol=$p -ab --append-verify --inplace --no-whole-file tree/ @/up/short/
	is "$(cmp "$tree/f" "$scratch/up.ours/d/short/f" 2>&1)" "" "protocol $p: --append-verify with a backup"
done
