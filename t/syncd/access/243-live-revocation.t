#!/bin/sh
# Rights count while a transfer runs: who would be refused by the configuration as it is now is ended within a second or so of the reload,
# and nobody else is.  By certificates, groups, logins, addresses, and modules that are gone.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
command -v python3 > /dev/null || skip_all "no python3"
. "$top_srcdir/t/lib/via.sh"
mkdir "$scratch/m" "$scratch/d"
head -c 3000000 /dev/urandom > "$scratch/m/f"
printf 'jane:secret\njoe:secret\n' > "$scratch/secrets"; chmod 600 "$scratch/secrets"
printf 'staff: cn:jane cn:joe\n' > "$scratch/groups"; chmod 644 "$scratch/groups"
export RSYNC_PASSWORD=secret
write_conf() { # write_conf FILE USERS LOGINS HOSTS DENIED ACCESS: at once, as who edits it should
	{
		cat <<-E2
			use chroot = no
			reverse lookup = no
			forward lookup = no
			proxy protocol = yes
			proxy protocol hosts = 127.0.0.1
			bwlimit = 500
			secrets file = $scratch/secrets
			tls groups file = $scratch/groups
			path = $scratch/m
		E2
		[ "$(id -u)" != 0 ] || printf 'uid = 0\ngid = 0\n'
		printf '[users]\ntls users = %s\npost-xfer exec = echo "$RSYNC_USER_NAME $RSYNC_EXIT_STATUS" >> %s\n' "$2" "$scratch/post"
		printf '[group]\ntls users = @staff\n[login]\nauth users = %s\n[allow]\nhosts allow = %s\n[deny]\nhosts deny = %s\n' "$3" "$4" "$5"
		printf '[access]\nread only = no\ntls users = %s\n[calm]\n' "$6"
	} > "$1.new" && mv "$1.new" "$1"
}
rc=$scratch/rsyncd.conf
write_conf "$scratch/in" 'cn:jane cn:joe' 'jane joe' '192.0.2.0/24' '198.51.100.1' 'cn:jane cn:joe'
echo '[gone]' >> "$scratch/in"
start_syncd < "$scratch/in"
log=$scratch/syncd.log
# pulls NAME WHO SOURCE: a slow pull in the background
pulls() { { as_out=$scratch/$1.out as "$2" "rsync://$3/f" "$scratch/d/$1"; echo $? > "$scratch/$1.status.new"; mv "$scratch/$1.status.new" "$scratch/$1.status"; } & }
running() { [ ! -e "$scratch/$1.status" ]; }
begun() { [ "$(grep -c 'rsync on .* from ' "$log")" -ge "$1" ]; }
wait_until() { _i=0; while ! "$@" && [ $_i -lt 1000 ]; do _i=$((_i + 1)); sleep 0.02; done; "$@"; }
plan 29
pulls users-jane cn:jane h/users; pulls users-joe cn:joe h/users
pulls group-jane cn:jane h/group; pulls group-joe cn:joe h/group
pulls login-jane - jane@h/login; pulls login-joe - joe@h/login
pulls allow cn:jane h/allow; pulls deny cn:jane h/deny
pulls access-jane cn:jane h/access; pulls access-joe cn:joe h/access
pulls gone cn:jane h/gone; pulls calm cn:jane h/calm
ok 'a dozen transfers run' wait_until begun 12

# one by one, so that each has its cause; nobody else is touched
ended() { # ended NAME WHY
	ok "$1 is ended" wait_until test -e "$scratch/$1.status"
	ok "$1: with an error" sh -c "[ \$(cat '$scratch/$1.status') -ne 0 ]"
	ok "$1: the log says why" grep -qF -e "$2" "$log"
}
write_conf "$rc" 'cn:jane:deny cn:joe' 'joe' '203.0.113.0/24' '192.0.2.7' 'cn:jane:ro cn:joe'
date +%s%N > "$scratch/began"
kill -HUP "$syncd_pid"
ended users-jane 'module users: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: certificate jane is denied by cn:jane:deny'
took=$((($(date +%s%N) - $(cat "$scratch/began")) / 1000000))
ok "within a second or so ($took ms)" test $took -lt 3000
ended login-jane 'module login: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: no rule lets jane log in'
ended allow 'module allow: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: hosts allow'
ended deny 'module deny: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: hosts deny'
ended access-jane 'module access: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: it may only read, by cn:jane:ro'
ended gone 'module gone: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: there is no such module any more'
for name in users-joe group-jane group-joe login-joe access-joe calm; do running $name || echo "$name"; done > "$scratch/touched"
is "$(cat "$scratch/touched")" '' 'the others go on'
ok 'what comes behind a transfer is done' "$await" line "$scratch/post" 'jane '

# the groups' file alone, and nobody comes or asks for it
printf 'staff: cn:joe\n' > "$scratch/groups.new"; chmod 644 "$scratch/groups.new"; mv "$scratch/groups.new" "$scratch/groups"
ended group-jane 'module group: jane@UNDETERMINED (192.0.2.7) has it no longer, and is ended: no rule names the certificate "jane"'

# a file that is empty for a moment, just when it is read
cp "$rc" "$scratch/whole"
: > "$rc"; kill -HUP "$syncd_pid"
ok 'an empty file is read' "$await" line "$log" 'module calm removed'
cat "$scratch/whole" > "$rc"
all_done() { for _f in users-joe group-joe login-joe access-joe calm; do [ -e "$scratch/$_f.status" ] || return 1; done; }
wait_until all_done
for name in users-joe group-joe login-joe access-joe calm; do cat "$scratch/$name.status"; done | sort -u > "$scratch/statuses"
is "$(cat "$scratch/statuses")" 0 'nobody was ended by that: all transfers end well'
for name in users-joe group-joe login-joe access-joe calm; do cmp "$scratch/m/f" "$scratch/d/$name"; done > "$scratch/cmp" 2>&1
is "$(cat "$scratch/cmp")" '' 'with the whole file'
is "$(grep -c 'has it no longer' "$log")" 7 'seven were ended, once each'
