#!/bin/sh
# fake super: what only root may give is kept in attributes, as rsync's own daemon keeps it, and comes back.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
for tool in rsync setfacl getfacl setfattr getfattr; do command -v $tool > /dev/null || skip_all "no $tool"; done
[ "$(id -u)" = 0 ] || skip_all "needs root to make what others may not"

tree=$scratch/tree near=$scratch/near
mkdir -p "$tree/d/e"; chmod 755 "$scratch"
echo set-id > "$tree/suid"; chmod 6755 "$tree/suid"; echo secret > "$tree/d/secret"; chmod 400 "$tree/d/secret"; chown 1234:5678 "$tree/d/secret"
echo theirs > "$tree/theirs"; chown nobody:nogroup "$tree/theirs"; echo h > "$tree/h1"; ln "$tree/h1" "$tree/d/h2"; : > "$tree/empty"; chmod 0 "$tree/empty"
ln -s theirs "$tree/link"; ln -s /etc/passwd "$tree/d/away"; mkfifo "$tree/pipe"; mknod "$tree/c" c 1 3; mknod "$tree/d/b" b 8 300; chmod 1777 "$tree/d"; chmod 500 "$tree/d/e"
setfattr -n user.foo -v bar "$tree/suid" 2> /dev/null || skip_all "no extended attributes on this file system"
setfacl -m u:1234:rw "$tree/theirs" 2> /dev/null || skip_all "no ACLs on this file system"
setfacl -d -m g:55:rx "$tree/d"; setfattr -n trusted.t -v 1 "$tree/theirs"; setfattr -h -n security.t -v "$(head -c 90 /dev/zero | tr '\0' x)" "$tree/link"
find "$tree" -exec touch -h -d 2011-11-11 {} +
cp -a "$tree" "$near"
echo newer > "$near/theirs"; chmod 644 "$near/suid"; chown 9:9 "$near/h1"; rm "$near/link" "$near/c"; ln -s other "$near/link"; mknod "$near/c" c 1 5
setfacl -b "$near/theirs"; setfattr -x user.foo "$near/suid"; mkdir "$near/gone"; mkfifo "$near/gone/p"; chmod 700 "$near/d"; rm "$near/pipe"; echo f > "$near/pipe"

conf() { cat <<-EOT
	use chroot = no
	munge symlinks = no
	fake super = yes
	[up]
	path = $scratch/up.$1/d
	read only = no
	uid = nobody
	gid = nogroup
	[root]
	path = $scratch/up.$1/d
	read only = no
	uid = 0
	gid = 0
	[munged]
	path = $scratch/up.$1/d
	read only = no
	uid = nobody
	gid = nogroup
	munge symlinks = yes
	EOT
}
mkdir -p "$scratch/up.ours/d" "$scratch/up.stock/d"
conf ours > "$scratch/ours.conf"; conf stock > "$scratch/stock2.conf"
start_syncd < "$scratch/ours.conf"
start_rsyncd < "$scratch/stock2.conf"
really() { ( cd "$1" && find . | sort | xargs -d '\n' getfattr -h -d -m - -e hex; find . -type f -size -100 | sort | xargs -d '\n' head -v -c 100 ) 2> /dev/null; }
# what a push before left on the top
fresh_top() { for s in ours stock; do chown nobody:nogroup "$scratch/up.$s/d"; setfattr -x user.rsync.%stat "$scratch/up.$s/d" 2> /dev/null; done; }
c() {
	_c=$1; shift
	fresh_top
	push_as_stock "$_c" "$@"
	really "$scratch/up.ours/d" > "$scratch/ours.really"; really "$scratch/up.stock/d" > "$scratch/stock.really"
	ok "$_c: kept in the same way" diff "$scratch/stock.really" "$scratch/ours.really"
}
# as the stock daemon keeps it; whoever wrote it, both show the same
kept() { rm -rf "$scratch/seed"; mkdir "$scratch/seed"; chown nobody:nogroup "$scratch/seed"
	rsync -aAXH --fake-super "$1/" "$scratch/seed/"; chown -R -h nobody:nogroup "$scratch/seed"; }

plan_all 99
kept "$near"; cp -a "$scratch/seed" "$scratch/old"
for p in $(versions 29 30 31 32); do
	before=
	c "protocol $p: everything new" --protocol=$p -aiH --no-inc-recursive tree/ @/up/
	c "protocol $p: munged links" --protocol=$p -ai tree/ @/munged/
	c "protocol $p: other modes" --protocol=$p -ai --chmod=Dg+s,Fa+x tree/ @/up/
	before=$scratch/old
	c "protocol $p: over an older state" --protocol=$p -aiH --no-inc-recursive --delete tree/ @/up/
	c "protocol $p: in place, backups" --protocol=$p -aib --inplace tree/ @/up/
	c "protocol $p: dry" --protocol=$p -ain --delete tree/ @/up/
	[ $p -ge 30 ] || continue
	before=
	c "protocol $p: ACLs and attributes" --protocol=$p -aiAXH --no-inc-recursive tree/ @/up/
	c "protocol $p: rsync's attributes are not the client's" --protocol=$p -aiXX tree/ @/up/
	c "protocol $p: as root" --protocol=$p -aiAX tree/ @/root/
	before=$scratch/old
	c "protocol $p: ACLs and attributes over an older state" --protocol=$p -aiAXH --no-inc-recursive tree/ @/up/
done

# what really is a link has no room for an owner, and is made anew; a FIFO stays and loses it
links=$scratch/links real=$scratch/real
mkdir "$links"; ln -s t "$links/theirs"; ln -s t "$links/same"; ln -s t3 "$links/other"; mkfifo "$links/pipe"
chown -h nobody:nogroup "$links" "$links/same"; chown -h 1000:1000 "$links/theirs" "$links/other" "$links/pipe"
find "$links" -exec touch -h -d 2020-01-01 {} +
cp -a "$links" "$real"; ln -sfn t2 "$real/other"; chown -h nobody:nogroup "$real"/*
before=$real
c 'over real links' -ai --omit-dir-times links/ @/up/
c 'over real links, backups' -aib links/ @/up/
before=

rm -rf "$scratch/up.ours/d" "$scratch/up.stock/d"
kept "$tree"; cp -a "$scratch/seed" "$scratch/up.ours/d"; cp -a "$scratch/seed" "$scratch/up.stock/d"
for s in ours stock; do echo odd > "$scratch/up.$s/d/odd"; setfattr -n user.rsync.%stat -v "41755 0,0 7:7" "$scratch/up.$s/d/odd"; done # no directory
before=
for p in $(versions 27 29 30 31 32); do
	same_as_stock "protocol $p: a list" --protocol=$p --list-only --exclude=odd @/up/
	same_as_stock "protocol $p: a pull" --protocol=$p -ai --exclude=odd @/up/
	same_as_stock "protocol $p: a pull of arguments" --protocol=$p -aiR @/up/link @/up/c @/up/d/secret
	[ $p -ge 30 ] || continue
	same_as_stock "protocol $p: a pull with ACLs and attributes" --protocol=$p -aiAXH --exclude=odd @/up/
	ok "protocol $p: which come back" test "$(getfattr -h -n security.t "$scratch/ours/d/link" 2> /dev/null | grep -c xxx)" = 1
done
same_as_stock "pushed and pulled, nothing differs" -ainAXH --exclude=odd @/up/
like "$(timeout 20 rsync "rsync://127.0.0.1:$port/up/odd")" '-rw-*odd' "a file is no directory, whatever is kept about it"
