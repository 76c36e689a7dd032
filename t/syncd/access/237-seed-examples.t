#!/bin/sh
# Files that others have written down as examples, as they stand but for paths and ports: what each client is answered is what rsync's own
# daemon answers, also behind HAProxy and our tunnel with PROXY headers.  Then values from real files.
. "${top_srcdir:-.}/t/lib/lib.sh"
[ "$(id -u)" = 0 ] || skip_all 'not root: the examples serve as nobody'
command -v rsync > /dev/null || skip_all "no rsync"
example=/usr/share/doc/rsync/examples/rsyncd.conf
plan 68

# one tree for each daemon, at the examples' own paths below it
for _s in ours stock; do
	mkdir -p "$scratch/$_s/home/public_rsync/sub" "$scratch/$_s/home/incoming" "$scratch/$_s/home/cvs" "$scratch/$_s/srv/backups" "$scratch/$_s/var/www/pub" \
	    "$scratch/$_s/var/lock" "$scratch/$_s/var/log" "$scratch/$_s/run" "$scratch/$_s/etc"
	for _d in home/public_rsync home/cvs srv/backups var/www/pub; do echo "$_d" > "$scratch/$_s/$_d/file"; touch -d '2020-01-02' "$scratch/$_s/$_d/file" "$scratch/$_s/$_d"; done
	echo hidden > "$scratch/$_s/home/public_rsync/unreadable"; chmod 600 "$scratch/$_s/home/public_rsync/unreadable"
	touch -d '2020-01-02' "$scratch/$_s/home/public_rsync/unreadable" "$scratch/$_s/home/public_rsync/sub" "$scratch/$_s/home/public_rsync"
	chmod 777 "$scratch/$_s/home/incoming" "$scratch/$_s/srv/backups"
	printf 'watt:one\nbell:two\n' > "$scratch/$_s/etc/rsyncd.secrets"
	printf 'backup:CHANGE-ME-TO-A-LONG-RANDOM-SECRET\n' > "$scratch/$_s/etc/oc-rsyncd.secrets"
	chmod 600 "$scratch/$_s"/etc/*
done
echo new > "$scratch/new"
moved() { sed "s#= */\(home\|srv\|var\|run\|etc\)/#= $scratch/$1/\1/#; s#/etc/oc-rsyncd/#/etc/#; s/^\(port\|address\) *=.*//" "$2"; }
serve_both() { # serve_both FILE: our daemon and rsync's with it
	[ -z "${syncd_pid:-}" ] || stop "$syncd_pid" "$rsyncd_pid"
	moved ours "$1" > "$scratch/in.ours"; moved stock "$1" > "$scratch/in.stock"
	start_syncd < "$scratch/in.ours"
	start_rsyncd < "$scratch/in.stock"
}
# asked NAME STATUS ARGUMENTS...: both answer the same, and end with that; HOST and GOT stand for the side's
asked() {
	_name=$1 _want=$2; shift 2
	for _s in ours stock; do
		case $_s in ours) _p=$port ;; stock) _p=$rport ;; esac
		rm -rf "$scratch/got.$_s"
		# shellcheck disable=SC2046
		RSYNC_PASSWORD=${password:-} timeout 30 rsync $(echo "$*" | sed "s#HOST#127.0.0.1:$_p#g; s#GOT#$scratch/got.$_s/#g; s#NEW#$scratch/new#g") > "$scratch/said" 2>&1
		eval "_ends_$_s=$?"
		sed "s/:$_p//g; s#/$_s/#/SIDE/#g; s/got\.$_s/got/g" "$scratch/said" | grep -v '^rsync error\|read error: Conn\|connection unexpectedly' | sort > "$scratch/said.$_s"
		[ ! -d "$scratch/got.$_s" ] || (cd "$scratch/got.$_s" && find . -type f -exec cksum {} +) | sort >> "$scratch/said.$_s"
	done
	ok "$_name" diff "$scratch/said.stock" "$scratch/said.ours"
	# rsync's daemon resets the connection behind some refusals, and the client ends as that finds it
	case $_ends_stock in 10 | 12) _ends_stock=$_want ;; esac
	is "$_ends_ours, $_ends_stock" "$_want, $_want" "$_name: $_want"
}
u=rsync://HOST

cat > "$scratch/article" <<'EOC'
syslog facility = local5
use chroot = yes
uid = nobody
gid = nogroup
max connections = 20
timeout = 600
read only = yes

[public]
    path = /home/public_rsync
    comment = Nobody home but us tarballs
    hosts allow = 127.0.0.1, 10.18.3.12
    ignore nonreadable = yes
    refuse options = checksum
    dont compress = *
[incoming]
    path = /home/incoming
    comment = You can put, but you can't take
    read only = no
    ignore nonreadable = yes
    transfer logging = yes
[Audiofreakz]
    path = /home/cvs
    comment = Audiofreakz repository (requires authentication)
    list = no
    auth users = watt, bell
    secrets file = /etc/rsyncd.secrets
EOC
sed -i "s#^max connections#lock file = /run/lock\n&#" "$scratch/article"	# the one that is built in belongs to the machine
serve_both "$scratch/article"
asked 'the list' 0 $u/
asked 'a pull' 0 -rt $u/public/ GOT
asked 'what is not readable is not seen' 0 -r $u/public/
asked 'checksums are refused' 4 -rc $u/public/ GOT
asked 'a push into what is for reading' 1 "$scratch/new" $u/public/
asked 'a push' 0 -r "$scratch/new" $u/incoming/
is "$(cat "$scratch/ours/home/incoming/new")$(stat -c %U "$scratch/ours/home/incoming/new")" newnobody 'a push is stored'
password=one asked 'a login' 0 -r rsync://watt@HOST/Audiofreakz/ GOT
password=two asked 'a wrong one' 5 -r rsync://watt@HOST/Audiofreakz/ GOT
password=one asked 'a user that is none' 5 -r rsync://root@HOST/Audiofreakz/ GOT

cat > "$scratch/guide" <<'EOC'
# Global daemon settings - mirrors upstream rsyncd.conf(5) syntax.
address = 127.0.0.1
port = 873
uid = nobody
gid = nogroup
use chroot = yes
max connections = 16
timeout = 600
log file = /var/log/oc-rsyncd.log
pid file = /run/oc-rsyncd.pid

[backups]
    path = /srv/backups
    comment = Off-site backup mirror
    read only = no
    list = no
    auth users = backup
    secrets file = /etc/oc-rsyncd/oc-rsyncd.secrets
    hosts allow = 127.0.0.1
    hosts deny = *
    refuse options = delete-excluded
EOC
sed -i "s#^max connections#lock file = /run/lock\n&#" "$scratch/guide"
serve_both "$scratch/guide"
password=CHANGE-ME-TO-A-LONG-RANDOM-SECRET
b=rsync://backup@HOST/backups
asked 'guide: nothing is listed' 0 $u/
asked 'guide: a backup' 0 -r "$scratch/new" $b/
asked 'guide: restored' 0 -r $b/ GOT
asked 'guide: what is refused' 4 -r --delete-excluded --exclude=x "$scratch/ours/home/cvs/" $b/
asked 'guide: from elsewhere' 5 -r --address=127.0.0.2 $b/ GOT
password=other asked 'guide: another password' 5 -r $b/ GOT

# the guide's "proxy protocol = yes", first as it stands, then with the proxy named
sed 's/^timeout/proxy protocol = yes\n&/' "$scratch/guide" > "$scratch/proxied"
moved ours "$scratch/proxied" > "$scratch/check.conf"
fails 1 'a proxy that nobody is' "$syncd" --check-config --config="$scratch/check.conf"
like "$out" '*all connections will be rejected as untrusted proxy peers*' 'is said'
sed -i 's/^timeout/proxy protocol hosts = 127.0.0.1\n&/' "$scratch/proxied"
serve_both "$scratch/proxied"
behind() { # behind NAME PORT: a backup comes back through that door, for the client's address
	rm -rf "$scratch/back"
	ok "$1: restored" env RSYNC_PASSWORD="$password" timeout 30 rsync -r --address=127.0.0.1 "rsync://backup@127.0.0.1:$2/backups/" "$scratch/back/"
	is "$(cat "$scratch/back/file")" srv/backups "$1: what was stored"
}
haproxy_conf() { # the guide's, without its TLS, which t/deploy/910 has
	printf 'global\n  maxconn 4096\ndefaults\n  mode tcp\n  option dontlognull\n  timeout connect 10s\n  timeout client 1h\n  timeout server 1h\n'
	printf 'frontend oc-rsync-tls\n  bind 127.0.0.1:%s\n  default_backend oc-rsync-loopback\nbackend oc-rsync-loopback\n' "$hport"
	printf '  server local 127.0.0.1:%s check send-proxy-v2\n' "$port"
}
if command -v haproxy > /dev/null; then
	hport=$(freeport)
	haproxy_conf > "$scratch/haproxy.cfg"
	spawn "$scratch/haproxy.log" haproxy -f "$scratch/haproxy.cfg"
	"$await" port "$hport"
	behind haproxy "$hport"
	stop "$pid"
else skip haproxy 'not installed'; skip 'haproxy: what was stored' 'not installed'; fi
tport=$(freeport)
make_pki
dport=$(freeport)
printf 'foreground = yes\nsyslog = no\npid =\n[door]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nprotocol = proxy\ncert = %s\nkey = %s\n' \
    "$dport" "$port" "$scratch/pki/server.crt" "$scratch/pki/server.key" > "$scratch/door.conf"
printf 'foreground = yes\nsyslog = no\npid =\n[in]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\nCAfile = %s\nverifyChain = yes\n' \
    "$tport" "$dport" "$scratch/pki/ca.crt" > "$scratch/client.conf"
spawn "$scratch/door.log" "$tunnel" "$scratch/door.conf"
spawn "$scratch/client.log" "$tunnel" "$scratch/client.conf"
"$await" port "$dport"; "$await" port "$tport"
behind 'our tunnel' "$tport"

# Debian's example
if [ -e "$example" ]; then
	serve_both "$example"
	password=
	asked "Debian's: the list" 0 $u/
	asked "Debian's: a pull" 0 -rt $u/ftp/ GOT
	asked "Debian's: checksums" 4 -rc $u/ftp/ GOT
	asked "Debian's: a dry run" 4 -rn $u/ftp/ GOT
else
	for _n in 1 2 3 4 5 6 7 8; do skip "Debian's example" 'is not installed'; done
fi

# values of real files: a module each
printf 'name-a:pw\nnobody:pw\nreader:pw\n' > "$scratch/ours/etc/rsyncd.secrets"
cp "$scratch/ours/etc/rsyncd.secrets" "$scratch/stock/etc/rsyncd.secrets"
{ printf 'use chroot = yes\nuid = nobody\ngid = nogroup\nsecrets file = /etc/rsyncd.secrets\n'
  while IFS='|' read -r _m _value; do
	printf '[%s]\n    path = %s\n    %s\n' "$_m" "$(case $_m in *w) echo /home/incoming ;; *) echo /home/cvs ;; esac)" "$_value"
  done; } > "$scratch/real" <<'EOT'
most|refuse options = * !recursive !times !verbose !list-only !compress !dirs
some|refuse options = delete delete-excluded remove-source-files copy-links
rw|read only = yes
rw|auth users = name-*:rw, reader:ro
users|uid = %RSYNC_USER_NAME%
users|auth users = nobody name-*
EOT
chmod 777 "$scratch"/ours/home/incoming "$scratch"/stock/home/incoming
serve_both "$scratch/real"
password=pw
while read -r status args; do
	asked "$args" "$status" $args
done <<'EOT'
0 -rt rsync://HOST/most/ GOT
4 -rtg rsync://HOST/most/ GOT
0 -rt rsync://HOST/some/ GOT
4 -rtL rsync://HOST/some/ GOT
4 -r --remove-source-files rsync://HOST/some/ GOT
0 NEW rsync://name-a@HOST/rw/
1 NEW rsync://reader@HOST/rw/
0 -r rsync://reader@HOST/rw/ GOT
5 -r rsync://other@HOST/rw/
0 -r rsync://nobody@HOST/users/ GOT
5 -r rsync://name-a@HOST/users/ GOT
EOT
moved ours "$scratch/real" > "$scratch/check.conf"
fails 0 'a check is content with all of them' "$syncd" --check-config --config="$scratch/check.conf"
