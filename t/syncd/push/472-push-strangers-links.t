#!/bin/sh
# A link in the module leads the directories that options name, and merge files, only if it is root's or the module's
# identity's; and never to what is hidden.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "owners are root's to give"

m=$scratch/m
{ printf 'uid = 1000\ngid = 1000\nread only = no\nexclude = /secret\n'
  for c in yes no; do printf '[%s]\npath = %s\nuse chroot = %s\n' $c "$m" $c; done; } > "$scratch/conf"
start_syncd < "$scratch/conf"
mkdir "$scratch/src"; echo new > "$scratch/src/f"
# fresh OWNER TARGET: link belongs to OWNER and leads to TARGET
fresh() {
	rm -rf "$m"; mkdir -p "$m/real" "$m/d" "$m/secret"; echo old > "$m/d/f"; touch -d 2001-01-01 "$m/d/f"; echo '- x' > "$m/real/rules"; echo x > "$m/d/x"
	echo '- x' > "$m/secret/rules"; ln -s "$2" "$m/link"; ln -s "../$2/rules" "$m/d/.rsync-filter"; chown -R 1000:1000 "$m"; chown -h "$1" "$m/link" "$m/d/.rsync-filter"
}
push() { ( cd "$scratch/src" && timeout 60 rsync -rI "$@" ); }
plan 26
for c in yes no; do
	u=rsync://127.0.0.1:$port/$c
	for o in '-b --backup-dir=/link' '-b --backup-dir=/link/deep' --temp-dir=/link '--partial-dir=/link --delay-updates'; do
		fresh 1234 real
		fails 11 "chroot $c: $o, by a stranger's link" push $o f $u/d/
		is "$(cat "$m/d/f"; ls "$m/real")" "old
rules" 'changes nothing'
	done
	fresh 0 real; push -b --backup-dir=/link f $u/d/ > /dev/null 2>&1
	is "$(cat "$m/d/f" "$m/real/f")" "new
old" "chroot $c: root's link leads to backups"
	fresh 1000 secret; push -b --backup-dir=/link f $u/d/ > /dev/null 2>&1
	is "$(ls "$m/secret")" rules "chroot $c: but to nothing that is hidden"
	for o in 1234 1000; do
		fresh $o real; rm -rf "$scratch/got"
		timeout 60 rsync -rF $u/d/ "$scratch/got/" > "$scratch/said" 2>&1
		is "$(ls "$scratch/got"; grep -c 'untrusted user' "$scratch/said")" "$([ $o = 1000 ] && printf 'f\n0' || printf 'f\nx\n1')" "chroot $c: rules behind a link of $o"
	done
	fresh 1234 real; mkdir -p "$scratch/none"; timeout 60 rsync -rF --delete --exclude=.rsync-filter "$scratch/none/" $u/d/ > "$scratch/said" 2>&1
	is "$(ls "$m/d"; grep -c 'untrusted user' "$scratch/said")" 1 "chroot $c: nor do they protect"
done
