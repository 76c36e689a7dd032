#!/bin/sh
# --fsync is heard: what a push stored is on the disk before it has its name.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
command -v strace > /dev/null || skip_all 'strace is missing'
sanitized && skip_all 'a sanitizer does not like to be traced'
plan 5
mkdir "$scratch/up" "$scratch/src"
seq 1 1000 > "$scratch/src/a"; seq 1 9 > "$scratch/src/b"
port=$(freeport)
ids=; [ "$(id -u)" != 0 ] || ids='uid = 0
gid = 0'
printf 'use chroot = no\nreverse lookup = no\n%s\n[up]\npath = %s\nread only = no\n' "$ids" "$scratch/up" > "$scratch/rsyncd.conf"
spawn "$scratch/syncd.log" strace -f -q -e trace=fsync,fdatasync,renameat,renameat2 -o "$scratch/trace" "$syncd" --daemon --no-detach \
    --config="$scratch/rsyncd.conf" --port="$port" --address=127.0.0.1 --log-file=/dev/stderr
servers="$(pgrep -P "$pid") $servers"	# strace, when it ends, lets go of what it runs
ready "$scratch/syncd.log" "listening on port $port"
fails 0 'a push without --fsync' timeout 60 rsync -a "$scratch/src/a" "rsync://127.0.0.1:$port/up/"
is "$(grep -c 'fsync(' "$scratch/trace")" 0 'waits for no disk'
fails 0 'a push with it' timeout 60 rsync -a --fsync "$scratch/src/" "rsync://127.0.0.1:$port/up/"
ok 'waits for each file' test "$(grep -c 'fsync(.*= 0' "$scratch/trace")" -ge 1
first() { grep -n "$1" "$scratch/trace" | tail -n "$2" | head -n 1 | cut -d: -f1; }
ok 'before the last one has its name' test "$(first 'fsync(' 1)" -lt "$(first 'rename.*"b"' 1)"
