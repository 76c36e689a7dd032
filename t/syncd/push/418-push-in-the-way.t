#!/bin/sh
# Pushes onto other kinds of entries, and of trees that come in several lists, against rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

src=$scratch/source old=$scratch/old far=$scratch/far was=$scratch/was
mkdir -p "$src/e" "$src/empty/one" "$src/d" "$src/two/sub" "$src/three/sub/deep"
echo 1 > "$src/e/f22"; ln -s e "$src/sl"; echo > "$src/d/f"; echo a > "$src/two/sub/a"; echo b > "$src/three/sub/b"; mkfifo "$src/pipe"
mkdir -p "$old/e/f22/sub" "$old/sl" "$old/empty/one" "$old/nn/sub" "$old/pipe/p"
for f in e/f22/in e/f22/sub/x sl/y d nn/sub/file nn/other; do echo old > "$old/$f"; done
chmod 700 "$old/nn"; chmod 2750 "$old/nn/sub"; [ "$(id -u)" != 0 ] || chown 5:6 "$old/nn"	# backups open no more than they did

# more than rsync keeps in the lists ahead, with names of one file from end to end
mkdir "$far"
d=10
while [ $d -lt 50 ]; do
	d=$((d + 1)); mkdir "$far/d$d"; (cd "$far/d$d" && seq 1 30 | xargs touch)
done
seq 1 1000 > "$far/d11/big"; ln "$far/d11/big" "$far/d30/big2"; ln "$far/d11/big" "$far/d50/big3"; ln "$far/d11/1" "$far/d12/one"
find "$src" "$old" "$far" -exec touch -h -d '2011-11-11 11:11:11' {} +
mkdir "$was"; cp -a "$far" "$was/alt"
deep=$scratch/deep; mkdir -p "$deep/gone/a/b/c" "$deep/gone/p/q" "$deep/gone/v"
for f in a/b/c/x p/q/y.keep v/z; do echo old > "$deep/gone/$f"; done

start_push_pair < /dev/null

plan_all 100
for p in $(versions 29 32); do
	c() { push_as_stock "protocol $p: $*" --protocol=$p "$@"; }
	before=$old
	for how in '' --force --delete --delete-delay --delete-after --delete-before --force\ -b --delete\ -b '--delete -b --backup-dir=/bak' \
	    '--force --max-delete=1' '--delete --max-delete=2' '--delete --filter=P_in' '--force --filter=P_in' '--delete --exclude=in' \
	    '--delete --delete-excluded --exclude=in' '-n' '-n --force' '-n --delete' '-m' '-m --force' '-m --delete' '-m --delete-delay' \
	    '-m -n --delete-before' '--no-l --force'; do
		c -ai $how source/ @/up/
	done
	c -av --delete source/ @/up/
	c -ri --delete -b --backup-dir=bak source/ @/up/
	c -aim source/two/ source/three/ @/up/
	before=$deep	# what stays deep down is told at every level, and at some twice
	for how in -b -b\ --backup-dir=/bak --filter=P_*.keep '-b --filter=P_*.keep' '-b --backup-dir=/bak --filter=P_*.keep' '-n -b' \
	    '-n --filter=P_*.keep' --max-delete=3 '-b --max-delete=3' '--max-delete=1 --filter=P_*.keep'; do
		c -ai --delete $how source/two/ @/up/
	done
	before=
	c -aH far/ @/up/
	c -aH --no-inc-recursive far/ @/up/
	c -aH far/d50 far/d11 @/up/
	before=$was
	for how in link copy compare; do
		c -aH --$how-dest=/alt far/ @/up/new/
		c -aH --$how-dest=/alt far/d50 far/d11 @/up/new/
		c -aiiH --no-inc-recursive --$how-dest=/alt far/d50 far/d11 @/up/new/
	done
	c -aH far/ @/up/alt/
done
