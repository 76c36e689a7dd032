#!/bin/sh
# Directories larger than all that is listed ahead: a client finishes a part of the list only when it
# has seen the next, so the next must come whatever is outstanding.
. "${top_srcdir:-.}/t/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
tree=$scratch/tree
for d in a b; do mkdir -p "$tree/$d/sub"; ( cd "$tree/$d" && seq -f 'n%g' 1 10100 | xargs touch ); done
printf 'use chroot = no\n[m]\npath = %s\n' "$tree" > "$scratch/conf"
start_syncd < "$scratch/conf"
plan 2
ok 'a dry run over large directories ends' timeout 60 rsync -rn "rsync://127.0.0.1:$port/m/" "$scratch/none/"
ok 'and so does a listing' timeout 60 rsync -r "rsync://127.0.0.1:$port/m/"
