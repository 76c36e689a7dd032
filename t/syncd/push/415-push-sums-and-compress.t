#!/bin/sh
# Pushes with every checksum, compression and block size; many files, deep trees, odd names.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree old=$scratch/old
mkdir -p "$tree/d"
seq 1 60000 > "$tree/text"; head -c 500000 /dev/urandom > "$tree/noise"; head -c 300000 /dev/zero > "$tree/zeros"; : > "$tree/empty"
cat "$tree/text" "$tree/noise" "$tree/text" > "$tree/mixed"; echo tiny > "$tree/d/tiny"
cp -r "$tree" "$old"
sed -i -e '30000s/.*/x/' -e '100,200d' "$old/text"; dd if=/dev/urandom of="$old/noise" bs=1 seek=250000 count=7 conv=notrunc 2> /dev/null
tail -c 900000 "$tree/mixed" > "$old/mixed"; head -c 1000 /dev/zero > "$old/zeros"
find "$tree" -exec touch -d 2011-11-11 {} +; find "$old" -exec touch -d 2010-10-10 {} +
odd=$scratch/odd; mkdir -p "$odd/ sp ace " "$odd/-dash" "$odd/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"
for f in ' lead' 'trail ' '*star' '?' '[x]' 'back\slash' "quote'" '"dq"' '#hash' ';semi' '~tilde' '.hidden' '..dots' '...' "$(printf 'nl\nx')" "$(printf 'esc\033[31m')" "$(printf 'latin\344')"; do echo "$f" > "$odd/$f"; done
echo deep > "$odd/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/deep"; echo l > "$odd/$(printf '%0250d' 0)"; ln -s "$(printf '%04000d' 0)" "$odd/longlink"
many=$scratch/many; for d in 1 2 3 4 5 6 7 8 9; do mkdir -p "$many/d$d/e"; for i in $(seq 1 250); do echo "$i" > "$many/d$d/f$i"; done; echo e > "$many/d$d/e/e"; done
find "$odd" "$many" -exec touch -h -d 2011-11-11 {} +

start_push_pair < /dev/null

plan_all 100
for p in $(versions 29 30 31 32); do
	c() { _n=$1; shift; push_as_stock "protocol $p: $_n" --protocol=$p "$@"; }
	before=
	c 'odd names' -ai odd/ @/up/
	c 'odd names, secluded' -ais odd/ @/up/sub/
	c 'odd names by argument' -ai 'odd/*star' 'odd/[x]' 'odd/ sp ace ' odd/-dash @/up/
	c 'many files' -a many/ @/up/
	c 'many files, some deleted' -a --delete --exclude='f1*' many/ @/up/
	before=$old
	for b in 700 1000 5000 65536 100000 131072; do c "blocks of $b" -ai -B$b --no-whole-file tree/ @/up/; done
	c 'zlib' -ai --zc=zlib tree/ @/up/
	[ $p -lt 30 ] || for z in zlibx zstd lz4 none; do c "compressed by $z" -ai --zc=$z tree/ @/up/; done
	c 'zlib, large blocks' -ai -B100000 --zc=zlib tree/ @/up/
	c 'compression of level 9' -aiz --compress-level=9 tree/ @/up/
	c 'compressed, in place' -aiz --inplace tree/ @/up/
	[ $p -lt 30 ] || for k in xxh128 xxh3 xxh64 md5 md4 sha1 none; do c "checksum $k" -ai --cc=$k tree/ @/up/; done
	[ $p -ge 30 ] || for k in md5 md4 sha1 xxh64; do c "checksum $k, and what matched" -aivv --no-whole-file --cc=$k tree/ @/up/; done
done
push_as_stock 'sums of two kinds' -aic --cc=md5,xxh64 tree/ @/up/
push_as_stock 'sums of two kinds, the other way' -aic --cc=xxh3,sha1 tree/ @/up/
push_as_stock 'a checksum nobody has' -ai --cc=nosuch tree/ @/up/
