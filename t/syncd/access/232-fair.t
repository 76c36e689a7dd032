#!/bin/sh
# Shares: bandwidth of a module each way and of all by --bwlimit, and the priority of its sessions.
. "${top_srcdir:-.}/t/lib/lib.sh"
mkdir "$scratch/m"
head -c 600000 /dev/urandom > "$scratch/m/big"
cp "$scratch/m/big" "$scratch/up"
cat > "$scratch/in" <<E2
use chroot = no
reverse lookup = no
uid = $(id -u)
[slow]
path = $scratch/m
read only = no
bwlimit = 200
[nice]
path = $scratch/m
priority = 12
[free]
path = $scratch/m
bwlimit = 0
[all]
path = $scratch/m
E2
[ "$(id -u)" != 0 ] || sed -i '1i gid = 0' "$scratch/in"
start_syncd --bwlimit=300 < "$scratch/in"
u=rsync://127.0.0.1:$port
# seconds COMMAND...: how long it took, in tenths
tenths() { _from=$(date +%s%N); "$@" > "$scratch/out" 2>&1 || echo "failed: $(cat "$scratch/out")"; echo $((($(date +%s%N) - _from) / 100000000)); }
# at_least N WHAT NAME: a bound from below alone: a busy machine may take longer
at_least() { ok "$3 takes its time ($2)" [ "$2" -ge "$1" ]; }
plan 7
at_least 17 "$(tenths rsync -a "$u/slow/big" "$scratch/d1")" 'a pull'
at_least 17 "$(tenths rsync -a --checksum-seed=1 "$scratch/up" "$u/slow/in")" 'a push'
ok 'which arrives' cmp "$scratch/up" "$scratch/m/in"
at_least 10 "$(tenths rsync -a "$u/all/big" "$scratch/d2")" 'a module that does not say'
at_least 30 "$(tenths rsync -a --bwlimit=100 "$u/slow/big" "$scratch/d3")" 'a client that wants less'
ok 'no bound where the module says so' rsync -a "$u/free/big" "$scratch/d4"
spawn "$scratch/client" rsync -a --bwlimit=50 "$u/nice/big" "$scratch/d5"
"$await" line "$scratch/syncd.log" 'module nice'
nices() { for _p in $(serving "$syncd_pid"); do ps -o ni= -p "$_p"; done | tr -d ' ' | sort -n | tail -n 1; }
becomes 12 nices
is "$out" 12 'a session runs at the module'"'"'s niceness'
