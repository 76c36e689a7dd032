#!/bin/sh
# Merge files named in merge files: found, refused and worded as rsync's own daemon does, sending and deleting.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "paths in messages are those of a chroot"

: > "$scratch/none.conf"
start_push_pair < "$scratch/none.conf"
mkdir -p "$scratch/src/a" "$scratch/src/b"; echo n > "$scratch/src/b/new"
fresh=$scratch/src

# pulls NAME ARGUMENT...: as same_as_stock; what has come by the time of an error is a matter of timing
pulls() {
	_out=$(same_as_stock "$@")
	if ! grep -q '^exit 0' "$scratch/stock.said"; then
		is "$(cat "$scratch/ours.said")" "$(cat "$scratch/stock.said")" "$1"
	else case $_out in ok*) report 0 "$1" ;; *) report 1 "$1"; echo "$_out" | note ;; esac; fi
}
# case_ NAME: what was put into $tree is pulled from above and from its directory, and deleted from
tree=$scratch/tree
begin() { rm -rf "$tree"; mkdir -p "$tree/a/sub" "$tree/b"; for f in a/keep a/x a/sub/x b/secret b/y top; do echo "$f" > "$tree/$f"; done; }
case_() {
	find "$tree" -exec touch -d 2011-11-11 {} +
	before=$tree
	push_as_stock "$1: deletion" -r -F --delete src/ @/up/
	for _s in ours stock; do find "$scratch/up.$_s/d" -mindepth 1 -delete; cp -a "$tree/." "$scratch/up.$_s/d/"; done
	before=
	pulls "$1: a pull" -rF @/up/
	pulls "$1: a pull of a directory" -rF @/up/a/
	pulls "$1: a pull of a name" -rF @/up/a
}
plan 44
begin; echo ': ../rules' > "$tree/a/.rsync-filter"; printf 'P keep\n- x\n' > "$tree/rules"; echo 'P x' > "$tree/a/rules"
case_ 'a file one level up'
begin; echo ': ../rules' > "$tree/a/.rsync-filter"; echo '- /x' > "$tree/rules"; echo '- /a/keep' >> "$tree/rules"
case_ 'its anchors are where it lies'
begin; echo ': /rules' > "$tree/a/.rsync-filter"; printf -- '- keep\n- secret\n' > "$tree/rules"; echo ': /rules' > "$tree/b/.rsync-filter"; echo '- secret' > "$tree/b/rules"
case_ 'a path of the module'
begin; echo ':n ../rules' > "$tree/a/.rsync-filter"; echo '- x' > "$tree/rules"
case_ 'one that is not inherited'
begin; echo '. missing' > "$tree/a/.rsync-filter"
case_ 'an include that is missing'
begin; echo ': missing' > "$tree/a/.rsync-filter"
case_ 'a missing file of each directory'
begin; echo '. more' > "$tree/a/.rsync-filter"; echo '- x' > "$tree/a/more"
case_ 'an include beside it'
begin; echo '. sub/more' > "$tree/a/.rsync-filter"; echo '- x' > "$tree/a/sub/more"; echo 'P more' > "$tree/a/sub/.rsync-filter"
case_ 'an include from below it'
begin; echo '. /b/more' > "$tree/a/.rsync-filter"; echo '- x' > "$tree/b/more"; echo 'P more' > "$tree/b/.rsync-filter"
case_ 'an include by a path of the module'
begin; printf -- '- x\nbad rule\n' > "$tree/a/.rsync-filter"
case_ 'a bad rule'
begin; printf -- '- x\n: .rsync-filter\n' > "$tree/a/.rsync-filter"
case_ 'itself again'
