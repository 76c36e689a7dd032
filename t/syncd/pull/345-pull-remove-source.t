#!/bin/sh
# --remove-source-files removes what was sent, and nothing that took its place meanwhile.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

m=$scratch/m
mkdir -p "$m/pub/a" "$m/root" "$m/two"
{ printf 'use chroot = no\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  printf '[m]\npath = %s\nread only = no\n' "$m"; } > "$scratch/conf"
start_syncd < "$scratch/conf"
u=rsync://127.0.0.1:$port/m

# pull_and DIR COMMAND...: removal waits for the last file, which is slow: the command runs when the first has come
pull_and() {
	_d=$1; shift
	rm -rf "$scratch/got"
	rsync -a --delay-updates --remove-source-files --bwlimit=1500 "$u/$_d/" "$scratch/got/" > "$scratch/said" 2>&1 & _client=$!
	_n=0
	while ! [ -e "$scratch/got/.~tmp~/f" ] && kill -0 $_client 2> /dev/null && [ $_n -lt 2000 ]; do _n=$((_n + 1)); sleep 0.01; done
	"$@"
	[ -e "$scratch/got/f" ] && early=no || early=yes
	wait $_client
}
fresh() {
	rm -rf "$m/pub/a" "$m/pub/b"; mkdir -p "$m/pub/a/z"
	echo mine > "$m/pub/a/f"; echo root > "$m/root/f"; head -c 4000000 /dev/zero > "$m/pub/a/z/slow"
	touch -d 2011-11-11 "$m/pub/a/f" "$m/root/f"
}
plan 10
fresh
pull_and pub/a true
is "$(find "$m/pub/a" -type f; cat "$scratch/got/f")" mine 'what was sent is gone'
fresh
flip() { mv "$m/pub/a" "$m/pub/b"; ln -s ../root "$m/pub/a"; }
pull_and pub/a flip
is "$early" yes 'the directory was exchanged in time'
is "$(cat "$m/root/f" 2>&1)" root 'a link in its place leads to no other file'
like "$(cat "$scratch/said")" '*failed to remove*' 'which is said'
fresh; mkdir "$m/pub/other"; echo also > "$m/pub/other/f"; touch -d 2011-11-11 "$m/pub/other/f"
swap() { mv "$m/pub/a" "$m/pub/b"; mv "$m/pub/other" "$m/pub/a"; }
pull_and pub/a swap
is "$early" yes 'the directory was exchanged for another in time'
is "$(cat "$m/pub/a/f" 2>&1)" also 'a file of that size and time in it stays'
fresh
renew() { echo newer > "$m/pub/n"; truncate -s 5 "$m/pub/n"; touch -d 2011-11-11 "$m/pub/n"; mv "$m/pub/n" "$m/pub/a/f"; }
pull_and pub/a renew
is "$early" yes 'the file was replaced in time'
is "$(cat "$m/pub/a/f" 2>&1)" newer 'a new file stays, though it looks the same'
like "$(cat "$scratch/said")" '*Skipping sender remove*' 'which is said'
# what the client has already was never sent: it goes as it was listed
fresh; rm -r "$m/pub/a/z"; rm -rf "$scratch/got"; cp -a "$m/pub/a" "$scratch/got"; ln -s f "$m/pub/a/l"; ln "$m/pub/a/f" "$m/pub/a/g"
rsync -aH --remove-source-files "$u/pub/a/" "$scratch/got/" > "$scratch/said" 2>&1
is "$(ls -A "$m/pub/a"; cat "$scratch/said")" '' 'what was there already, links and more names go as they were listed'
