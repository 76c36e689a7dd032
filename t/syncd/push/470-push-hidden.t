#!/bin/sh
# What the module's own filter hides can be neither written nor read by a detour: options that name
# directories, suffixes, links, similar names.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

up=$scratch/up src=$scratch/src
mkdir -p "$src/d" "$src/secret"
for f in secret.key plain similar-new; do seq 1 20000 > "$src/$f"; done; echo s > "$src/secret/s"; echo d > "$src/d/d"
find "$src" -exec touch -d 2011-11-11 {} +
{ printf 'use chroot = no\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  printf '[up]\npath = %s\nread only = no\nexclude = *.key /secret/ /area/hidden/\n' "$up"
  printf '[own]\npath = %s\nread only = no\nexclude = /area/\ntemp dir = /area/hidden\n' "$up"; } > "$scratch/conf"
mkdir "$up"
start_syncd < "$scratch/conf"
fresh_up() {
	find "$up" -mindepth 1 -delete
	mkdir -p "$up/secret" "$up/area/hidden" "$up/open"; seq 1 20000 > "$up/secret.key"; echo hidden > "$up/secret/s"; echo h > "$up/area/hidden/d"
	sed 's/^10000$/the secret/' "$up/secret.key" > "$up/x" && mv "$up/x" "$up/secret.key"
	cp "$up/secret.key" "$up/similar-old.key"; echo older > "$up/open/plain"; echo older > "$up/open/s"; echo older > "$up/open/d"
	touch -d 2001-01-01 "$up/secret.key" "$up/secret/s" "$up/area/hidden/d" "$up/open"/*
}
facts() { ( cd "$up" && find secret secret.key area/hidden similar-old.key -printf '%p %y %m %T@ %s\n' | sort; find secret secret.key area/hidden -type f -exec sha1sum {} + | sort ); }
# stays NAME ARGUMENT...: the push changes nothing that is hidden
stays() {
	_name=$1; shift
	fresh_up; facts > "$scratch/before"
	( cd "$src" && timeout 20 rsync "$@" ) > "$scratch/said" 2>&1
	facts > "$scratch/after"
	is "$(diff "$scratch/before" "$scratch/after")" '' "$_name"
}
u=rsync://127.0.0.1:$port/up
plan 26
stays 'a hidden file is not overwritten' -aI ./ $u/
like "$(cat "$scratch/said")" '*daemon refused to receive file "secret.key"*' 'and that is said'
stays 'nor under a new name' -aI plain $u/new.key
stays 'nor in a hidden directory' -aI secret/s $u/secret/
like "$(cat "$scratch/said")" '*daemon has excluded destination*' 'which is no destination'
stays 'nor deleted' -aI --delete d/ $u/
stays 'nor with the excluded ones' -aI --delete-excluded --force d/ $u/
stays 'a backup does not go there' -aIb --backup-dir=/secret secret/s $u/open/
stays 'nor by its name' -aIb --backup-dir=/area plain d/d $u/open/
stays 'nor one level up' -aIb --backup-dir=/area/hidden d/d $u/open/
stays 'nor by a suffix' -aIb --suffix=/../../secret/s plain $u/open/
stays 'nor by an innocent suffix' -aIb --suffix=.key plain $u/open/
stays 'a partial file does not either' -aI --partial-dir=/area/hidden --delay-updates d/d $u/
stays 'nor a temporary one' -aI --temp-dir=/secret plain $u/open/
fresh_up
( cd "$src" && timeout 20 rsync -aI plain "rsync://127.0.0.1:$port/own/open/" ) > "$scratch/said" 2>&1
is "$(cat "$scratch/said"; cmp "$src/plain" "$up/open/plain" 2>&1)" '' 'but the directory for them that the configuration names may be hidden'
is "$(ls -A "$up/area/hidden")" d 'and is left as it was'
stays 'nor one of a directory for all' -aI --partial-dir=/secret secret/s $u/open/
like "$(cat "$scratch/said")" '*Your options have been rejected by the server*' 'which ends the push'
stays 'nor by a detour' -aI --partial-dir=/open/../secret secret/s $u/open/
# nor does that directory lead out of the module, to take what is there for a part of the file
fresh_up; mkdir "$scratch/outside"; cp "$src/plain" "$scratch/outside/plain"; ln -s "$scratch/outside" "$up/away"
for d in /away /../outside; do
	out=$( cd "$src" && timeout 20 rsync -aI --stats --no-whole-file --partial-dir=$d plain $u/open/ 2>&1 )
	is "$(echo "$out" | sed -n 's/^Matched data: \([0-9,]*\) bytes/\1/p'; ls "$scratch/outside"; cmp "$src/plain" "$up/open/plain")" "0
plain" "--partial-dir=$d reaches nothing outside"
	echo older > "$up/open/plain"
done
for o in compare copy link; do
	stays "--$o-dest does not find it" -aI --$o-dest=/ --no-whole-file -vv --stats "$src/secret.key" $u/open/stolen
done
fresh_up; printf 'x' > "$src/taken"; touch -d 2001-01-01 "$src/taken"
cp "$up/secret.key" "$src/secret.key"; touch -d 2001-01-01 "$src/secret.key"
out=$( cd "$src" && timeout 20 rsync -a --stats --no-whole-file --copy-dest=../secret "$src/secret/s" $u/open/sub/ 2>&1; timeout 20 rsync -ay --stats --no-whole-file similar-new $u/ 2>&1 )
is "$(echo "$out" | sed -n 's/^Matched data: \([0-9,]*\) bytes/\1/p' | sort -u)" 0 'nothing matches what is hidden'
stays 'a missing argument does not delete it' -aI --delete-missing-args d nosuch.key secret.key.not $u/
