#!/bin/sh
# --iconv and `charset`: names in UTF-8 on the wire, whatever either side keeps them in, as rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
plan 69

b() { printf "$1"; }	# bytes by their octal numbers
ue=$(b '\374') ss=$(b '\337') ae=$(b '\344')			# in ISO-8859-1
Ue=$(b '\303\274') Ss=$(b '\303\237') Ae=$(b '\303\244')	# in UTF-8
grow() { # grow DIR u ss a: the same tree, spelled with these letters
	mkdir -p "$1/Stra$3e/$2ber" "$1/a$2"
	echo 1 > "$1/$4$2.txt"; echo 2 > "$1/Stra$3e/$3"; echo 3 > "$1/Stra$3e/$2ber/x$4"; echo 4 > "$1/a$2/x"; echo 5 > "$1/a~"
	echo 6 > "$1/abc"; ln "$1/abc" "$1/$4-hard"; ln -s "$4$2.txt" "$1/li$2nk"; ln -s abc "$1/plain"
	echo "- $4*" > "$1/Stra$3e/.rsync-filter"
}
grow "$scratch/latin" "$ue" "$ss" "$ae"
grow "$scratch/utf8" "$Ue" "$Ss" "$Ae"
cp -a "$scratch/utf8" "$scratch/wrong"
echo x > "$scratch/wrong/bad-$ue"; ln -s "to-$ue" "$scratch/wrong/badlink"; mkdir "$scratch/wrong/Stra${Ss}e/bd-$ue"
echo y > "$scratch/wrong/Stra${Ss}e/bd-$ue/in"; echo z > "$scratch/wrong/Stra${Ss}e/$ue"; ln -s "$ue" "$scratch/wrong/a$Ue/link"
printf '%s\n' "a${ue}/x" "Stra${ss}e/${ss}" abc "no-$ue" > "$scratch/names.latin"
printf '%s\n' "a${Ue}/x" "Stra${Ss}e/${Ss}" abc "no-$Ue" > "$scratch/names.utf8"
find "$scratch/latin" "$scratch/utf8" "$scratch/wrong" -exec touch -h -d 2011-11-11 {} +
{
	printf 'use chroot = no\nuid = %s\n' "$(id -u)"
	[ "$(id -u)" != 0 ] || echo gid = 0
	for m in latin=ISO-8859-1 utf8=UTF-8 wrong=UTF-8 raw=; do
		printf '[%s]\npath = %s\n' "${m%%=*}" "$scratch/$(echo "${m%%=*}" | sed s/raw/latin/)"
		[ -z "${m#*=}" ] || printf 'charset = %s\n' "${m#*=}"
	done
	printf '[nonsense]\npath = %s\ncharset = no-such-set\n' "$scratch/utf8"
} > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

for p in 32 31 30 29 27; do
	for m in latin utf8 wrong; do
		for c in UTF-8 ISO-8859-1; do
			same_as_stock "protocol $p, module $m, client $c" -ai --protocol=$p --iconv=$c @/$m/
		done
	done
	same_as_stock "protocol $p, with hard links and deletions" -aiH --delete --protocol=$p --iconv=UTF-8 @/latin/
	same_as_stock "protocol $p, a client that asks for nothing" -ai --protocol=$p @/latin/
	fails $((p < 31 ? 12 : 4)) "protocol $p, a module without a set refuses" rsync -a --protocol=$p --iconv=UTF-8 "rsync://127.0.0.1:$port/raw/" "$scratch/n/"
done
for c in UTF-8 ISO-8859-1; do
	for s in --secluded-args --no-secluded-args; do
		same_as_stock "an argument in UTF-8, client $c, $s" -ai $s --iconv=$c "@/latin/Stra${Ss}e"
		same_as_stock "an argument in ISO-8859-1, client $c, $s" -ai $s --iconv=$c "@/latin/Stra${ss}e" "@/latin/a$ue/x"
		same_as_stock "a wildcard, client $c, $s" -ai $s --iconv=$c "@/latin/Stra*/${Ue}*"
		same_as_stock "names in UTF-8, client $c, $s" -ai $s --iconv=$c --files-from="$scratch/names.utf8" @/latin/
	done
	same_as_stock "names in ISO-8859-1, client $c" -ai --iconv=$c --files-from="$scratch/names.latin" @/utf8/
done
same_as_stock 'whole paths' -aiR --iconv=UTF-8 --secluded-args "@/latin/Stra${Ss}e/${Ue}ber"
same_as_stock 'merge files' -aiF --iconv=UTF-8 @/latin/
same_as_stock 'a filter in the set of the module' -ai --iconv=UTF-8 --exclude="*$ue*" @/latin/
same_as_stock 'attributes of the list: sums' -aic --iconv=UTF-8 @/latin/
fails 4 'a set that nobody knows is refused' rsync -a --iconv=UTF-8 "rsync://127.0.0.1:$port/nonsense/" "$scratch/n/"
ok 'and the log says which' grep -q 'module nonsense: charset no-such-set is not known here' "$scratch/syncd.log"
