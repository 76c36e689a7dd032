#!/bin/sh
# What a client can make us compute is bounded, in a way that honest ones never meet, and ends with the client.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

a60=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a240=$a60$a60$a60$a60
mkdir -p "$scratch/m/few" "$scratch/m/long" "$scratch/m/many" "$scratch/m/large" "$scratch/up/d"
for i in 1 2 3 4 5; do echo x > "$scratch/m/few/a name of some length, as there are many, and then some more of it $i"; done
echo x > "$scratch/m/long/$a240"; echo y > "$scratch/m/long/b"; echo z > "$scratch/up/d/$a240"; echo z > "$scratch/up/d/c"
( cd "$scratch/m/many" && seq -f 'a file with a number %g' 4000 | xargs -d '\n' touch )
truncate -s 4T "$scratch/m/large/sparse" 2> /dev/null || truncate -s 1T "$scratch/m/large/sparse"
seq -f '*?*?*?*?*?*?*?*#%g' 60000 > "$scratch/stars"
seq -f "*$a60%g" 60000 > "$scratch/costly"
seq -f '*.extension%g' 60000 > "$scratch/linear"
seq -f 'name%g' 10000 > "$scratch/plain"
{ printf 'use chroot = no\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  printf '[m]\npath = %s\n[up]\npath = %s\nread only = no\n' "$scratch/m" "$scratch/up"; } > "$scratch/conf"
start_syncd < "$scratch/conf"
u=rsync://127.0.0.1:$port

# ticks: CPU time of all sessions that have ended, in hundredths of a second: they are the spawner's children
ticks() { idle "$syncd_pid"; awk '{ print $16 + $17 }' "/proc/$(pgrep -P "$syncd_pid" -x syncd-spawner)/stat"; }
plan 14
was=$(ticks)
ok 'sixty thousand rules full of stars' timeout 120 rsync -a --exclude-from="$scratch/stars" $u/m/few/ "$scratch/few/"
now=$(ticks)
ok "cost little more than others ($((now - was)) ticks)" test $((now - was)) -gt 0 -a $((now - was)) -lt 1000
is "$(ls "$scratch/few" | wc -l)" 5 'and the files came'
was=$now
fails 4 'rules made to be costly end the connection' timeout 120 rsync -a --exclude-from="$scratch/costly" $u/m/long/ "$scratch/long/"
like "$out" '*more work than one connection gets*' 'which is said'
ok 'and logged' grep -q 'more work than one connection gets' "$scratch/syncd.log"
is "$(ls "$scratch/long" 2> /dev/null)" '' 'before anything has come'
now=$(ticks)
ok "and soon ($((now - was)) ticks)" test $((now - was)) -gt 0 -a $((now - was)) -lt 1000
mkdir "$scratch/empty"
fails 4 'so they do where they protect from deletion' timeout 120 rsync -a --delete --exclude-from="$scratch/costly" "$scratch/empty/" $u/up/d/
is "$(ls "$scratch/up/d")" "$a240" 'and what could not be judged is not deleted'
ok 'ten thousand plain rules are none of these' timeout 120 rsync -a --exclude-from="$scratch/plain" $u/m/many/ "$scratch/many/"
is "$(ls "$scratch/many" | wc -l)" 4000 'with all files'

# working PID: a session of that daemon has computed for a while
working() {
	_n=0
	while [ $_n -lt 1000 ]; do
		_n=$((_n + 1))
		for _p in $(pgrep -P "$1") ; do
			for _q in $_p $(pgrep -P "$_p"); do
				[ "$(awk '{ print $14 + $15 }' "/proc/$_q/stat" 2> /dev/null || echo 0)" -lt 30 ] || return 0
			done
		done
		sleep 0.02
	done
	return 1
}
# leaves NAME ARGUMENT...: a client that is killed while the session computes takes it along
leaves() {
	_name=$1; shift
	rsync "$@" > /dev/null 2>&1 & _client=$!
	if working "$syncd_pid"; then
		pkill -KILL -P $_client; kill -KILL $_client 2> /dev/null; wait $_client 2> /dev/null
		idle "$syncd_pid"
		is "$(serving "$syncd_pid")" '' "$_name"
	else report 1 "$_name: it never computed"; kill $_client; fi
}
leaves 'who is gone gets no sums' -ac $u/m/large/ "$scratch/large/"
leaves 'nor his rules followed' -a --exclude-from="$scratch/linear" $u/m/many/ "$scratch/other/"
