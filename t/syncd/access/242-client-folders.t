#!/bin/sh
# A folder for each client, by the name of its certificate: made, given to its user, never another's; hooks and logs know the name; rules of
# groups, logins beside them; what --check-config and --why say.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
command -v python3 > /dev/null || skip_all "no python3"
. "$top_srcdir/t/lib/via.sh"
mkdir "$scratch/up" "$scratch/src" "$scratch/m" "$scratch/u"
echo hi > "$scratch/src/a"; echo hi > "$scratch/m/a"
printf 'root:secret\n' > "$scratch/secrets"; chmod 600 "$scratch/secrets"
printf 'staff: cn:jane dns:*.staff.example\n' > "$scratch/groups"; chmod 644 "$scratch/groups"
if [ "$(id -u)" = 0 ]; then served=$(id -u nobody) owner=nobody; chmod 755 "$scratch" "$scratch/up"; else served=$(id -u) owner=$(id -un); fi
ids() { [ "$(id -u)" != 0 ] || printf 'uid = %s\ngid = *\n' "$1"; }
cat > "$scratch/conf" <<E2
use chroot = no
reverse lookup = no
forward lookup = no
proxy protocol = yes
proxy protocol hosts = 127.0.0.1
tls groups file = $scratch/groups
[up]
path = $scratch/up/%TLS_USER%
read only = no
create path = yes
tls users = cn:* dns:*.* email:*@* uri:*
$(ids nobody)
[never]
path = $scratch/u/%TLS_USER%
tls users = cn:*
$(ids nobody)
[deep]
path = $scratch/u/x-%RSYNC_USER_NAME%/%TLS_USER%/in
create path = yes
tls users = cn:*
$(ids nobody)
[uid]
path = $scratch/m
tls users = cn:*
uid = %TLS_USER%
gid = *
[gid]
path = $scratch/m
tls users = cn:*
gid = %TLS_USER%
[hooked]
path = $scratch/m
tls users = @staff:ro dns:*.*
pre-xfer exec = env | grep -e ^RSYNC_TLS_ -e ^uri: | sort > $scratch/env; echo "\$RSYNC_USER_NAME" >> $scratch/env
transfer logging = yes
log format = %u gets %f
$(ids nobody)
[word]
path = $scratch/m
tls users = cn:*
early exec = echo %TLS_USER% > $scratch/word
$(ids nobody)
[both]
path = $scratch/m
read only = no
tls users = cn:jane:ro cn:joe
auth users = root:rw
secrets file = $scratch/secrets
pre-xfer exec = echo "\$RSYNC_USER_NAME \$RSYNC_TLS_CN" > $scratch/env
$(ids nobody)
[ro]
path = $scratch/up
read only = no
tls users = cn:jane:ro cn:joe
$(ids nobody)
[tls]
path = $scratch/m
require tls = yes
$(ids nobody)
[one]
path = $scratch/m
tls users = cn:*
max connections per user = 1
lock file = $scratch/lock
pre-xfer exec = test \$RSYNC_USER_NAME = joe || while test -e $scratch/hold; do sleep 0.05; done
$(ids nobody)
[broken]
path = $scratch/m
tls users = cn:jane @absent
E2
[ "$(id -u)" != 0 ] || chown nobody "$scratch/up"
[ "$(id -u)" != 0 ] || chown root "$scratch/up"
start_syncd < "$scratch/conf"
log=$scratch/syncd.log
up() { as "$1" "$scratch/src/a" rsync://h/up/; }
denied() { ! up "$1" && tail -n 20 "$log" | grep -qF -e "$2"; }
planned=counted

ok 'a client has a folder' up cn:jane
is "$(stat -c '%a %U' "$scratch/up/jane") $(cat "$scratch/up/jane/a")" "700 $owner hi" 'which is made, for it alone'
ok 'and again' up cn:jane
ok 'one by an alternative name' up dns:a.example
ok 'has its own' test -f "$scratch/up/a.example/a"
ok 'an address of mail' up email:j@a.example
ok 'is one, too' test -f "$scratch/up/j@a.example/a"
before=$(find "$scratch" -type d | sort)
for name in . .. ../x / a/b .hidden -rf 'a b' 'jane ' 'André' "j$(printf '\320\260')ne" 'a%TLS_USER%' '%RSYNC_USER_NAME%' '~' 'a\b' '*' 'a$b' "$(printf 'x%064d' 1)"; do
	ok "no folder: $name" denied "cn:$name" 'is no name for a folder'
done
ok 'no folder: a URI' denied uri:spiffe://a/b 'is no name for a folder'
ok 'another case is another one' denied cn:JANE 'would share it but for case'
ok 'in the middle of a path, too' denied cn:A.EXAMPLE 'would share it but for case'
is "$(find "$scratch" -type d | sort)" "$before" 'nothing was made anywhere'
ok 'no folder without "create path"' sh -c "! RSYNC_CONNECT_PROG=\"exec python3 '$scratch/via.py' $port cn:jane\" rsync rsync://h/never/ 2> /dev/null"
mkdir -p "$scratch/u/x-joe/joe"; chmod 755 "$scratch/u/x-joe" "$scratch/u/x-joe/joe"
ok 'the last one of a path is made' as cn:joe rsync://h/deep/
mkdir "$scratch/u/X-joe"
fails 5 'whichever differs by case' as cn:joe rsync://h/deep/
ln -s "$scratch/m" "$scratch/up/linked"
[ "$(id -u)" != 0 ] || { chown -h nobody "$scratch/up/linked"; fails 5 'a link of somebody else leads nowhere' up cn:linked; }
echo file > "$scratch/up/file"
fails 5 'a file is no folder' up cn:file

# users
if [ "$(id -u)" = 0 ]; then
	ok 'a uid by name' as cn:nobody rsync://h/uid/
	for name in root 0 65534 +0 daemon/ nobodyy; do fails 5 "no uid: $name" as "cn:$name" rsync://h/uid/; done
	ok 'the log says why' grep -q 'uid root, by the name of a certificate: there is no such user, or it is root' "$log"
	fails 5 'no gid by that name' as cn:nogroup rsync://h/gid/
fi

# hooks, log
ok 'hooks are told' as "cn:jane,dns:a.staff.example,uri:x:y,key:$(printf '%064d' 7)" rsync://h/hooked/a "$scratch/got"
is "$(cat "$scratch/env")" "RSYNC_TLS_CN=jane
RSYNC_TLS_ISSUER=CN=ca
RSYNC_TLS_KEY=$(printf '%064d' 7)
RSYNC_TLS_SAN=dns:a.staff.example
RSYNC_TLS_SERIAL=0A
RSYNC_TLS_VERSION=TLSv1.3
uri:x:y
jane" 'who it is'
ok 'the log of transfers knows the user' "$await" line "$log" 'jane gets a'
ok 'the log tells which rule it was' grep -qF 'module hooked: UNDETERMINED (192.0.2.7) is jane by its certificate: "tls users" has @staff:ro' "$log"
ok 'a name for a command' as cn:jane rsync://h/word/
is "$(cat "$scratch/word")" jane 'is put in'
fails 5 'one that is none is not' as 'cn:../x' rsync://h/word/
ok 'and the log says so' grep -q 'early exec names the client by its certificate' "$log"

# both
export RSYNC_PASSWORD=secret
ok 'a certificate and a login' as cn:joe rsync://root@h/both/
is "$(cat "$scratch/env")" 'root joe' 'the login is the user then'
fails 5 'not the login alone' as cn:mallory rsync://root@h/both/
RSYNC_PASSWORD=wrong; fails 5 'not with another password' as cn:joe rsync://root@h/both/; RSYNC_PASSWORD=secret
fails 1 'of :ro and :rw the less counts' as cn:jane -a "$scratch/src/" rsync://root@h/both/
fails 1 ':ro takes no uploads' as cn:jane -a "$scratch/src/" rsync://h/ro/
ok 'but lists' as cn:jane rsync://h/ro/
fails 5 'rules that cannot be read let nobody in' as cn:jane rsync://h/broken/
ok 'whoever comes by TLS' as - rsync://h/tls/
fails 5 'and nobody else' as plain rsync://h/tls/
ok 'for a reason' grep -q 'rsync denied on module tls from .*: it did not come by TLS' "$log"

# counted by the name
: > "$scratch/hold"
as cn:jane rsync://h/one/ & held=$!
"$await" line "$log" 'module one: UNDETERMINED (192.0.2.7) is jane'
as_out=$scratch/out2; fails 5 'one connection of a user at once' as cn:jane rsync://h/one/
ok 'another user has his own' as cn:joe rsync://h/one/
rm "$scratch/hold"; as_out=; wait "$held"

# what is said beforehand
fails 1 'the check tells of it' "$syncd" --check-config --config="$scratch/rsyncd.conf"
like "$out" "*rsyncd.conf:$(grep -n '@absent' "$scratch/rsyncd.conf" | cut -d: -f1): module broken: \"tls users\" cannot be read: @absent: the \"tls groups file\" has no such group*" 'with file and line'
conf=$scratch/c.conf
says() { # says NAME PATTERN FORMAT ARGS...: of such a configuration
	_sn=$1 _sp=$2; shift 2; printf "$@" > "$conf"; "$syncd" --check-config --config="$conf" > "$scratch/said" 2>&1; like "$(cat "$scratch/said")" "$_sp" "$_sn"
}
says 'nothing is wrong with a folder for each client' '' \
    'proxy protocol = yes\nproxy protocol hosts = 127.0.0.1\n[m]\npath = %s/%%TLS_USER%%\ncreate path = yes\ntls users = cn:*\n' "$scratch"
says 'a word of no kind' '*c.conf:5: module m: "tls users" cannot be read: jane: it begins with none of*' 'proxy protocol = yes\nproxy protocol hosts = 127.0.0.1\n[m]\npath = %s\ntls users = jane\n' "$scratch"
says 'no proxy' '*c.conf:3: module m: there is "tls users" but no "proxy protocol": nobody is let in*' '[m]\npath = %s\ntls users = cn:jane\n' "$scratch"
says 'no rules' '*c.conf:4: module m: %TLS_USER% is named, but*' 'proxy protocol = yes\nproxy protocol hosts = 127.0.0.1\n[m]\npath = %s/%%TLS_USER%%\n' "$scratch"
printf 'a: cn:x\nb: @a\n' > "$scratch/g2"
says 'a fault of the groups file' "*c.conf:6: module m: $scratch/g2:2: group b: @a: a group has no groups in it*" \
    'proxy protocol = yes\nproxy protocol hosts = 127.0.0.1\n[m]\npath = %s\ntls groups file = %s\ntls users = @a\n' "$scratch" "$scratch/g2"
chmod 666 "$scratch/g2"; printf 'a: cn:x\n' > "$scratch/g2"
says 'a groups file that everybody writes' '*others than its owner*' \
    'proxy protocol = yes\nproxy protocol hosts = 127.0.0.1\n[m]\npath = %s\ntls groups file = %s\ntls users = @a\n' "$scratch" "$scratch/g2"
why() { _w=$1; shift; fails "$_w" "why $*" "$syncd" --why --config="$scratch/rsyncd.conf" --from=192.0.2.7 "$@"; }
why 0 --module=hooked --tls-name=cn:jane --tls-name=dns:x
like "$out" "*tls users = @staff:ro dns:\**: it is jane by @staff:ro, for reading*allowed" 'the rule'
why 5 --module=ro --tls-name=cn:mallory
like "$out" '*no rule names the certificate "mallory"*refused' 'no rule'
why 5 --module=ro
like "$out" '*it has shown no certificate that was verified*' 'no certificate'
why 5 --module=broken --tls-name=cn:jane
like "$out" '*has no such group: nobody is let in*' 'a fault'
why 1 --module=ro --tls-name=jane
