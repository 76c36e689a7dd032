#!/bin/sh
# Names of one file (-H), some of which are hidden, refused, cannot be made or lie elsewhere: the rest become links as with rsync's
# own daemon, and nothing waits for a name that never comes.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

few=$scratch/few many=$scratch/many
names() { # names DIRECTORY NAME...: names of one file
	rm -rf "$1"; mkdir -p "$1"
	( cd "$1" && shift && _first=$1 && shift && mkdir -p "$(dirname "$_first")" && echo data > "$_first" &&
	  for _i; do mkdir -p "$(dirname "$_i")"; ln "$_first" "$_i"; done
	  find . -exec touch -h -d 2020-01-01 {} + )
}
standing() { # standing NAME...: what is there before, old contents, each a file of its own
	rm -rf "$before"; mkdir "$before"
	for _i; do mkdir -p "$before/$(dirname "$_i")"; echo "old $_i" > "$before/$_i"; done
	find "$before" -exec touch -d 2012-12-12 {} +
}
before=$scratch/before; mkdir "$before"
start_push_pair <<-EOT
	exclude = hid*
	[all]
	path = @UP@
	read only = no
	[user]
	path = @UP@
	read only = no
	uid = 65534
	gid = 65534
	EOT

plan_all 113
for p in $(versions 28 32) list; do
	lists="--protocol=$p"
	[ $p != list ] || lists=--no-inc-recursive
	c() { _n=$1; shift; push_as_stock "$p: $_n" "$lists" "$@"; }
	i=i; [ $p = 28 ] && i=
	standing
	for where in 'hida b c' 'a hidb c' 'a b hidc' 'hida hidb c' 'a hidb hidc' 'hida hidb hidc'; do
		names "$few" $where
		c "hidden: $where" -a${i}H few/ @/up/
	done
	# with incremental lists rsync makes the hidden directory all the same: its list alone is compared
	names "$few" a b hidd/x e
	[ $p != 30 ] && [ $p != 31 ] && [ $p != 32 ] || lists="$lists --no-inc-recursive"
	c 'in a hidden directory' -a${i}H few/ @/up/
	lists="--protocol=$p"; [ $p != list ] || lists=--no-inc-recursive
	names "$few" a b c
	c 'no name may be made' -a${i}H --existing few/ @/up/
	c 'too large' -a${i}H --max-size=1 few/ @/up/
	c 'too large, in words' -aHvv --max-size=1 few/ @/up/
	c 'delayed' -a${i}H --delay-updates few/ @/up/
	c 'a dry run' -a${i}Hn few/ @/up/
	standing a c
	c 'two stand, the rest may not be made' -a${i}H --existing few/ @/up/
	for stood in 'a' 'b' 'c' 'a c' 'a b' 'a b c'; do
		standing $stood
		c "--append: longer stand at $stood" -a${i}H --append few/ @/up/
	done
	standing a c
	names "$few" a hidb c
	c 'two stand, with a hidden one between' -a${i}H few/ @/up/
	names "$few" a b c
	c 'two stand and stay' -a${i}H --ignore-existing few/ @/up/
	c 'two stand, in words' -aHvv --ignore-existing few/ @/up/
	c 'two stand, too large' -a${i}H --max-size=1 few/ @/up/
	c 'two stand and are newer' -a${i}H -u few/ @/up/
	standing a
	c 'one stands, the rest may not be made' -aHvv --existing few/ @/up/
	c 'one stands and stays' -a${i}H --ignore-existing few/ @/up/
	standing b
	c 'another stands and stays' -a${i}H --ignore-existing few/ @/up/
	c 'one stands, with backups' -a${i}Hb few/ @/up/
	standing alt/b
	cp -p "$few/a" "$before/alt/b"
	for alt in copy link; do c "one lies elsewhere: $alt" -a${i}H --$alt-dest=/alt few/ @/up/; done
	cp -p "$few/a" "$before/alt/c"
	for alt in copy link; do c "two lie elsewhere: $alt" -a${i}H --$alt-dest=/alt few/ @/up/; done
	# rsync's own daemon loses a, and with incremental lists hangs: those of the alternate directory are not made, a is
	find "$scratch/up.ours/d" -mindepth 1 -delete; cp -a "$before/." "$scratch/up.ours/d/"
	fails 0 "$p: two lie elsewhere, to compare with" timeout 30 rsync -aH $lists --compare-dest=/alt "$few/" "rsync://127.0.0.1:$port/up/"
	is "$(cd "$scratch/up.ours/d" && echo *; cat a)" "a alt
data" "$p: what is not there is made"
	if [ "$(id -u)" = 0 ]; then
		standing z/x
		chmod 777 "$before"
		names "$few" a b z/c
		c 'the last cannot be made' -rlt${i}H --no-t --no-inc-recursive few/ @/user/
	else
		skip "$p: the last cannot be made" 'not root'
	fi
done

# chains of thousands, each released by the failure of the one before
mkdir -p "$many"; echo data > "$many/0"
( cd "$many" && seq 1 4400 | xargs -I N ln 0 N ) && touch -d 2020-01-01 "$many/0" "$many"
standing
for lists in --no-inc-recursive --inc-recursive; do
	push_as_stock "thousands, $lists" -aHi $lists many/ @/up/
	push_as_stock "thousands too large, $lists" -aH $lists --max-size=1 many/ @/up/
	push_as_stock "thousands for show, $lists" -aHn $lists many/ @/up/
	mkdir "$many/hid"; ln "$many/0" "$many/hid/0"; ln "$many/0" "$many/hid1"; touch -d 2020-01-01 "$many"
	push_as_stock "thousands with hidden ones, $lists" -aHi $lists --exclude=hid/ many/ @/up/
	rm -r "$many/hid" "$many/hid1"
done
