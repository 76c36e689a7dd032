#!/bin/sh
# What is said of backups to clients that ask for it, and which links are not kept as backups.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
tree=$scratch/tree before=$scratch/old
mkdir -p "$tree/d" "$before/d" "$before/gone"
echo new > "$tree/f"; echo older > "$before/f"; echo new > "$tree/d/g"; echo older > "$before/d/g"
echo x > "$before/gone/x"; ln -s f "$before/safe"; ln -s /etc/passwd "$before/unsafe"; ln -s ../../out "$before/d/out"
for l in safe unsafe d/out; do echo 'a file now' > "$tree/$l"; done
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
find "$before" -exec touch -h -d '2009-09-09 09:09:09' {} +
plan_all 24
start_push_pair <<-EOT
	[loud]
	path = @UP@
	read only = no
	max verbosity = 2
	EOT
for p in $(versions 28 29 30 32); do
	push_as_stock "protocol $p: backups" --protocol=$p -ab "$tree/" @/loud/
	push_as_stock "protocol $p: words about them" --protocol=$p -ab --info=backup "$tree/" @/loud/
	push_as_stock "protocol $p: more words" --protocol=$p -avvb "$tree/" @/loud/
	push_as_stock "protocol $p: in a directory" --protocol=$p -ab --backup-dir=bak --info=backup "$tree/" @/loud/
	push_as_stock "protocol $p: in a directory that is there" --protocol=$p -avvb --backup-dir=gone "$tree/" @/loud/
	push_as_stock "protocol $p: links that lead out are not kept" --protocol=$p -ab --safe-links "$tree/" @/loud/
done
