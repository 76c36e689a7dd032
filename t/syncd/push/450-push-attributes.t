#!/bin/sh
# ACLs and extended attributes of pushed files, long values and their requests: as with rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
for tool in rsync setfacl getfacl setfattr getfattr; do command -v $tool > /dev/null || skip_all "no $tool"; done

fresh=$scratch/fresh
tree=$fresh
mkdir -p "$tree/d/e" "$tree/plain" "$tree/many"
for f in a b d/c d/e/f plain/g plain/h; do echo "$f" > "$tree/$f"; done
ln -s a "$tree/link"; mkfifo "$tree/pipe"
setfattr -n user.short -v abc "$tree/a" 2> /dev/null || skip_all "no extended attributes on this file system"
setfacl -m u:1234:rw,g:0:r "$tree/a" 2> /dev/null || skip_all "no ACLs on this file system"
long=$(head -c 900 /dev/zero | tr '\0' x) big=$(head -c 3500 /dev/zero | tr '\0' y)
setfattr -n user.long -v "$long" "$tree/a"; setfattr -n user.short -v abc "$tree/b"; setfattr -n user.empty "$tree/d/c"
setfattr -n user.long -v "$long" "$tree/d/e/f"; setfattr -n user.other -v "${long}y" "$tree/d/e/f"; setfattr -n user.big -v "$big" "$tree/d/c"
setfattr -n user.dir -v "${long}z" "$tree/d"; setfattr -n user.dir2 -v z "$tree/d/e"; setfattr -n user.top -v "${long}t" "$tree"
setfattr -n user.rsync.%stat -v "100644 0,0 0:0" "$tree/b"
setfacl -m u:1234:rw,g:0:r "$tree/b"; setfacl -m u:1:rwx,u:2:r,g:3:x,m::rwx "$tree/d/c"; setfacl -m m::r "$tree/d/e/f"
setfacl -d -m u:1:rwx,o::- "$tree/d"; setfacl -m g:daemon:rwx "$tree/d/e"
for i in 1 2 3 4 5 6 7 8 9; do echo $i > "$tree/many/$i"; setfattr -n user.n -v "${long}$((i % 3))" "$tree/many/$i"; ln "$tree/many/$i" "$tree/many/h$i"; done
chmod 444 "$tree/plain/h"; setfattr -n user.ro -v "${long}ro" "$tree/plain/h"
if [ "$(id -u)" = 0 ]; then	# ACLs of what is neither file nor directory, and what a file may do
	mknod "$tree/device" c 1 3; mkfifo "$tree/d/pipe"
	setfacl -m u:1234:rw,g:0:r "$tree/pipe" "$tree/device" "$tree/d/pipe"; setcap cap_net_raw+ep "$tree/b"
fi
find "$tree" -exec touch -h -d 2011-11-11 {} +
near=$scratch/near
cp -a "$tree" "$near"
if [ "$(id -u)" = 0 ]; then
	setfacl -b "$near/device" "$near/d/pipe"; setfacl -m u:1234:rwx "$near/pipe"; setcap cap_chown+ep "$near/plain/g"
fi
setfattr -n user.long -v "${long}changed" "$near/a"; setfattr -x user.other "$near/d/e/f"
setfattr -n user.extra -v e "$near/plain/g"; setfacl -b "$near/d/c"; setfattr -n user.dir -v x "$near/d"; setfacl -k "$near/d"
setfacl -m u:7:r "$near/plain/g"; setfacl -d -m u:9:rwx "$near/plain"
echo changed > "$near/many/3"; setfattr -n user.n -v "${long}0" "$near/many/2"; touch -d 2010-10-10 "$near/many/4"
setfattr -x user.ro "$near/plain/h"; echo other > "$near/b"; setfattr -n user.rsync.%stat -v "100600 0,0 1:1" "$near/a"

conf() { cat <<-EOT
	use chroot = no
	munge symlinks = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[up]
	path = $scratch/up.$1/d
	read only = no
	[over]
	path = $scratch/up.$1
	read only = no
	$([ "$(id -u)" != 0 ] || printf '[weak]\npath = %s\nread only = no\nuid = nobody\ngid = nogroup\n' "$scratch/up.$1/d")
	EOT
}
mkdir -p "$scratch/up.ours/d" "$scratch/up.stock/d" "$scratch/up.ours/alt" "$scratch/up.stock/alt"
conf ours > "$scratch/ours.conf"; conf stock > "$scratch/stock2.conf"
start_syncd < "$scratch/ours.conf"
start_rsyncd < "$scratch/stock2.conf"
attributes() { ( cd "$1" && getfacl -R -p -n . ; find . | sort | xargs -d '\n' getfattr -h -d -m - -e text 2> /dev/null ) | sed -e 's/x\{100,\}/X/' -e 's/y\{100,\}/Y/'; }
c() {
	_c=$1; shift
	for s in ours stock; do	# what a run before left on the top
		setfacl -b -k "$scratch/up.$s/d"; setfattr -x user.top "$scratch/up.$s/d" 2> /dev/null
	done
	push_as_stock "$_c" "$@"
	attributes "$scratch/up.ours/d" > "$scratch/ours.attrs"; attributes "$scratch/up.stock/d" > "$scratch/stock.attrs"
	ok "$_c: the same attributes" diff "$scratch/stock.attrs" "$scratch/ours.attrs"
}

plan $((132 + ($(id -u) == 0 ? 12 : 0)))
for p in 30 31 32; do
	before=
	c "protocol $p: ACLs" --protocol=$p -aiA src/ @/up/
	c "protocol $p: attributes" --protocol=$p -aiX src/ @/up/
	c "protocol $p: attributes of rsync too" --protocol=$p -aiXX src/ @/up/
	c "protocol $p: both, with hard links" --protocol=$p -aiHAX src/ @/up/
	c "protocol $p: both, complete list" --protocol=$p -aiAX --no-inc-recursive src/ @/up/
	c "protocol $p: both, numeric" --protocol=$p -aiAX --numeric-ids src/ @/up/
	c "protocol $p: filtered attributes" --protocol=$p -aiX --filter='-x user.l*' src/ @/up/
	before=$near
	c "protocol $p: differences" --protocol=$p -aiAX src/ @/up/
	c "protocol $p: differences, ACLs alone" --protocol=$p -aiA src/ @/up/
	c "protocol $p: differences with hard links" --protocol=$p -aiHAX src/ @/up/
	c "protocol $p: differences, dry run" --protocol=$p -ainAX src/ @/up/
	c "protocol $p: differences, checksums" --protocol=$p -aicAXz src/ @/up/
	c "protocol $p: differences, in place" --protocol=$p -aiAX --inplace src/ @/up/
	c "protocol $p: deletion and filters" --protocol=$p -aiX --delete --filter='-x user.ex*' src/ @/up/
	c "protocol $p: one file" --protocol=$p -aiAX src/a src/d/e @/up/
	c "protocol $p: relative" --protocol=$p -aiRAX src/d/e src/many @/up/
	c "protocol $p: kept elsewhere" --protocol=$p -aiAX --backup --delay-updates src/ @/up/
	before=
	for s in ours stock; do rm -rf "$scratch/up.$s/alt"; cp -a "$near" "$scratch/up.$s/alt"; done
	for how in compare copy link; do
		c "protocol $p: a directory to $how" --protocol=$p -aiAX --$how-dest=../alt src/ @/over/d/
	done
	before=$fresh
	c "protocol $p: nothing changed" --protocol=$p -aiAX src/ @/up/
	c "protocol $p: nothing changed, everything said" --protocol=$p -aiiHAXX src/ @/up/
done

if [ "$(id -u)" = 0 ]; then	# who is not root stores what is user.*
	setfattr -n trusted.x -v 1 "$fresh/a"
	for s in ours stock; do chown nobody "$scratch/up.$s/d"; done
	for p in 30 32; do
		before=
		c "protocol $p: as nobody" --protocol=$p -rltiAX src/ @/weak/
		c "protocol $p: as nobody, modes too" --protocol=$p -rlptiAX src/ @/weak/
		c "protocol $p: as nobody, without modes" --protocol=$p -rltiX src/a src/plain src/many @/weak/
	done
fi
