#!/bin/sh
# The log of a pull, a push and of refusals: rsync's lines, each once.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
mkdir -p "$scratch/tree/d" "$scratch/up"
head -c 5000 /dev/zero > "$scratch/tree/f"; head -c 300 /dev/zero > "$scratch/tree/d/g"
start_syncd <<-EOT
	use chroot = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[tree]
	path = $scratch/tree
	[up]
	path = $scratch/up
	read only = no
	[closed]
	path = $scratch/tree
	hosts deny = *
	EOT
plan 9
lines() { grep -c -F -e "$1" "$scratch/syncd.log"; }
u=rsync://127.0.0.1:$port
fails 0 'a pull' timeout 60 rsync -a --stats "$u/tree/" "$scratch/out/"
like "$out" '*File list generation time: 0.*File list transfer time: 0.*' 'a list that took no time has one all the same'
ok 'a push' timeout 60 rsync -a "$scratch/tree/" "$u/up/"
fails 5 'an unknown module' timeout 60 rsync "$u/nosuch/"
fails 5 'a closed one' timeout 60 rsync "$u/closed/"
idle "$syncd_pid"
is "$(lines 'building file list') $(lines 'receiving file list')" '1 1' 'both lists are told'
is "$(lines 'total size 5300')" 2 'both with their total size'
is "$(lines "Unknown module") $(lines "unknown module 'nosuch' tried from")" '0 1' 'an unknown module is one line'
is "$(lines 'access denied') $(lines 'rsync denied on module closed from')" '0 1' 'a denial too'
