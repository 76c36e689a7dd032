#!/bin/sh
# What the daemon says of a push to clients that ask for words, at both limits of verbosity.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

. "$top_srcdir/t/lib/push_tree.sh"
ln -s /var "$old/nowhere"
times_of_old
printf 'small\na/b/mid\nkeep\n' > "$old/names"

start_push_pair <<-EOT
	[loud]
	path = @UP@
	read only = no
	max verbosity = 2
	[rules]
	path = @UP@
	read only = no
	exclude = /alt /keep
	[inside]
	path = @UP@
	read only = no
	exclude = /alt /keep
	use chroot = no
	[dirs]
	path = @UP@
	read only = no
	exclude = + */ /keep
	[hidden]
	path = @UP@
	read only = no
	exclude = /alt /alt/***
	EOT

plan_all 297
for p in $(versions 28 29 30 31 32); do
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	before=$old
	c 'no directory to go to' -ai tree/ @/up/x/y/
	c 'nothing to send' -ai --no-r tree/a tree/z @/up/new
	c 'nothing to send, to a directory' -ai --no-r tree/a tree/z @/up/new/
	c 'no directory for one file' -ai tree/small @/up/x/y
	c 'a new directory, dry' -ain tree/ @/up/x/y/
	c 'a new directory, dry, whose names are hidden in another' -ain tree/ @/rules/new/
	c 'a new path, dry, whose names are hidden in another' -ain --mkpath tree/ @/rules/new/x/
	c 'a new directory, dry, without items' -an tree/ @/up/x/
	c 'a new name, dry' -ain tree/small @/up/x/y
	c 'a new path, dry' -ain --mkpath tree/ @/up/gone/x/y/
	c 'a new path for one file, dry' -ain --mkpath tree/small @/up/x/y
	c 'no such other directories' -ai --compare-dest=nosuch --compare-dest=../nosuch --compare-dest=/alt/nosuch tree/a/b @/up/a/
	c 'another directory that is none' -ai --link-dest=../../alt/small tree/a/b @/up/a/
	c 'no such temporary directory' -ai --temp-dir=/nosuch tree/ @/up/
	c 'a temporary directory that is none' -ai --temp-dir=small tree/ @/up/
	c 'a temporary directory elsewhere' -ai --temp-dir=nowhere tree/ @/up/z/
	c 'one link that is not taken' -rti tree/sl @/up/other
	for m in rules inside; do
		c "$m: a destination that is excluded" -ai tree/ @/$m/keep
		c "$m: a directory that is" -ai tree/ @/$m/keep/
		for o in compare copy link; do c "$m: --$o-dest that is" -ai --$o-dest=/alt tree/ @/$m/; done
	done
	c 'a destination that is excluded but for directories' -ai tree/a/ @/dirs/keep/
	c 'what is in it, from above' -ai tree/keep @/dirs/
	c 'the same seen from a directory' -ai --link-dest=../alt tree/z/ @/rules/z/	# without a chroot rsync looks there all the same
	[ $p -lt 30 ] || c 'backups to where it is excluded' -aib --backup-dir=/alt tree/ @/rules/
	[ $p -lt 30 ] || c 'temporary files' -ai --temp-dir=alt tree/ @/rules/
	[ $p -lt 30 ] || c 'partial files' -ai --partial-dir=/alt tree/ @/rules/
	for m in up loud; do
		before=
		c "$m: -v" -av tree/ @/$m/
		c "$m: -vv" -avv --no-inc-recursive tree/ @/$m/
		c "$m: statistics" -a --stats tree/small @/$m/
		before=$old
		c "$m: -v over an older state" -av tree/ @/$m/
		c "$m: -vv over an older state" -avv --no-inc-recursive tree/ @/$m/
		c "$m: -vv, dry, with deletion" -avvn --no-inc-recursive --delete tree/ @/$m/
		c "$m: a largest size" -avv --no-inc-recursive --max-size=100 tree/ @/$m/
		c "$m: only what is newer" -avvu --no-inc-recursive tree/ @/$m/
		c "$m: deletion" -av --delete tree/ @/$m/
		c "$m: only what exists" -avv --no-inc-recursive --existing tree/ @/$m/new/
		c "$m: safe links" -avv --no-inc-recursive --safe-links tree/ @/$m/
		c "$m: hard links" -avvH --no-inc-recursive tree/ @/$m/
	done
done
before=$old	# of several things that the module hides, which is named
for to in '' a alt alt/x; do
	for o in --temp-dir=/alt '--backup-dir=/alt --link-dest=/alt' '--partial-dir=/alt --temp-dir=/alt' --link-dest=/alt; do
		push_as_stock "to '$to': $o" -ai $o tree/small "@/hidden/$to"
	done
done
push_as_stock 'to what is hidden, temporaries from there' -ai --temp-dir=alt tree/small @/hidden/alt
push_as_stock 'to what is hidden, temporaries beside it' -ai --temp-dir=../alt tree/small @/hidden/alt/
