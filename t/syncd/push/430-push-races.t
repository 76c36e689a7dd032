#!/bin/sh
# A local user exchanges directories of the module for links that lead out, while pushes run: not a byte,
# name, time or mode outside the module changes.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
SECONDS_EACH=${SECONDS_EACH:-5}

tree=$scratch/tree out=$scratch/outside
mkdir -p "$tree/d/sub" "$out/sub"
for i in 1 2 3 4 5 6 7 8; do seq 1 "${i}0" > "$tree/d/f$i"; seq 1 "${i}0" > "$tree/d/sub/g$i"; done
ln -s f1 "$tree/d/link"; mkfifo "$tree/d/pipe"; mkdir "$tree/d/made"
for f in f1 f3 sub/g1 canary victim; do echo "precious $f" > "$out/$f"; done; ln -s canary "$out/link"; mkdir "$out/extra"; echo x > "$out/extra/x"
find "$out" -exec touch -h -d 2001-01-01 {} +; chmod 700 "$out"
facts() { ( cd "$out" && find . -printf '%p %y %m %T@ %U %G %s %l\n' | sort; find . -type f -exec sha1sum {} + | sort ); }
facts > "$scratch/before"

# one module a case, so that they can run side by side
cases="plain inplace delete links backup linkdest partial relative keepdirs"
{ printf 'use chroot = no\nmunge symlinks = no\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  for m in $cases; do
	mkdir -p "$scratch/$m/d/sub" "$scratch/$m/d/extra"; echo old > "$scratch/$m/d/f1"; echo v > "$scratch/$m/d/victim"
	ln -s "$out" "$scratch/$m/evil"; mkdir -p "$scratch/$m/.evil"; ln -s ../../outside "$scratch/$m/.evil/way"
	printf '[%s]\npath = %s\nread only = no\n' "$m" "$scratch/$m"
  done
} > "$scratch/conf"
start_syncd < "$scratch/conf"

options() {
	case $1 in
	plain) echo -aI ;; inplace) echo -aI --inplace ;; delete) echo -aI --delete --force ;; links) echo -aIH --copy-dest=/d ;;
	backup) echo -aIb --backup-dir=/evil/bak ;; linkdest) echo -aI --link-dest=/evil ;; partial) echo -aI --partial-dir=../evil --delay-updates ;;
	relative) echo -aIR ;; keepdirs) echo -aIK --delete ;;
	esac
}
push_for() { # push_for CASE: pushes and removals until the flipping ends
	"$top_builddir/t/tool/flip" "$scratch/$1/d" "$scratch/$1/evil" "$SECONDS_EACH" > "$scratch/$1.flips" & _flip=$!
	_n=0
	while kill -0 $_flip 2> /dev/null; do
		_n=$((_n + 1))
		( cd "$tree" && timeout 20 rsync $(options "$1") --no-o --no-g d "rsync://127.0.0.1:$port/$1/" ) > "$scratch/$1.said" 2>&1
		[ $((_n % 5)) != 0 ] || ( cd "$tree" && timeout 20 rsync $(options "$1") --no-o --no-g d/ "rsync://127.0.0.1:$port/$1/d/" ) > /dev/null 2>&1
	done
	wait $_flip
	echo "$_n" > "$scratch/$1.pushes"
}
set -- $cases
plan $(($# * 2 + 1))
while [ $# -gt 0 ]; do
	push_for "$1" & one=$!
	two=; [ $# -lt 2 ] || { push_for "$2" & two=$!; }
	wait $one $two
	for m in "$1" ${2:+"$2"}; do
		ok "$m: pushes met flips ($(cat "$scratch/$m.pushes"), $(cat "$scratch/$m.flips"))" test "$(cat "$scratch/$m.pushes")" -gt 2 -a "$(cat "$scratch/$m.flips")" -gt 100
		facts > "$scratch/after"
		is "$(diff "$scratch/before" "$scratch/after")" "" "$m: nothing outside the module has changed"
	done
	shift; [ $# -eq 0 ] || shift
done
ok "the daemon is well" timeout 20 rsync -a "$tree/d/f1" "rsync://127.0.0.1:$port/plain/last"
