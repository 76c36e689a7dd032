#!/bin/sh
# ledger: whenever the daemon is killed its ledger goes on, what was torn is named, and a full disk costs events that are counted, but no client.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all 'no rsync'
own_mounts
. "$top_srcdir/t/lib/ledger.sh"
mkdir "$scratch/disk"
conf() { ledger_conf; printf '[m]\npath = %s\n[far]\npath = %s\nhosts deny = *\n' "$scratch/m" "$scratch/m"; }
r() { timeout 30 rsync -a "$@" > "$scratch/out" 2>&1; }
again() {
	conf > "$scratch/in"
	start_syncd < "$scratch/in"
	u=rsync://127.0.0.1:$port
}
plan 17

# killed at drawn moments, with clients at work: the seed is said, so that it can be drawn again
seed=$(date +%N | sed 's/^0*//'); echo "# seed $seed"
for n in 1 2 3 4; do
	again
	for c in 1 2 3 4 5 6; do r "$u/far/" "$scratch/d"; done &
	crowd=$!
	sleep "$(awk -v s="$seed" -v n=$n 'BEGIN { srand(s + n); printf "%.3f", rand() * 0.4 }')"
	kill -9 "$syncd_pid"
	wait $crowd
	wait "$syncd_pid" 2> /dev/null
done
again; stop "$syncd_pid"
ok 'killed four times it is whole' verify
is "$(has '"event": "start"')" 5 'and has five starts'

# a torn line, of any length
whole=$(sed -n '$=' "$ledger")
last=$(tail -n 1 "$ledger")
for cut in 1 20 100; do
	printf '%s' "$last" | head -c $((${#last} - cut)) > "$scratch/torn"
	cat "$scratch/torn" >> "$ledger"
	fails 1 "without $cut bytes a last line is none" verify
	again
	ok 'and is told to the log' grep -q 'its last [0-9]* bytes are no entry' "$scratch/syncd.log"
	stop "$syncd_pid"
	ok 'the next start names it' verify
done
is "$(verify | grep -c ': cut: the [0-9]* bytes before entry')" 3 'the checker says so of each'
printf 'no ledger\n' > "$scratch/other"
ledger=$scratch/other; conf > "$scratch/rsyncd.conf"
timeout 10 "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --port="$port" > "$scratch/out" 2>&1
is "$? $(cat "$ledger")" '11 no ledger' 'a file that is no ledger is left alone'

# a full disk
mount -t tmpfs -o size=64k,mode=755 none "$scratch/disk" || exit 99
ledger=$scratch/disk/ledger
again
head -c 70000 /dev/zero > "$scratch/disk/fill" 2> /dev/null
_n=0
until grep -q 'events are not written' "$scratch/syncd.log" || [ $_n -ge 60 ]; do r "$u/far/" "$scratch/d"; _n=$((_n + 1)); done
ok 'a full disk is told once' test "$(grep -c 'events are not written, and counted' "$scratch/syncd.log")" -eq 1
ok 'and keeps nobody out' r "$u/m/" "$scratch/d"
rm "$scratch/disk/fill"
ok 'with room it goes on by itself' "$await" line "$scratch/syncd.log" 'written again; '
r "$u/m/" "$scratch/d"; idle "$syncd_pid"
stop "$syncd_pid"
like "$(verify; echo $?)" '*: lost: [0-9]* events could not be written before entry *0' 'what was lost is counted, and the rest is whole'
