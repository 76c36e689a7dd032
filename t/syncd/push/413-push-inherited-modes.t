#!/bin/sh
# What directories give to what is made in them, a set-group-ID bit, a group and a default ACL, without -p and with it: as with
# rsync's own daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
for tool in rsync setfacl getfacl; do command -v $tool > /dev/null || skip_all "no $tool"; done
[ "$(id -u)" = 0 ] || skip_all "needs root for groups"

tree=$scratch/tree old=$scratch/old
mkdir -p "$tree/new/sub" "$tree/sg/in" "$tree/acl/n" "$tree/thin/y" "$old/sg" "$old/acl/old" "$old/thin"
for f in sg/f sg/in/f acl/f acl/n/f acl/old acl/x thin/f thin/y/f; do echo "$f" > "$tree/$f"; done
chmod 755 "$tree/acl/x"; chmod 666 "$tree/thin/f"; ln -s x "$tree/sg/l"; mkfifo "$tree/acl/p"; rm -r "$old/acl/old"; echo older > "$old/acl/old"
chgrp 77 "$old/sg"; chmod 2775 "$old/sg"; chmod 777 "$old" "$old/thin" "$old/acl"
setfacl -d -m u:55:rwx,g:66:rw,o::- "$old/acl" 2> /dev/null || skip_all "no ACLs on this file system"
setfacl -d -m u::rw,g::-,o::- "$old/thin"
mkdir -p "$old/alt/sg/in"; cp -p "$tree/sg/f" "$old/alt/sg"; cp -p "$tree/sg/in/f" "$old/alt/sg/in"; touch -d '2011-11-11 11:11:11' "$old"/alt/sg/f "$old"/alt/sg/in/f; chgrp 88 "$old"/alt/sg/f
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
before=$old
start_push_pair <<-EOT
	[user]
	path = @UP@
	read only = no
	uid = 65534
	gid = 65534
	EOT
acls() { ( cd "$scratch/up.$1/d" && find . ! -type l | sort | xargs getfacl -n -p ) > "$scratch/$1.acls"; }
plan_all 172
for p in $(versions 28 32); do
	i=i; [ $p -ge 29 ] || i=
	for how in "-rltD$i" "-a$i" "-rt${i}E" "-rt$i --chmod=D770,F640" "-rt$i --inplace" "-rt$i --delay-updates" "-rt$i --mkpath" \
	    "-rtR$i" "-rtg$i" "-rtp$i" "-rt$i --temp-dir=/acl" "-aA$i" "-rt$i --copy-dest=/alt" "-rto$i --copy-dest=/alt"; do
		[ $p -ge 30 ] || how=$(echo "$how" | sed s/A//)
		for to in up/ up/sg/q/; do
			push_as_stock "protocol $p: $how to $to" --no-inc-recursive --protocol=$p $how tree/ "@/$to"
			acls ours; acls stock
			ok "protocol $p: $how to $to: ACLs" diff "$scratch/stock.acls" "$scratch/ours.acls"
		done
	done
done
# directories that are made on the way: to the destination, to an entry whose parents are not sent, for backups
for where in acl/p/q/ acl/p/q/leaf acl/new/ thin/p/q/ sg/p/q/; do
	for how in "-rt --mkpath tree/acl/" "-t --mkpath tree/acl/f" "-a --mkpath tree/acl/n" "-rtb --mkpath --backup-dir=/acl/k/l tree/acl/" \
	    "-rtR --mkpath --no-implied-dirs tree/./acl/n/"; do
		push_as_stock "$how to $where" --no-inc-recursive $how "@/up/$where"
		acls ours; acls stock
		ok "$how to $where: ACLs" diff "$scratch/stock.acls" "$scratch/ours.acls"
	done
done
for how in "-rtR --no-implied-dirs tree/./acl/n/" "-rtR --no-implied-dirs tree/./thin/y/f" "-rtb --backup-dir=acl/k/l tree/" "-rtb --backup-dir=acl/k tree/"; do
	push_as_stock "$how" --no-inc-recursive $how "@/up/acl/"
	acls ours; acls stock
	ok "$how: ACLs" diff "$scratch/stock.acls" "$scratch/ours.acls"
done
push_as_stock 'as a user' --no-inc-recursive -rlti tree/ @/user/
push_as_stock 'as a user, with modes' --no-inc-recursive -rlpiO tree/ @/user/
