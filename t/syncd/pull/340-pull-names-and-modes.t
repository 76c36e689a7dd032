#!/bin/sh
# --files-from, wildcards, --append, --remove-source-files and their kin: as rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/a/b/c" "$tree/x1" "$tree/x2/deep" "$tree/hid" "$tree/sp ace"
for f in top a/one a/two a/b/three a/b/c/four x1/p x2/p x2/q x2/deep/r hid/secret.o 'sp ace/na me' 'we[ird]' .dot; do echo "$f" > "$tree/$f"; done
seq 1 5000 > "$tree/log1"; seq 1 40000 > "$tree/log2"; head -c 200000 /dev/urandom > "$tree/rand"
ln -s a "$tree/adir"
find "$tree" -exec touch -h -d 2011-11-11 {} +
printf 'a/one\nx2/\n# comment\n\nnosuch\n/a/b\nx2/deep/r\n' > "$tree/list"
printf 'a/one\0x1\0' > "$tree/list0"
touch -d 2011-11-11 "$tree/list" "$tree/list0"
printf 'a/two\na/./b/three\nx1\nsp ace/na me\n./top\nnot there\n' > "$scratch/names"
cp -a "$tree" "$scratch/short"
head -c 9000 "$tree/log1" > "$scratch/short/log1"; head -c 100000 "$tree/log2" > "$scratch/short/log2"
head -c 150000 /dev/zero > "$scratch/short/rand"; echo longer than it was before > "$scratch/short/top"
find "$scratch/short" -type f -exec touch -d 2010-10-10 {} +

conf() { cat <<-EOT
	use chroot = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	munge symlinks = no
	[m]
	path = $tree
	exclude = *.o
	[shown]
	path = $tree
	outgoing chmod = Dg+s,ug+w,Fo-r,+X
	[w]
	path = $scratch/w
	read only = no
	EOT
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan_all 203
for p in $(versions 27 28 29 30 31 32); do
	c() { _n=$1; shift; same_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	before=
	c 'names from the client' -ai --files-from="$scratch/names" @/m/
	c 'other modes than there are' -ai @/shown/
	c 'names from the client, recursive' -air --files-from="$scratch/names" @/m/
	c 'names from the client, not relative' -ai --no-relative --files-from="$scratch/names" @/m/
	c 'names from the client below a directory' -ai --files-from="$scratch/names" @/m/a
	c 'names from the server' -ai --files-from=:list @/m/
	c 'names from the server, NUL ended' -ai0 --files-from=:list0 @/m/
	c 'a directory that is not there' -ai @/m/nosuch/ @/m/a/nosuch @/m/a/nosuch/ @/m/top
	c 'a list without implied directories' -R --no-implied-dirs --list-only @/m/a/one
	c 'wildcard for files' -ai '@/m/a/*'
	c 'wildcard for directories' -ai '@/m/x*/p' '@/m/*/b'
	c 'wildcard with a slash behind it' -ai '@/m/x?/'
	c 'wildcard class' -ai '@/m/x[1]' '@/m/a/[!o]*'
	c 'wildcard that matches nothing' -ai '@/m/zz*' @/m/top
	c 'wildcard and hidden names' -ai '@/m/hid/*' '@/m/*.o'
	c 'wildcard through a link' -ai '@/m/adir/*e'
	c 'wildcard and -R' -aiR '@/m/x*/p' '@/m/a/*/three'
	c 'a literal bracket' -ai '@/m/we\[ird\]'
	c 'a dot file' -ai '@/m/.d*'
	c 'two dots' -ai @/m/a/../top @/m/../../a/one
	c 'dot components' -ai @/m/./a/./b/. @/m//x1
	before=$scratch/short
	c append -ai --append @/m/
	c append-verify -ai --append-verify @/m/
	c 'append with -z' -aiz --append @/m/
	c 'existing only' -ai --existing @/m/
	c 'update' -aiu @/m/
	c 'partial and fuzzy' -ai --partial-dir=.pp -y @/m/
	c 'size limits' -ai --max-size=10k --min-size=5 @/m/
	c 'prune empty directories' -aim --include='*/' --include=four --exclude='*' @/m/
	c 'bwlimit and timeout' -ai --bwlimit=100000 --timeout=20 @/m/
	c 'stop-after' -ai --stop-after=1 @/m/
	c 'link-dest' -ai --link-dest="$scratch/short" @/m/
done

# --remove-source-files: what was sent is gone, what is not is not
for p in $(versions 27 29 30 32); do
	for side in ours stock; do
		rm -rf "$scratch/w" "$scratch/got"; cp -a "$tree" "$scratch/w"
		[ $side = ours ] && q=$port || q=$rport
		rsync --protocol=$p -a --remove-source-files "rsync://127.0.0.1:$q/w/" "$scratch/got/" > "$scratch/$side.rm" 2>&1
		echo "exit $?" >> "$scratch/$side.rm"
		(cd "$scratch/w" && find . | sort) >> "$scratch/$side.rm"
	done
	is "$(cat "$scratch/ours.rm")" "$(cat "$scratch/stock.rm")" "protocol $p: sources removed as by rsync's own daemon"
done
fails 1 'not from a read-only module' rsync -a --remove-source-files "rsync://127.0.0.1:$port/m/" "$scratch/got2/"
like "$out" '*ERROR: --remove-source-files cannot be used with a read-only module*' 'and the client is told why'
ok 'nothing was removed there' test -f "$tree/a/one"
rm -rf "$scratch/w"; cp -a "$tree" "$scratch/w"
ok 'openrsync style: separate letters are options too' sh -c "rsync -rlt -M--cache 'rsync://127.0.0.1:$port/w/a/' '$scratch/o3/'"
fails 4 'an unknown option is refused in words' rsync -a -M--frobnicate "rsync://127.0.0.1:$port/m/" "$scratch/o4/"
like "$out" '*rsync: on remote machine: --frobnicate: unknown option*' 'the words of rsync'
fails 4 'an option of the daemon is refused' rsync -a -M--config=/etc/x "rsync://127.0.0.1:$port/m/" "$scratch/o4/"
