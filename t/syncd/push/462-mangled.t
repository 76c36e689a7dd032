#!/bin/sh
# A proxy changes, drops, doubles and cuts bytes between the real client and our daemon: no session crashes, no hidden or
# outer file is touched, and the daemon serves the next.  By hand, with a build with sanitizers:
#	TRANSFERS=2000 SEED=7 ../t/syncd/push/462-mangled.t
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
TRANSFERS=${TRANSFERS:-32} SEED=${SEED:-1} SILENCE=${SILENCE:-4}	# seconds that either side bears

# what a sanitizer finds is the end by a signal, which the log tells: sessions have nowhere to print it
ASAN_OPTIONS=abort_on_error=1:detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1
export ASAN_OPTIONS UBSAN_OPTIONS
tree=$scratch/tree out=$scratch/outside
mkdir -p "$tree/a/b" "$tree/many" "$out" "$scratch/pull/hidden"
seq 1 4000 > "$tree/big"; seq 1 3000 | rev > "$tree/a/rev"; head -c 30000 /dev/zero > "$tree/a/b/zeros"; ln "$tree/big" "$tree/a/hard"; ln -s b "$tree/a/link"
mkfifo "$tree/pipe"; for i in 1 2 3 4 5 6 7 8 9; do echo "$i" > "$tree/many/f$i"; done; setfattr -n user.a -v b "$tree/big" 2> /dev/null
cp -a "$tree/." "$scratch/pull/"; echo secret > "$scratch/pull/hidden/s"; echo precious > "$out/f"
cp -a "$tree" "$scratch/old"; sed -i '7s/.*/other/' "$scratch/old/big"; rm "$scratch/old/many/f1"
facts() { ( cd "$1" && find . -printf '%p %y %m %s %T@\n' | sort; find . -type f -exec sha1sum {} + | sort ); }
{ printf 'use chroot = no\nuid = %s\ntimeout = %s\n' "$(id -u)" "$SILENCE"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  printf '[pull]\npath = %s\nexclude = /hidden\n' "$scratch/pull"
  for i in $(seq 0 15); do mkdir -p "$scratch/up/$i/hidden"; echo "$i" > "$scratch/up/$i/hidden/s"; printf '[up%s]\npath = %s\nread only = no\nexclude = /hidden\n' "$i" "$scratch/up/$i"; done; } > "$scratch/conf"
start_syncd < "$scratch/conf"
mkfifo "$scratch/hold"
"$top_builddir/t/tool/mangle" "$port" "$SEED" < "$scratch/hold" > "$scratch/mangled" 2>&1 & proxy=$!
servers="$servers $proxy"
exec 9> "$scratch/hold"
_n=0; while ! [ -s "$scratch/mangled" ] && [ $_n -lt 500 ]; do _n=$((_n + 1)); sleep 0.01; done
u=rsync://127.0.0.1:$(head -n 1 "$scratch/mangled")
facts "$out" > "$scratch/out.before"; facts "$scratch/pull" > "$scratch/pull.before"; ( cd "$scratch/up" && cat */hidden/* ) > "$scratch/up.before"

cat > "$scratch/options" <<-EOT
	-a
	-aH --no-W
	-az
	-aAX
	-aR --delete
	-ac --checksum-choice=md5
	-aHAX --inplace --no-W
	-rlt --protocol=29
	-aH --protocol=27
	-aFF --delete-excluded
	-a --partial-dir=.p --delay-updates
	-ab --backup-dir=bak --suffix=x
	-a --append
	-ay --no-W
	-a --link-dest=../many
	-a --zc=zstd
	EOT
# one I WORKER: pulls and pushes take turns, the options of the list as well
one() {
	_d=$scratch/run$2
	rm -rf "$_d"; cp -a "$scratch/old" "$_d"
	_o=$(sed -n "$((($1 + $1 / 16) % 16 + 1))p" "$scratch/options")
	if [ $(($1 / 16 % 2)) = 0 ]; then timeout 30 rsync $_o --timeout=$SILENCE "$u/pull/" "$_d/"
	else timeout 30 rsync $_o --timeout=$SILENCE "$tree/" "$u/up$2/d/"; fi > /dev/null 2>&1
	:
}
worker() {
	_i=$1
	while [ $_i -lt "$TRANSFERS" ]; do one $_i "$1"; _i=$((_i + 16)); done
}
jobs=
for w in $(seq 0 15); do worker $w & jobs="$jobs $!"; done
wait $jobs
plan 6
ok "$TRANSFERS transfers were harmed" sh -c "awk 'NR > 1 && \$2 + \$3 > 0' '$scratch/mangled' | wc -l | { read n; echo \$n; [ \$n -gt $((TRANSFERS / 3)) ]; }"
idle "$syncd_pid"
is "$(grep -E 'killed by signal|runtime error|Sanitizer' "$scratch/syncd.log" | head -n 5)" '' 'no session broke'
is "$(facts "$out" | diff "$scratch/out.before" -)" '' 'nothing outside has changed'
is "$(facts "$scratch/pull" | diff "$scratch/pull.before" -)" '' 'nor what is read only'
is "$( ( cd "$scratch/up" && cat */hidden/* ) | diff "$scratch/up.before" -)" '' 'nor what is hidden'
ok 'the daemon serves the next' timeout 60 rsync -a "$tree/" "rsync://127.0.0.1:$port/up0/last/"
exec 9>&-
