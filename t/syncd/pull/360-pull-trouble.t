#!/bin/sh
# Files that cannot be read, vanish, shrink or grow: the client hears of each, its exit status is the
# one of rsync's own daemon, and nothing is deleted at the client because of it.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "needs root to make files that the daemon cannot read"

tree=$scratch/tree
mkdir -p "$tree/open" "$tree/shut/in" "$tree/empty"
for f in a open/b open/c shut/in/d; do echo "$f" > "$tree/$f"; done
echo secret > "$tree/open/unreadable"; chmod 600 "$tree/open/unreadable"; chmod 700 "$tree/shut"
ln -s a "$tree/link"
long=$(printf '%0250d' 0)
mkdir -p "$tree/deep"; ( cd "$tree/deep" && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do mkdir "$long" && cd "$long" || exit; done; echo deep > f )
find "$tree" -exec touch -h -d 2011-11-11 {} + 2> /dev/null
chmod 755 "$scratch"
cp -a "$tree" "$scratch/more"; echo extra > "$scratch/more/extra"; chmod 755 "$scratch/more/shut"; chmod 644 "$scratch/more/open/unreadable"

cat > "$scratch/conf" <<-EOT
	use chroot = no
	[m]
	path = $tree
	uid = nobody
	[jail]
	path = $tree
	use chroot = yes
	uid = nobody
	[inner]
	path = $scratch/./tree
	use chroot = yes
	uid = nobody
	EOT
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan 37
for p in 28 30 32; do
	c() { _n=$1; shift; same_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	before=
	c 'unreadable files and directories' -ai --no-o --no-g @/m/
	c 'an unreadable argument' -ai --no-o --no-g @/m/open/unreadable @/m/a
	c 'an unreadable directory as argument' -ai --no-o --no-g @/m/shut/ @/m/a
	c 'unreadable and checksums' -aic --no-o --no-g @/m/open
	c 'in a chroot' -ai @/jail/
	c 'in a chroot with an inner directory' -ai @/inner/
	before=$scratch/more
	c 'nothing is deleted after an error' -ai --no-o --no-g --delete-before @/m/
	c 'but it is with ignore-errors' -ai --no-o --no-g --delete-before --ignore-errors @/m/
	c 'paths near the limit' -ai --no-o --no-g @/m/deep
done

# a file that changes while it is sent: the client asks again, and ends with what is there
mkdir "$scratch/live"; head -c 40000000 /dev/urandom > "$scratch/live/shrinks"; head -c 40000000 /dev/urandom > "$scratch/live/grows"
stop "$syncd_pid"
printf 'use chroot = no\nuid = 0\ngid = 0\n[m]\npath = %s/live\n' "$scratch" > "$scratch/conf"
start_syncd < "$scratch/conf"
rsync -a --bwlimit=20000 "rsync://127.0.0.1:$port/m/" "$scratch/got/" > "$scratch/live.out" 2>&1 &
client=$!
n=0; until [ -n "$(find "$scratch/got" -name '.*.??????' -size +100k 2> /dev/null)" ] || [ $n -gt 2000 ]; do n=$((n + 1)); "$await" gone 999999; done
truncate -s 1000000 "$scratch/live/shrinks"; echo more >> "$scratch/live/grows"
wait $client
rsync -a "rsync://127.0.0.1:$port/m/" "$scratch/got/" > "$scratch/live.out2" 2>&1
ok 'a second pull brings what is there' diff -r "$scratch/live" "$scratch/got"
ok 'no process of the daemon was killed' sh -c "! grep -q 'killed by signal' '$scratch/syncd.log'"

# each setting that cannot be met has its words
printf '[nopath]\n[gone]\npath = %s/gone\nuse chroot = no\n[baduid]\npath = %s\nuid = nosuchuser\n[badgid]\npath = %s\ngid = nosuchgroup\n' "$scratch" "$tree" "$tree" > "$scratch/rsyncd.conf"
said() { rsync "rsync://127.0.0.1:$port/$1/" 2>&1 | head -n 1; }
is "$(said nopath)" '@ERROR: no path setting.' 'a module without a path'
is "$(said gone)" '@ERROR: chdir failed' 'a path that is not there'
is "$(said baduid)" '@ERROR: invalid uid nosuchuser' 'an unknown user'
is "$(said badgid)" '@ERROR: invalid gid nosuchgroup' 'an unknown group'
ln -s "$tree" "$scratch/mine"; chown -h nobody "$scratch/mine"
printf '[link]\npath = %s/mine\nuse chroot = no\n' "$scratch" > "$scratch/rsyncd.conf"
is "$(said link)" '@ERROR: chdir failed' 'a path through a link that somebody else made'
rm "$scratch/mine"; ln -s "$tree" "$scratch/mine"
fails 0 'a link of our own is followed' rsync "rsync://127.0.0.1:$port/link/"
ok 'the log says what was wrong' grep -q "Invalid uid\|invalid uid" "$scratch/syncd.log"
ok 'and that the configuration was taken again' grep -q 'configuration reloaded' "$scratch/syncd.log"
