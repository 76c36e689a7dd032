#!/bin/sh
# Pushes that are cut or whose session is killed: every file is the old one or the new one, whole; a
# repeated push finishes; what a killed session left behind goes.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
CUTS=${CUTS:-$(sanitized && echo 25 || echo 67)}	# of each kind

new=$scratch/new old=$scratch/old
mkdir -p "$new/a/b" "$new/c"
seq 1 30000 > "$new/a/big"; head -c 150000 /dev/urandom > "$new/c/random"; for i in 1 2 3 4 5 6 7 8 9; do seq 1 "${i}00" > "$new/a/b/f$i"; done
cp -r "$new" "$old"
sed -i '15000s/.*/older/' "$old/a/big"; head -c 150000 /dev/urandom > "$old/c/random"; for i in 2 4 6 8; do echo "old $i" > "$old/a/b/f$i"; done
rm "$old/a/b/f9"; echo gone > "$old/a/gone"
find "$new" "$old" -exec touch -d 2011-11-11 {} +; find "$old" -exec touch -d 2010-10-10 {} +

{ printf 'use chroot = no\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  for m in fin rst hold kill part; do mkdir "$scratch/$m"; printf '[%s]\npath = %s\nread only = no\n' $m "$scratch/$m"; done
} > "$scratch/conf"
# a daemon for each kind of cut, so that it can be told when its sessions are over
base=$scratch
for m in fin rst hold kill; do
	scratch=$base/of-$m; mkdir "$scratch"
	start_syncd < "$base/conf"
	eval "port_$m=\$port pid_$m=\$syncd_pid"
done
scratch=$base

restore() {
	rm -rf "${scratch:?}/$1"
	cp -a "$old" "$scratch/$1"
}
sums() { ( cd "$1" && find . -type f ! -name '.*.sp~*' -exec sha1sum {} + | sort ); }
sums "$new" > "$scratch/new.sums"; sums "$old" > "$scratch/old.sums"
sort -u "$scratch/new.sums" "$scratch/old.sums" > "$scratch/either"
# check MODULE: nothing but old and new files, and none lost that both have
whole() {
	sums "$scratch/$1" > "$scratch/$1.sums"
	comm -23 "$scratch/$1.sums" "$scratch/either" > "$scratch/$1.wrong"
	for f in $(cd "$old" && find . -type f ! -name gone); do [ -f "$scratch/$1/$f" ] || echo "lost $f"; done >> "$scratch/$1.wrong"
	[ ! -s "$scratch/$1.wrong" ]
}
temporaries() { find "$scratch/$1" -name '.*.sp~*' | wc -l; }

# cuts KIND PORT PID: CUTS cut pushes, checked after each; the words go to KIND.result
cuts() {
	mkfifo "$scratch/$1.go"
	"$top_builddir/t/tool/cut" "$2" "$1" 190000 42 < "$scratch/$1.go" > "$scratch/$1.port" & _cut=$!
	exec 9> "$scratch/$1.go"
	while [ ! -s "$scratch/$1.port" ]; do sleep 0.02; done
	_p=$(head -n 1 "$scratch/$1.port") _bad=0 _cutn=0 _i=0 _left=0
	while [ $_i -lt "$CUTS" ]; do
		_i=$((_i + 1))
		restore "$1"
		timeout 20 rsync -a --no-o --no-g --delete "$new/" "rsync://127.0.0.1:$_p/$1/" > "$scratch/$1.said" 2>&1 || _cutn=$((_cutn + 1))
		idle "$3"
		[ "$(temporaries "$1")" = 0 ] || _left=$((_left + 1))
		whole "$1" || { _bad=$((_bad + 1)); head -n 3 "$scratch/$1.wrong"; }
	done
	timeout 20 rsync -a --no-o --no-g --delete "$new/" "rsync://127.0.0.1:$2/$1/" > /dev/null 2>&1; _again=$?
	sums "$scratch/$1" | cmp -s - "$scratch/new.sums" || _again=different
	echo "$_bad $_left $_cutn $_again" > "$scratch/$1.result"
	exec 9>&-
	wait $_cut
}
plan 19
for k in fin rst hold; do eval "( cuts $k \$port_$k \$pid_$k )" > "$scratch/$k.notes" 2>&1 & eval "job_$k=\$!"; done
for k in fin rst hold; do
	eval "wait \$job_$k"
	note < "$scratch/$k.notes"
	read -r bad left cutn again < "$scratch/$k.result"
	is "$bad" 0 "$k: no damaged or lost file in $CUTS cut pushes"
	is "$left" 0 "$k: no temporary file is left"
	ok "$k: most were really cut ($cutn)" test "$cutn" -gt $((CUTS / 2))
	is "$again" 0 "$k: a repeated push finishes"
done

# the session is killed at a random moment of its life
session() { pgrep -P "$(pgrep -d, -P "$syncd_pid")" 2> /dev/null | tail -n 1; }
bad=0 killed=0 i=0
while [ $i -lt 33 ]; do
	i=$((i + 1))
	restore kill
	case $((i % 3)) in 0) rate=60 ;; 1) rate=300 ;; *) rate=1500 ;; esac	# the slow ones are caught on a busy machine, too
	timeout 20 rsync -a --no-o --no-g --bwlimit=$rate "$new/" "rsync://127.0.0.1:$port/kill/" > /dev/null 2>&1 & client=$!
	while [ -z "$(session)" ] && kill -0 $client 2> /dev/null; do sleep 0.01; done
	sleep "0.$(printf %02d $((i * 7 % 30)))"
	victim=$(session)
	[ -z "$victim" ] || ! kill -9 "$victim" 2> /dev/null || killed=$((killed + 1))
	wait $client; idle "$syncd_pid"
	whole kill || { bad=$((bad + 1)); note < "$scratch/kill.wrong"; }
done
is $bad 0 "kill -9 leaves no damaged file"
ok "sessions were really killed ($killed)" test $killed -gt 5
n=0
while [ "$(temporaries kill)" = 0 ] && [ $n -lt 20 ]; do	# one is to be left behind
	n=$((n + 1))
	timeout 20 rsync -a --no-o --no-g --bwlimit=300 -I --whole-file "$new/" "rsync://127.0.0.1:$port/kill/" > /dev/null 2>&1 & client=$!
	sleep 0.3; session=$(pgrep -P "$(pgrep -d, -P "$syncd_pid")" 2> /dev/null | tail -n 1); kill -9 "$session" 2> /dev/null; wait $client; idle "$syncd_pid"
done
find "$scratch/kill" -name '.*.sp~*' -exec touch -d '1 minute ago' {} +
timeout 20 rsync -aI --no-o --no-g "$new/" "rsync://127.0.0.1:$port/kill/" > /dev/null 2>&1
is "$(temporaries kill)" 0 "what a killed session left is swept by the next push into that directory"

# broken OPTION: a push of a file of 150,000 bytes, of which 60,000 bytes come
broken() {
	mkfifo "$scratch/part.go"
	"$top_builddir/t/tool/cut" "$port" fin =60000 1 < "$scratch/part.go" > "$scratch/part.port" & _cut=$!
	exec 9> "$scratch/part.go"
	while [ ! -s "$scratch/part.port" ]; do sleep 0.02; done
	timeout 20 rsync -a --no-o --no-g "$1" "$new/c/random" "rsync://127.0.0.1:$(head -n 1 "$scratch/part.port")/part/c/" > /dev/null 2>&1
	exec 9>&-
	wait $_cut; rm "$scratch/part.go" "$scratch/part.port"
	idle "$syncd_pid"
}
# --partial keeps what has come, under the name, and the next push ends it
restore part; rm "$scratch/part/c/random"
broken --partial
size=$(stat -c %s "$scratch/part/c/random" 2> /dev/null || echo 0)
ok "a broken transfer is kept where --partial asks for it ($size bytes)" test "$size" -gt 0 -a "$size" -lt 150000
# in a directory of the module, where it is asked for that; and the next push takes it from there
restore part; rm "$scratch/part/c/random"
broken --partial-dir=/cuts
size=$(stat -c %s "$scratch/part/cuts/random" 2> /dev/null || echo 0)
ok "a broken transfer is kept where --partial-dir=/ asks for it ($size bytes)" test "$size" -gt 0 -a "$size" -lt 150000 -a ! -e "$scratch/part/c/random"
matched=$(rsync -a --no-o --no-g --stats --no-whole-file --partial-dir=/cuts "$new/c/random" "rsync://127.0.0.1:$port/part/c/" | sed -n 's/^Matched data: \([0-9,]*\) bytes/\1/p' | tr -d ,)
ok "and used ($matched bytes)" test "$matched" -gt 0 -a "$matched" -gt $((size - 2000)) -a ! -e "$scratch/part/cuts/random"
is "$(cmp "$new/c/random" "$scratch/part/c/random" 2>&1)" "" "and the file is whole"
