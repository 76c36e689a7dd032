#!/bin/sh
# Pushes end as with rsync's own daemon: the same tree, the same lines, the same exit status.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/a/b/c" "$tree/z" "$tree/empty" "$tree/ro"
echo one > "$tree/one"; echo two > "$tree/a/two"; seq 1 40000 > "$tree/a/b/big"; : > "$tree/a/nothing"
printf 'x' > "$tree/a/b/c/x"; head -c 300000 /dev/urandom > "$tree/z/random"; ln -s one "$tree/link"; ln -s /etc/passwd "$tree/z/abs"
echo 'odd' > "$tree/z/with space"; echo 'odder' > "$tree/z/$(printf 'new\nline')"
chmod 600 "$tree/a/two"; chmod 755 "$tree/one"; chmod 2775 "$tree/z"; chmod 555 "$tree/ro"; echo r > "$tree/ro/r"
mkfifo "$tree/z/pipe"
find "$tree" -exec touch -h -d '2011-11-11 11:11:11.123456789' {} +
# an older state of it, with things that are in the way and things that are gone
old=$scratch/old
cp -a "$tree" "$old"
sed -i -e '20000s/.*/changed/' -e '10d' "$old/a/b/big"; echo other > "$old/one"; rm "$old/link"; ln -s elsewhere "$old/link"
rm -r "$old/a/b/c"; echo 'a file' > "$old/a/b/c"; touch -d '2011-11-11 11:11:11' "$old/a/b/c"; rm "$old/a/nothing"; mkdir "$old/a/nothing"
mkdir "$old/gone"; echo g > "$old/gone/g"; echo extra > "$old/a/extra"; ln -s x "$old/z/dead"; touch -d 2030-01-01 "$old/a/two"
chmod 700 "$old/z"

start_push_pair <<-EOT
	[plain]
	path = @UP@
	read only = no
	use chroot = no
	[drop]
	path = @UP@
	read only = no
	write only = yes
	incoming chmod = Dg+s,ug+w,Fo-rwx
	[ro]
	path = @UP@
	[excl]
	path = @UP@
	read only = no
	exclude = /one random
	EOT

plan_all 312
for p in $(versions 27 28 29 30 31 32); do
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	before=
	c 'into nothing' -ai tree/ @/up/
	c 'one file' -ai tree/one @/up/
	c 'one file under a new name' -ai tree/one @/up/uno
	c 'a directory by name' -ai tree/a @/up/
	c 'into a new directory' -ai tree/ @/up/new/
	c 'an empty directory under a new name' -ai tree/empty @/up/void
	c 'without -t and -p' -rli tree/ @/up/
	c 'executability' -rltEi tree/ @/up/
	c 'compressed' -aiz tree/ @/up/
	c 'whole files' -aiW tree/ @/up/
	c 'relative' -aiR tree/./a/b tree/./z @/up/
	c 'dirs only' -dti tree/ @/up/
	c 'without chroot' -ai --no-links tree/ @/plain/
	c 'without -D' -rlti tree/ @/up/
	c 'dry run' -ain tree/ @/up/
	c 'a write-only module' -rti tree/a @/drop/
	c 'a read-only module' -ai tree/ @/ro/
	c 'a module that hides names' -ai tree/ @/excl/
	c 'into a missing place' -ai tree/one @/up/no/such/place
	c 'several files onto a file' -ai tree/one tree/a/two @/up/x
	before=$old
	c 'over an older state' -ai tree/ @/up/
	c 'nothing changed' -ai tree/one @/up/one
	c 'twice the same' -ai old/ @/up/
	c 'everything listed' -aii old/a/ @/up/a/
	c 'over an older state, -z' -aiz tree/ @/up/
	c 'over an older state, -c' -aic tree/ @/up/
	c 'over an older state, -I' -aiI tree/ @/up/
	c 'over an older state, --size-only' -ai --size-only tree/ @/up/
	c 'over an older state, -u' -aiu tree/ @/up/
	c 'over an older state, whole' -aiW tree/ @/up/
	c 'over an older state, in place' -ai --inplace tree/ @/up/
	c 'over an older state, sparse' -aiS tree/ @/up/
	c 'over an older state, -B' -ai -B1000 tree/ @/up/
	c 'existing only' -ai --existing tree/ @/up/
	c 'new only' -ai --ignore-existing tree/ @/up/
	c 'max size' -ai --max-size=1k tree/ @/up/
	c 'min size' -ai --min-size=1k tree/ @/up/
	i=i; [ $p -ge 29 ] || i=v	# old protocols have no items for what is deleted
	c 'delete' -a$i --delete tree/ @/up/
	c 'delete before' -a$i --delete-before tree/ @/up/
	c 'delete during' -a$i --delete-during tree/ @/up/
	c 'delete after' -a$i --delete-after tree/ @/up/
	c 'delete, nothing but a dry run' -a${i}n --delete tree/ @/up/
	c 'delete with a filter' -a$i --delete --exclude=extra --exclude='g*' tree/ @/up/
	c 'delete what is excluded' -a$i --delete-excluded --exclude=two tree/ @/up/
	c 'force' -ai --force tree/ @/up/
	c 'onto a directory' -ai tree/one @/up/a/nothing
	c 'a directory onto a file' -ai tree/a @/up/one
	c 'backup' -aib tree/ @/up/
	c 'backup with a directory' -aib --backup-dir=old tree/ @/up/
	c 'backup with a suffix' -aib --suffix=.orig tree/ @/up/
	c 'links munged' -rli --munge-links tree/ @/plain/
	c 'numeric ids' -ai --numeric-ids tree/ @/up/
done
