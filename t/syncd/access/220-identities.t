#!/bin/sh
# The same module served by root inside a chroot, and by an ordinary user who has none to enter.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
[ "$(id -u)" = 0 ] || skip_all 'needs root, to be somebody else'
command -v setpriv > /dev/null || skip_all 'setpriv is missing'
plan 21
honest_tree
echo secret > "$scratch/pub/for-root"; chmod 600 "$scratch/pub/for-root"
ln -s /hello "$scratch/pub/absolute"
echo outside > "$scratch/outside"
ln -s ../outside "$scratch/pub/out"
conf="reverse lookup = no
pid file = $scratch/run/pid
[pub]
path = $scratch/pub
[jail]
path = $scratch/pub
use chroot = yes
uid = nobody
[inner]
path = $scratch/./pub
use chroot = yes
uid = nobody"
mkdir "$scratch/run" && chmod 777 "$scratch/run"
start_syncd <<-EOF
	$conf
	EOF
pull() { rm -rf "$scratch/got"; timeout 30 rsync -a "$@" "$scratch/got/" > "$scratch/.said" 2>&1; echo $? > "$scratch/.status"; }
for m in pub jail inner; do
	pull "rsync://127.0.0.1:$port/$m/"
	is "$(cat "$scratch/.status")" 23 "$m: what nobody may read is reported"
	ok "$m: and not sent, though we are root" test ! -e "$scratch/got/for-root" -a -e "$scratch/got/hello"
done
pull -L "rsync://127.0.0.1:$port/inner/"
ok 'a link beyond the module leads nowhere, though the chroot is above it' test ! -e "$scratch/got/out"
is "$(readlink "$scratch/got/absolute")" '' 'nor does an absolute one'
stop $syncd_pid
ok 'no sanitizer complained, nothing was killed' no_report

syncd_real=$syncd port=$(freeport)
printf '%s\n' "$conf" > "$scratch/user.conf"; chmod 644 "$scratch/user.conf"
spawn "$scratch/syncd.log" setpriv --reuid 65534 --regid 65534 --clear-groups "$syncd_real" --daemon --no-detach --config="$scratch/user.conf" \
    --port="$port" --address=127.0.0.1 --log-file=/dev/stderr
syncd_pid=$pid
ready "$scratch/syncd.log" "listening on port $port"
pull "rsync://127.0.0.1:$port/pub/"
is "$(cat "$scratch/.status")" 23 'a user serves too, and reports what it may not read'
ok 'and sends the rest' cmp "$scratch/pub/hello" "$scratch/got/hello"
fails 5 'a module that wants a chroot' rsync "rsync://127.0.0.1:$port/jail/" "$scratch/x/"
like "$out" '*@ERROR: chroot failed*' 'is refused by a user'
rm -f "$scratch/pub/for-root" "$scratch/pub/out" "$scratch/pub/absolute"
answers 'a lie to a user ends as it does with root' '*exit 2*closed' login:32:pub 'args:--server|--sender|-re.|.|pub/dir/' frame:00000000 raw:000000ff

is "$(cat "$scratch/run/pid")" "$syncd_pid" 'the pid file names it'
ok 'no sanitizer complained, nothing was killed' no_report
stop $syncd_pid

# As under the units: root that may become others, and read nothing that is not its own.  What a module's user may enter is served.
install -d -o backup -g backup -m 700 "$scratch/shut"
install -d -o daemon -g backup -m 750 "$scratch/group"
install -d -o daemon -g daemon -m 700 "$scratch/never"
for d in shut group; do echo "$d" > "$scratch/$d/a"; chown backup "$scratch/$d/a"; done
{ printf 'reverse lookup = no\nuid = backup\ngid = backup\n'
for d in shut group never; do printf '[%s]\npath = %s/%s\nread only = no\n' $d "$scratch" $d; done; } > "$scratch/few.conf"
port=$(freeport) caps=-all,+setuid,+setgid,+sys_chroot,+kill
spawn "$scratch/few.log" setpriv --bounding-set $caps --inh-caps $caps "$syncd_real" --daemon --no-detach --config="$scratch/few.conf" \
    --port="$port" --address=127.0.0.1 --log-file=/dev/stderr
ready "$scratch/few.log" "listening on port $port"
for d in shut group; do
	ok "$d: a directory that only its user may enter is served by root with four capabilities" rsync "rsync://127.0.0.1:$port/$d/a" "$scratch/got-$d"
done
ok 'and written' rsync "$scratch/few.conf" "rsync://127.0.0.1:$port/shut/"
rsync "rsync://127.0.0.1:$port/never/" > "$scratch/out" 2>&1
is "$(head -n 1 "$scratch/out")" '@ERROR: the module cannot be entered' 'one that neither may enter: the client is told'
like "$(cat "$scratch/few.log")" "*$scratch/never: neither root without CAP_DAC_READ_SEARCH nor uid 34 may search it*" 'and the log says why'
