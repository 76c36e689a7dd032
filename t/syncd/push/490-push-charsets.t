#!/bin/sh
# Pushes with --iconv and `charset`: names in UTF-8 on the wire and in the module's set on disk, as rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
command -v rsync > /dev/null || skip_all "no rsync"

b() { printf "$1"; }	# bytes by their octal numbers
ue=$(b '\374') ss=$(b '\337') ae=$(b '\344')			# in ISO-8859-1
Ue=$(b '\303\274') Ss=$(b '\303\237') Ae=$(b '\303\244') Euro=$(b '\342\202\254')	# in UTF-8
grow() { # grow DIR u ss a: the same tree, spelled with these letters
	mkdir -p "$1/Stra$3e/$2ber" "$1/a$2" "$1/z"
	echo 1 > "$1/$4$2.txt"; seq 1 9000 > "$1/Stra$3e/$3"; echo 3 > "$1/Stra$3e/$2ber/x$4"; echo 4 > "$1/a$2/x"; echo 5 > "$1/a~"
	echo 6 > "$1/abc"; ln "$1/abc" "$1/$4-hard"; ln "$1/abc" "$1/z/$3"; ln -s "$4$2.txt" "$1/li$2nk"; ln -s abc "$1/plain"; echo 7 > "$1/z/z$2"
}
grow "$scratch/latin" "$ue" "$ss" "$ae"
grow "$scratch/utf8" "$Ue" "$Ss" "$Ae"
find "$scratch/latin" "$scratch/utf8" -exec touch -h -d 2011-11-11 {} +
cp -a "$scratch/latin" "$scratch/old"	# what the modules hold, in their set
rm "$scratch/old/li${ue}nk" "$scratch/old/$ae-hard"; ln -s elsewhere "$scratch/old/li${ue}nk"; sed -i 70d "$scratch/old/Stra${ss}e/$ss"
mkdir "$scratch/old/gone$ue"; echo 1 > "$scratch/old/gone$ue/$ue"; echo "other" > "$scratch/old/a$ue/x"; touch -d 2010-10-10 "$scratch/old/a$ue/x"
cp -a "$scratch/utf8" "$scratch/euro"
mkdir "$scratch/euro/$Euro" "$scratch/euro/z/d$Euro"; echo 1 > "$scratch/euro/$Euro/x"; echo 2 > "$scratch/euro/z/d$Euro/$Euro"; echo 3 > "$scratch/euro/z/$Euro"
echo 4 > "$scratch/euro/z/last"; ln -s "$Euro" "$scratch/euro/z/link"
conf() { cat <<-EOT
	use chroot = no
	munge symlinks = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	read only = no
	[latin]
	path = $scratch/up.$1/d
	charset = ISO-8859-1
	[utf8]
	path = $scratch/up.$1/d
	charset = UTF-8
	[strange]
	path = $scratch/up.$1/d
	charset = IBM037
	[raw]
	path = $scratch/up.$1/d
	EOT
}
mkdir -p "$scratch/up.ours/d" "$scratch/up.stock/d"
conf ours > "$scratch/ours.conf"; conf stock > "$scratch/stock2.conf"
start_syncd < "$scratch/ours.conf"
start_rsyncd < "$scratch/stock2.conf"

plan_all 86
for p in $(versions 27 28 29 30 31 32); do
	c() { _c=$1; shift; push_as_stock "protocol $p: $_c" --protocol=$p "$@"; }
	i=i; [ $p -ge 29 ] || i=v
	before=
	c 'from UTF-8 to ISO-8859-1' -ai --iconv=UTF-8 utf8/ @/latin/
	c 'from ISO-8859-1 to UTF-8' -ai --iconv=ISO-8859-1 latin/ @/utf8/
	c 'from UTF-8 to UTF-8' -ai --iconv=UTF-8 utf8/ @/utf8/
	c 'hard links' -a${i}H --no-inc-recursive --iconv=UTF-8 utf8/ @/latin/
	c 'arguments' -aiR --iconv=UTF-8 "utf8/./Stra${Ss}e" utf8/./z @/latin/
	before=$scratch/old
	c 'over an older state' -ai --iconv=UTF-8 utf8/ @/latin/
	c 'with deletions' -a$i --delete --iconv=UTF-8 utf8/ @/latin/
	c 'with deletions afterwards, and backups' -a${i}b --delete-after --no-inc-recursive --iconv=UTF-8 utf8/ @/latin/
	c 'sums, no change in size' -aic --iconv=UTF-8 utf8/ @/latin/
	c 'very verbose' -avv --iconv=UTF-8 utf8/ @/latin/
	c 'a client that asks for nothing' -ai latin/ @/latin/
	fails $((p < 31 ? 12 : 4)) "protocol $p: a module without a set refuses" rsync -a --protocol=$p --iconv=UTF-8 "$scratch/utf8/" "rsync://127.0.0.1:$port/raw/"
done
before=
for s in --secluded-args --no-secluded-args; do
	push_as_stock "a destination in UTF-8, $s" -ai $s --iconv=UTF-8 utf8/z/ "@/latin/$Ue"
	push_as_stock "a destination in ISO-8859-1, $s" -ai $s --iconv=UTF-8 utf8/z/ "@/latin/$ue"
done

# what has no name in ISO-8859-1 (rsync's daemon breaks off): the rest comes, and nothing is deleted
rm -rf "$scratch/up.ours/d"; cp -a "$scratch/old" "$scratch/up.ours/d"
timeout 20 rsync -a --delete --iconv=UTF-8 "$scratch/euro/" "rsync://127.0.0.1:$port/latin/" > "$scratch/out" 2>&1
is $? 23 "names that cannot be said fail"
like "$(cat "$scratch/out")" '*Receiver* cannot convert filename: *' "in words"
ok "what can be said is there" test -f "$scratch/up.ours/d/z/last"
ok "nothing is deleted" test -f "$scratch/up.ours/d/gone$ue/$ue"
is "$(find "$scratch/up.ours/d" -name '*[^ -~]*' -newer "$scratch/out" | wc -l)" 0 "and nothing else is made"

# a set where other bytes than the slash become slashes: no name leaves its place
mkdir "$scratch/lies"; up=$(b '\006\006') slash=$(b '\007')
for n in "$up${slash}evil" "a${slash}evil" "$up" "$up$slash$up${slash}evil"; do
	rm -rf "$scratch/up.ours/d" "$scratch/lies/"*; mkdir "$scratch/up.ours/d" "$scratch/up.ours/d/$(b '\201')"
	echo lie > "$scratch/lies/$n"
	timeout 20 rsync -a --iconv=UTF-8,IBM037 "$scratch/lies/" "rsync://127.0.0.1:$port/strange/" > "$scratch/out" 2>&1
	ok "a name that would lead elsewhere ($?)" test $? -ne 0 -a "$(find "$scratch/up.ours" | wc -l)" = 3
done
echo well > "$scratch/lies/well"; rm -rf "$scratch/lies/$up"*
timeout 20 rsync -a --iconv=UTF-8,IBM037 "$scratch/lies/" "rsync://127.0.0.1:$port/strange/" > "$scratch/out" 2>&1
is "$(cat "$scratch/up.ours/d/$(b '\246\205\223\223')")" well "others do come"
