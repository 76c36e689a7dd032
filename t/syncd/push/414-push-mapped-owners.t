#!/bin/sh
# --usermap and --groupmap, with names and without: as with rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "needs root for owners"

tree=$scratch/tree
mkdir "$tree"
for u in 0 1 1234 65534; do echo $u > "$tree/$u"; chown $u:$u "$tree/$u"; done
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
start_push_pair <<-EOT
	[names]
	path = @UP@
	read only = no
	use chroot = no
	[numbers]
	path = @UP@
	read only = no
	use chroot = no
	numeric ids = yes
	EOT
plan 48
for module in up names numbers; do
	for how in '' --numeric-ids; do
		for map in :1 root:2 '*:3' 0:7 0-1:8 daemon:9 'd*:5' 1-2000:4; do
			push_as_stock "$map to $module $how" -ai $how --usermap=$map --groupmap=$map tree/ @/$module/
		done
	done
done
