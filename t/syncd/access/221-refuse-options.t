#!/bin/sh
# refuse options: the same words as rsync's own daemon for the same option.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
command -v rsync > /dev/null || skip_all "no rsync"
tree=$scratch/tree
mkdir -p "$tree/d"; echo one > "$tree/one"; echo two > "$tree/d/two"; find "$tree" -exec touch -d 2011-11-11 {} +
cat > "$scratch/words" <<'EOW'
delete
delete-* !delete-during
d*
* !a
* no-iconv !a !v
checksum dry-run
compress
a
partial
progress
inplace
links times
group perms
D
del
delete-before
log-format
cc
zl
old-d
remove-source-files
[a-z]
usermap groupmap
append
n
nosuch chown
EOW
i=0
while read -r words; do
	i=$((i + 1)); printf '[r%d]\npath = @UP@\nread only = no\nrefuse options = %s\n' $i "$words"
done < "$scratch/words" > "$scratch/modules"
start_push_pair < "$scratch/modules"
cat > "$scratch/options" <<'EOO'
-a
-rc --existing
-r --delete
-r --del
-rz
-r --inplace
-r --append
-r --partial-dir=.p
-rlptgo -M-a
-rn
-r --cc=md5
-r --usermap=1:2 --old-dirs
EOO
if sanitized; then	# the plain build goes through all of them
	sed -n '1p;4p;10p' "$scratch/options" > "$scratch/fewer"; mv "$scratch/fewer" "$scratch/options"
fi
plan $(($(wc -l < "$scratch/options") * $(wc -l < "$scratch/words") + 12))
while read -r options; do
	i=0
	while read -r words; do
		i=$((i + 1))	# shellcheck disable=SC2086
		push_as_stock "$words: $options" $options "$tree/" "@/r$i/"
	done < "$scratch/words"
done < "$scratch/options"

# what ours refuses beyond rsync's, and how it says so
pull() { # pull MODULE OPTION...
	_m=$1; shift
	timeout 20 rsync -r "$@" "rsync://127.0.0.1:$port/$_m/" "$scratch/got/" > "$scratch/out" 2>&1
	grep -o 'configured to refuse.*' "$scratch/out"
}
is "$(pull r1 --remove-source-files -n)" 'configured to refuse --delete' 'delete: a pull that removes its sources'
is "$(pull r2 --remove-source-files -n)" '' 'delete-*: it does not'
is "$(pull r1)" '' 'delete: a pull as such'
is "$(pull r7 --zl=5)" 'configured to refuse --compress (-z)' 'compress: a level without -z'
is "$(pull r19 --zl=5)" 'configured to refuse --compress-level' 'zl: is told where a compression is to be agreed on'
is "$(pull r4 --zl=5)" 'configured to refuse --compress-level' '*: the same'
timeout 20 rsync -r --delete-missing-args "$scratch/no such" "$tree/one" "rsync://127.0.0.1:$port/r2/" > "$scratch/out" 2>&1
like "$(cat "$scratch/out")" '*configured to refuse --delete-missing-args*' 'delete-*: names that are missing, which rsync forgets'
ok 'a word that nothing is called is logged' "$await" line "$scratch/syncd.log" 'No match for refuse-options string "nosuch"'
h() { timeout 20 "$hostile" "$port" "$@" 2>&1; }
like "$(h login:29:r17 'args:--server|-r|--log-format=X|.|r17/' raw:00000000 fin)" '*configured to refuse --log-format*' 'a word for exactly that option'
like "$(h login:29:r23 'args:--server|-r|--usermap=1:2|-D|--del|.|r23/' raw:00000000 fin)" '*configured to refuse --usermap*' 'the first of several is named'
like "$(h login:29:r14 'args:--server|-rD|.|r14/' raw:00000000 fin)" '*configured to refuse -D*' 'an option that is a letter'
"$syncd" --check-config --config="$scratch/rsyncd.conf" > "$scratch/out" 2>&1
like "$(cat "$scratch/out")" '*No match for refuse-options string "nosuch"*' 'and by --check-config'
