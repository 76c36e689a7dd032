#!/bin/sh
# Directories larger than all that is listed ahead: a client finishes a part of the list only when it
# has seen the next, so the next must come whatever is outstanding.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
tree=$scratch/tree
for d in a b; do mkdir -p "$tree/$d/sub"; ( cd "$tree/$d" && seq -f 'n%g' 1 10100 | xargs touch ); done
printf 'use chroot = no\n[m]\npath = %s\n[tight]\npath = %s\nmax memory = 2\n' "$tree" "$tree" > "$scratch/conf"
start_syncd < "$scratch/conf"
plan 4
ok 'a dry run over large directories ends' timeout 60 rsync -rn "rsync://127.0.0.1:$port/m/" "$scratch/none/"
ok 'and so does a listing' timeout 60 rsync -r "rsync://127.0.0.1:$port/m/"
ok 'a bound on the memory lets small lists pass' timeout 60 rsync "rsync://127.0.0.1:$port/tight/a/n1"
if grep -q 'define SALLYPORT_SANITIZE' "$top_builddir/config.h"; then skip 1 'a sanitizer needs more'
else fails 22 'and ends a session beyond it' timeout 60 rsync -r -n --no-inc-recursive "rsync://127.0.0.1:$port/tight/" "$scratch/none/"; fi
