#!/bin/sh
# What a push says of files whose attributes alone have changed: as rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree before=$scratch/old
mkdir -p "$tree/d/e" "$before"
echo f > "$tree/f"; ln -s f "$tree/l"; mkfifo "$tree/p"; ln "$tree/f" "$tree/h"
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
cp -a "$tree/." "$before/"
chmod 700 "$before/d"; chmod 600 "$before/f" "$before/p"; touch -h -d '2012-12-12 12:12:12' "$before/l" "$before/d/e"
start_push_pair <<-EOT
	[loud]
	path = @UP@
	read only = no
	max verbosity = 4
	EOT
plan_all 24
for p in $(versions 28 29 32); do
	for to in up loud; do
		for how in -av -avv -avH -avn; do push_as_stock "protocol $p: $how to $to" --protocol=$p $how tree/ @/$to/; done
	done
done
