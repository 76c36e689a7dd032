#!/bin/sh
# Whatever the protocol, a pull from our daemon ends as one from rsync's own: the same tree, the
# same lines on the client's screen, the same exit status.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/a/b/c" "$tree/empty" "$tree/a-b" "$tree/a.d" "$tree/sp ace" "$tree/x"
printf 'hello\n' > "$tree/hello"
: > "$tree/a/nothing"
seq 1 20000 > "$tree/a/b/numbers"
head -c 300000 /dev/zero > "$tree/a/b/c/zeros"
head -c 1000000 /dev/urandom > "$tree/random"
printf 'x' > "$tree/a-b/x"; printf 'y' > "$tree/a.d/y"; printf 'z' > "$tree/sp ace/na me"
printf 'new\nline' > "$tree/x/with
newline"
printf 'latin' > "$tree/x/$(printf 'caf\351')"
ln -s hello "$tree/link"; ln -s ../nowhere "$tree/a/dangling"; ln -s a/b "$tree/dirlink"
mkfifo "$tree/x/fifo"
chmod 4755 "$tree/hello"; chmod 600 "$tree/random"; chmod 1777 "$tree/empty"
touch -d '2001-02-03 04:05:06.789' "$tree/hello" "$tree/a/b/numbers"
touch -d '1969-12-31 23:00:00' "$tree/a/nothing"
touch -d '2040-01-01' "$tree/a-b/x"
touch -h -d '2003-03-03' "$tree/link"
if [ "$(id -u)" = 0 ]; then chown 1:2 "$tree/hello"; chown -h 12345:54321 "$tree/link"; mknod "$tree/x/null" c 1 3; fi
find "$tree" -type d -exec touch -d '2010-10-10' {} +

conf() { cat <<-EOT
	use chroot = no
	$1
	[m]
	path = $tree
	EOT
}
own=
[ "$(id -u)" != 0 ] || own="uid = 0
gid = 0"
conf "$own" > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

protocols=$(versions 27 28 29 30 31 32)
plan_all $((6 * 18))
for p in $protocols; do
	before=
	same_as_stock "protocol $p: everything" --protocol=$p -ai @/m/
	same_as_stock "protocol $p: a directory and a file by name" --protocol=$p -ai @/m/a @/m/hello
	same_as_stock "protocol $p: two directories' contents merge" --protocol=$p -ai @/m/a/ @/m/x/
	same_as_stock "protocol $p: something that is not there" --protocol=$p -ai @/m/a-b @/m/nosuch
	same_as_stock "protocol $p: a directory that is not there" --protocol=$p -ai @/m/no/such @/m/hello/x @/m/x
	same_as_stock "protocol $p: one file" --protocol=$p -ti @/m/hello
	same_as_stock "protocol $p: relative" --protocol=$p -aRi @/m/a/b/c @/m/a/./b/numbers
	same_as_stock "protocol $p: numeric ids" --protocol=$p --numeric-ids -ai @/m/
	same_as_stock "protocol $p: no recursion" --protocol=$p -lptdi @/m/
	same_as_stock "protocol $p: a directory skipped" --protocol=$p -lti @/m/a @/m/hello
	same_as_stock "protocol $p: checksums" --protocol=$p -aci @/m/
	same_as_stock "protocol $p: no links, no devices" --protocol=$p -rti @/m/
	same_as_stock "protocol $p: dry run" --protocol=$p -ain @/m/
	same_as_stock "protocol $p: secluded arguments" --protocol=$p -asi "@/m/sp ace/na me"
	before=$tree
	same_as_stock "protocol $p: nothing to do" --protocol=$p -ai @/m/
	same_as_stock "protocol $p: delete before" --protocol=$p -ai --delete-before @/m/a/
	if [ ! -d "$scratch/changed" ]; then
		cp -a "$tree" "$scratch/changed"
		printf 'changed' | dd of="$scratch/changed/random" bs=1 seek=500000 conv=notrunc 2> /dev/null
		sed -i 's/777/seven/' "$scratch/changed/a/b/numbers"
		head -c 100 "$tree/hello" > "$scratch/changed/a/nothing"
	fi
	before=$scratch/changed
	same_as_stock "protocol $p: changed files" --protocol=$p -ai @/m/
	same_as_stock "protocol $p: changed files in place" --protocol=$p -ai --inplace @/m/
done
