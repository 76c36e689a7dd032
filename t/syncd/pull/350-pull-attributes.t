#!/bin/sh
# ACLs and extended attributes, abbreviated values and their requests: as rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
for tool in rsync setfacl getfacl setfattr getfattr; do command -v $tool > /dev/null || skip_all "no $tool"; done

tree=$scratch/tree
mkdir -p "$tree/d/e" "$tree/plain" "$tree/many"
for f in a b d/c d/e/f plain/g plain/h; do echo "$f" > "$tree/$f"; done
ln -s a "$tree/link"; mkfifo "$tree/pipe"
setfattr -n user.short -v abc "$tree/a" 2> /dev/null || skip_all "no extended attributes on this file system"
setfacl -m u:1234:rw,g:0:r "$tree/a" 2> /dev/null || skip_all "no ACLs on this file system"
long=$(head -c 900 /dev/zero | tr '\0' x)
setfattr -n user.long -v "$long" "$tree/a"; setfattr -n user.short -v abc "$tree/b"; setfattr -n user.empty "$tree/d/c"
setfattr -n user.long -v "$long" "$tree/d/e/f"; setfattr -n user.other -v "${long}y" "$tree/d/e/f"
setfattr -n user.dir -v "${long}z" "$tree/d"; setfattr -n user.dir2 -v z "$tree/d/e"; setfattr -n user.top -v "${long}t" "$tree"
setfattr -n user.rsync.%stat -v "100644 0,0 0:0" "$tree/b"
setfacl -m u:1234:rw,g:0:r "$tree/b"; setfacl -m u:1:rwx,u:2:r,g:3:x,m::rwx "$tree/d/c"; setfacl -m m::r "$tree/d/e/f"
setfacl -d -m u:1:rwx,o::- "$tree/d"; setfacl -m g:daemon:rwx "$tree/d/e"
for i in 1 2 3 4 5 6 7 8 9; do echo $i > "$tree/many/$i"; setfattr -n user.n -v "${long}$((i % 3))" "$tree/many/$i"; ln "$tree/many/$i" "$tree/many/h$i"; done
if [ "$(id -u)" = 0 ]; then	# what is neither file nor directory has attributes of root's, and ACLs
	mknod "$tree/device" c 1 3; mkfifo "$tree/d/pipe"
	for f in link pipe device; do setfattr -h -n security.t -v "$f" "$tree/$f"; setfattr -h -n security.long -v "${long}$f" "$tree/$f"; done
	setfacl -m u:1234:rw,g:0:r "$tree/pipe" "$tree/device" "$tree/d/pipe"
fi
find "$tree" -exec touch -h -d 2011-11-11 {} +
cp -a "$tree" "$scratch/near"
if [ "$(id -u)" = 0 ]; then
	for f in link pipe device; do setfattr -h -n security.t -v "old $f" "$scratch/near/$f"; done
	setfattr -h -n security.extra -v 1 "$scratch/near/link"; setfattr -h -x security.long "$scratch/near/pipe"; setfacl -b "$scratch/near/device" "$scratch/near/d/pipe"
fi
setfattr -n user.long -v "${long}changed" "$scratch/near/a"; setfattr -x user.other "$scratch/near/d/e/f"
setfattr -n user.extra -v e "$scratch/near/plain/g"; setfacl -b "$scratch/near/d/c"; setfattr -n user.dir -v x "$scratch/near/d"
echo changed > "$scratch/near/many/3"; setfattr -n user.n -v "${long}0" "$scratch/near/many/2"; touch -d 2010-10-10 "$scratch/near/many/4"

conf() { cat <<-EOT
	use chroot = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[m]
	path = $tree
	EOT
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"
attributes() { ( cd "$1/d" && getfacl -R -p -n . ; find . | sort | xargs -d '\n' getfattr -h -d -m - -e hex 2> /dev/null ) | grep -v '^# file: system'; }
c() {
	_n=$1; shift
	same_as_stock "$_n" "$@"
	is "$(attributes "$scratch/ours")" "$(attributes "$scratch/stock")" "$_n: the same attributes"
}

plan 78
for p in 30 31 32; do
	before=
	c "protocol $p: ACLs" --protocol=$p -aiA @/m/
	c "protocol $p: attributes" --protocol=$p -aiX @/m/
	c "protocol $p: attributes of rsync too" --protocol=$p -aiXX @/m/
	c "protocol $p: both, with hard links" --protocol=$p -aiHAX @/m/
	c "protocol $p: both, complete list" --protocol=$p -aiAX --no-inc-recursive @/m/
	c "protocol $p: both, numeric" --protocol=$p -aiAX --numeric-ids @/m/
	c "protocol $p: filtered attributes" --protocol=$p -aiX --filter='-x user.l*' @/m/
	before=$scratch/near
	c "protocol $p: differences" --protocol=$p -aiAX @/m/
	c "protocol $p: differences with hard links" --protocol=$p -aiHAX @/m/
	c "protocol $p: differences, dry run" --protocol=$p -ainAX @/m/
	c "protocol $p: differences, checksums" --protocol=$p -aicAXz @/m/
	c "protocol $p: one file" --protocol=$p -aiAX @/m/a @/m/d/e
	c "protocol $p: relative" --protocol=$p -aiRAX @/m/d/e @/m/many
done
