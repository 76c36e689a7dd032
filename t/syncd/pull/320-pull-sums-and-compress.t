#!/bin/sh
# Every checksum and every compression, negotiated or named, whole files and deltas.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/d"
seq 1 60000 > "$tree/numbers"
head -c 700000 /dev/urandom > "$tree/random"
cat "$tree/numbers" "$tree/random" "$tree/numbers" > "$tree/d/mixed"
head -c 2000000 /dev/zero > "$tree/zeros"
: > "$tree/empty"; printf x > "$tree/one"
find "$tree" -exec touch -d 2011-11-11 {} +
cp -a "$tree" "$scratch/old"
sed -i -e 's/999$/nnn/' -e '5000,5100d' "$scratch/old/numbers"
{ head -c 300000 "$tree/d/mixed"; echo inserted; tail -c +300500 "$tree/d/mixed"; } > "$scratch/old/d/mixed"
{ tail -c 350000 "$tree/random"; head -c 350000 "$tree/random"; } > "$scratch/old/random"
head -c 1999999 "$tree/zeros" > "$scratch/old/zeros"
find "$scratch/old" -type f -exec touch -d 2010-10-10 {} +

conf() { cat <<-EOT
	use chroot = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[m]
	path = $tree
	[plain]
	path = $tree
	dont compress = *.gz *
	[some]
	path = $tree
	dont compress = *.gz numbers */numbers
	EOT
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan_all 70
before=$scratch/old
for p in $(versions 27 29 30 31 32); do
	same_as_stock "protocol $p: -z" --protocol=$p -aiz @/m/
	same_as_stock "protocol $p: -z, large blocks" --protocol=$p -aiz -B 100000 @/m/
	same_as_stock "protocol $p: -z whole files" --protocol=$p -aizW @/m/
	same_as_stock "protocol $p: -z level 1" --protocol=$p -aiz --zl=1 @/m/
	same_as_stock "protocol $p: -c" --protocol=$p -aic @/m/
	same_as_stock "protocol $p: seed" --protocol=$p -ai --checksum-seed=-77 @/m/
	same_as_stock "protocol $p: small blocks" --protocol=$p -ai -B 64 @/m/
done
for z in zstd lz4 zlibx zlib none; do
	same_as_stock "compress choice $z" -ai --zc=$z @/m/
	same_as_stock "compress choice $z, no basis" -aiW --zc=$z @/m/
	same_as_stock "compress choice $z, a level" -aiz --zc=$z --zl=9 @/m/
done
same_as_stock '-zz' -aizz @/m/
same_as_stock 'old compress' -aiz --old-compress @/m/
same_as_stock 'level 0' -aiz --zl=0 --zc=zlib @/m/
same_as_stock 'a level alone' -ai --zl=3 @/m/
for c in xxh128 xxh3 xxh64 md5 md4 sha1 none md5,sha1; do
	same_as_stock "checksum choice $c" -aic --cc=$c @/m/
done

# what is not to be compressed is not, where rsync does not do it either: bytes received, within a hundredth
before=
received() { rm -rf "$scratch/got"; rsync -z --zc="$3" --stats "rsync://127.0.0.1:$1/$2/numbers" "$scratch/got" | sed -n 's/^Total bytes received: //p' | tr -d ,; }
for z in zlib zlibx zstd lz4; do
	for m in plain some; do
		a=$(received "$port" $m $z) b=$(received "$rport" $m $z)
		ok "dont compress, $m, $z: as many bytes ($a, $b)" test "$((a - b))" -lt "$((b / 100))" -a "$((b - a))" -lt "$((b / 100))"
	done
done
