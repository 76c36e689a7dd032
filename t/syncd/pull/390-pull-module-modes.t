#!/bin/sh
# What a module does to modes on their way out, and what its identity cannot read.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "needs root to make files that the daemon cannot read"

tree=$scratch/tree
mkdir -p "$tree/d/sub" "$tree/shut"; chmod 755 "$scratch"
for f in a d/b d/sub/c shut/x; do echo "$f" > "$tree/$f"; done
echo no > "$tree/d/unreadable"; chmod 600 "$tree/d/unreadable"; chmod 700 "$tree/shut"; mkfifo -m 600 "$tree/d/pipe"; ln -s /nonexistent "$tree/d/l"
chmod 4755 "$tree/a"; chmod 2770 "$tree/d/sub"; chmod 755 "$tree/d/sub"
find "$tree" -exec touch -h -d 2011-11-11 {} +
mkdir "$scratch/old"; echo old > "$scratch/old/extra"
n=0
{ printf 'use chroot = no\n'
  for c in ug+w,o= D2750,F640 Du+s,Fa-x 'u=rwX,g=rX,o=' 'Fg=u,o-rwx,D+t' '=r,+X' 'nonsense'; do
	n=$((n + 1)); printf '[c%d]\npath = %s\nuid = 0\ngid = 0\noutgoing chmod = %s\n' $n "$tree" "$c"
  done
  printf '[hidden]\npath = %s\nuid = nobody\nignore nonreadable = yes\n[shown]\npath = %s\nuid = nobody\n[lax]\npath = %s\nuid = nobody\nignore errors = yes\n' "$tree" "$tree" "$tree"
  for k in unset yes no; do printf '[atime-%s]\npath = %s\nuid = 0\nopen noatime = %s\n' $k "$scratch/read" $k; done
} > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan 46
for p in 29 32; do
	for i in 1 2 3 4 5 6 7; do
		same_as_stock "protocol $p: modes changed, $i" --protocol=$p -ai "@/c$i/"
		same_as_stock "protocol $p: modes changed, $i, for a pull without -p" --protocol=$p -rlti "@/c$i/d"
	done
	same_as_stock "protocol $p: what cannot be read is not there" --protocol=$p -ai --no-o --no-g @/hidden/
	same_as_stock "protocol $p: nor when it is named" --protocol=$p -ai --no-o --no-g @/hidden/a @/hidden/d/unreadable @/hidden/shut
	same_as_stock "protocol $p: nor in a listing" --protocol=$p -r --list-only @/hidden/
	same_as_stock "protocol $p: without the parameter it is an error" --protocol=$p -ai --no-o --no-g @/shown/
	before=$scratch/old
	same_as_stock "protocol $p: after which nothing is deleted" --protocol=$p -ai --delete --no-o --no-g @/shown/
	same_as_stock "protocol $p: but where errors are ignored" --protocol=$p -ai --delete --no-o --no-g @/lax/
	before=
done

# times of access: those of a day ago move with a file system's relatime, unless they are left alone
mkdir "$scratch/read"
for f in own other large; do echo $f > "$scratch/read/$f"; done
head -c 300000 /dev/zero >> "$scratch/read/large"; chown nobody "$scratch/read/other"
moved() { # moved PORT MODULE OPTION...: which files were read, as their times tell
	touch -a -d 2012-12-12 "$scratch/read/"*
	_p=$1 _m=$2; shift 2
	rsync -r "$@" "rsync://127.0.0.1:$_p/$_m/" "$scratch/copy"; rm -rf "$scratch/copy"
	find "$scratch/read" -type f -newerat 2013-01-01 -printf '%f ' | tr ' ' '\n' | sort | tr '\n' ' '
}
for k in unset yes no; do
	is "$(moved "$port" atime-$k)" "$(moved "$rport" atime-$k)" "open noatime = $k"
	[ $k = unset ] || is "$(moved "$port" atime-$k --open-noatime)" "$(moved "$rport" atime-$k --open-noatime)" "open noatime = $k and a client that asks for it"
done
is "$(moved "$port" atime-unset --open-noatime)" 'other ' "a client alone gets it for the identity's own files: its session may no more"
