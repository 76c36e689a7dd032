#!/bin/sh
# Hard links, symbolic links that are followed, devices, times: as rsync's own daemon sends them.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/a/b" "$tree/z/y" "$tree/links" "$tree/d1" "$tree/d2"
for i in 1 2 3; do echo "file $i" > "$tree/a/f$i"; ln "$tree/a/f$i" "$tree/z/g$i"; ln "$tree/a/f$i" "$tree/a/b/h$i"; done
ln "$tree/a/f1" "$tree/a/f1b"; ln "$tree/a/f1" "$tree/top1"
mkfifo "$tree/a/pipe"; ln "$tree/a/pipe" "$tree/z/pipe2"
ln -s ../a/f1 "$tree/links/file"; ln -s ../a/b "$tree/links/dir"; ln -s nowhere "$tree/links/dangling"
mkdir "$tree/out"; ln -s "$tree/a/f2" "$tree/out/absolute"; ln -s ../../tree/a/f3 "$tree/out/around"; ln -s /etc/passwd "$tree/out/passwd"
ln -s a/../../../x "$tree/links/sly"
ln -s dir "$tree/links/chain"
ln "$tree/links/file" "$tree/links/file2" 2> /dev/null
echo same > "$tree/d1/same"; echo same > "$tree/d2/same"; echo one > "$tree/d1/both"; echo two > "$tree/d2/both"
ln "$tree/d1/same" "$tree/d1/linked"
find "$tree" -exec touch -h -d 2011-11-11 {} +
touch -a -d '2012-12-12 12:12:12' "$tree/a/f1" "$tree/d1/same"

conf() { cat <<-EOT
	use chroot = no
	munge symlinks = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[m]
	path = $tree
	[munged]
	path = $tree
	munge symlinks = yes
	EOT
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan_all 90
for p in $(versions 27 28 29 30 31 32); do
	c() { _n=$1; shift; same_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	c 'hard links' -aiH @/m/
	is "$(link_groups "$scratch/ours/d")" "$(link_groups "$scratch/stock/d")" "protocol $p: the same names share a file"
	c 'hard links with -c' -aiHc @/m/
	c 'hard links by argument' -aiH @/m/z @/m/a
	c 'copy links' -aiL @/m/a @/m/links
	c 'copy links, one name' -aiL @/m/links/file @/m/links/dir
	c 'copy directory links' -aik @/m/links
	c 'copy unsafe links' -ai --copy-unsafe-links @/m/links
	c 'safe links' -ai --safe-links @/m/links
	c 'a link with a slash behind it' -ai @/m/links/dir/
	c 'a link is a link' -ai @/m/links/dir @/m/links/file
	c 'overlapping arguments' -ai @/m/d1/ @/m/d2/
	c 'munged' -ai @/munged/links
	c 'one file system' -aix @/m/
done
for p in $(versions 30 31 32); do
	same_as_stock "protocol $p: access times" --protocol=$p -aiU @/m/
done

# rsync's own daemon lists what a link outside the module leads to, and fails when it opens it.
# Here such a link leads nowhere: neither its size nor its time is told.
fails 23 'links that lead out have no referent' rsync -aiL "rsync://127.0.0.1:$port/m/out" "$scratch/out/"
like "$out" '*symlink has no referent: "out/passwd" (in m)*' 'and the client is told'
ok 'nothing of them arrives' test -z "$(ls "$scratch/out/out")"
