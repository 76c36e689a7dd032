#!/bin/sh
# Filter rules on the sending side leave out exactly what rsync's own daemon leaves out.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/a/b/c" "$tree/a/.git" "$tree/src/obj" "$tree/keep/deep/er" "$tree/foo/bar/foo" "$tree/secret/in" "$tree/e"
for f in top.c top.o a/one.c a/two.o a/b/three.c a/b/four.txt a/b/c/five.o a/.git/config src/x.c src/x.o src/obj/y.o \
    keep/deep/er/file keep/deep/z.bak foo/1 foo/bar/2 foo/bar/foo/3 secret/a secret/in/b 'we ird[1]' 'back\slash' \
    core tags a/core~ '#hash#' e/file.orig; do echo "$f" > "$tree/$f"; done
printf -- '- *.txt\n# comment\n\n+ five.o\n- /c\n' > "$tree/a/b/.rules"
printf -- '- *.o\n' > "$tree/.rules"
printf 'y.o\n*.c x.o\n' > "$tree/src/.cvsignore"
printf -- '!\n- x.c\n' > "$tree/src/.rules"
printf -- ': .more\n- one.c\n' > "$tree/a/.rules"
printf -- '- three.c\n' > "$tree/a/b/.more"
printf -- '- /file\n' > "$tree/keep/deep/er/.rsync-filter"
printf -- '- z.bak\n+ /x\n' > "$tree/.rsync-filter"
find "$tree" -exec touch -d 2011-11-11 {} +
# more lines in all merge files than may be alive at once, in sisters and one below the other
mkdir -p "$scratch/many"; seq -f '- name%g.x' 1000 > "$scratch/many.rules"
for i in 0 1 2 3 4 5 6; do for j in 0 1 2 3 4 5 6 7 8 9; do
	mkdir -p "$scratch/many/$i/$j"; cp "$scratch/many.rules" "$scratch/many/$i/$j/.rsync-filter"
	touch "$scratch/many/$i/$j/name7.x" "$scratch/many/$i/$j/kept"
done; done
printf 'hidden.*\n# not this\n; nor this\n/src/obj\n' > "$scratch/exclude.list"

conf() { cat <<-EOT
	use chroot = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[m]
	path = $tree
	[many]
	path = $scratch/many
	[hide]
	path = $tree
	exclude = /secret *.o core/
	exclude from = $scratch/exclude.list
	[only]
	path = $tree
	filter = + /a/ + /a/** - *
	[inc]
	path = $tree
	include = x.o
	exclude = *.o a/b/
	[shown]
	path = $tree
	include = keep/
	exclude = *.bak z
	[shown2]
	path = $tree
	filter = + foo/ - 2
	EOT
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan_all 162
for p in $(versions 28 29 31 32); do
	c() { _n=$1; shift; same_as_stock "protocol $p: $_n" --protocol=$p -ai "$@"; }
	c 'a directory that is shown shows no more than itself' @/shown/
	c 'the same, with rules' @/shown2/
	c 'exclude a suffix' --exclude='*.o' @/m/
	c 'exclude anchored' --exclude=/a/b @/m/
	c 'exclude a directory only' --exclude='core/' --exclude='b/' @/m/
	c 'exclude with inner slash' --exclude='b/c' --exclude='deep/z.bak' @/m/
	c 'include then exclude all' --include='*/' --include='*.c' --exclude='*' @/m/
	c 'two stars' --exclude='foo/**/3' --exclude='**/er' @/m/
	c 'three stars' --exclude='keep/***' @/m/
	c 'anchored three stars' --include='/foo/***' --exclude='*' @/m/
	c 'character classes' --exclude='[a-c]*' --exclude='we[[:space:]]ird*' @/m/
	c 'a literal bracket' --exclude='we ird\[1]' --exclude='back\\slash*' @/m/
	c 'question marks' --exclude='?.o' --exclude='/foo/?' @/m/
	c 'a rule for the argument itself' --exclude=/a @/m/a @/m/foo
	c 'anchored at the transfer root' --exclude=/b @/m/a/
	c 'anchored with the name of the argument' --exclude=/a/b @/m/a
	c 'negated' --filter='-! */' @/m/a
	c 'hide and show' --filter='H *.o' --filter='S *.c' @/m/
	c 'protect does not hide' --filter='P *.o' --filter='R *.c' @/m/
	c 'sender side modifier' --filter='-s *.o' --filter='-r *.c' @/m/
	c 'clear' --exclude='*.c' --filter='!' --exclude='*.o' @/m/
	c 'absolute modifier' --filter='-/ a/b' --filter='-/ /src' @/m/
	c 'per-directory rules' --filter=': .rules' @/m/
	c 'per-directory rules without inheritance' --filter=':n .rules' @/m/
	c 'per-directory rules, file left out' --filter=':e .rules' @/m/
	c 'per-directory excludes only' --filter=':- .cvsignore' @/m/
	c 'CVS' -C @/m/
	c 'CVS in a subdirectory' -C @/m/src/
	c '-F' -F @/m/
	c '-FF' -FF @/m/keep/
	c '-F below the root' -F @/m/keep/deep
	c 'exclude-from' --exclude-from="$scratch/exclude.list" @/m/
	c 'rules and -R' --exclude='*.o' -R @/m/a/b @/m/src
	c 'module hides' @/hide/
	c 'module hides an argument' @/hide/secret/in @/hide/a
	c 'module hides a file below' @/hide/secret/in/b @/hide/top.o
	c 'module shows only' @/only/
	c 'module include before exclude' @/inc/
	c 'module and client rules' --exclude='*.c' @/hide/
	c 'a bad rule here is nothing there' --exclude='[' --exclude='a[' @/m/
done
same_as_stock 'many merge files' -aiF @/many/
same_as_stock 'many merge files, a complete list' -aiF --no-inc-recursive @/many/
