#!/bin/sh
# A unit's SystemCallFilter= takes nothing from its program: neither what its roles may call, nor what it calls from start to end.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v systemd-analyze > /dev/null || skip_all 'no systemd-analyze'
sanitized && skip_all 'the sanitizers have calls of their own'
. "$top_srcdir/t/lib/units.sh"
plan 7
unit_dirs

# groups as "GROUP CALL" lines, then those in groups spelled out
systemd-analyze --no-pager syscall-filter 2> /dev/null | awk '/^@/ { g = $1 } /^    [@a-z_]/ && g != "" { print g, $1 }' > "$scratch/groups"
# allowed UNIT: the calls that its filter leaves, in the order of its lines as systemd reads them
cat > "$scratch/allowed.awk" <<'EOA'
function spell(word, add,    n, i, of) {
	if (word !~ /^@/) { if (add) left[word] = 1; else delete left[word]; return }
	n = split(group[word], of, " ")
	for (i = 1; i <= n; i++) spell(of[i], add)
}
NR == FNR { group[$1] = group[$1] " " $2; next }
/^SystemCallFilter=/ {
	sub("^SystemCallFilter=", "")
	add = !sub("^~", "")
	n = split($0, words, " ")
	for (w = 1; w <= n; w++) spell(words[w], add)
}
END { for (call in left) print call }
EOA
allowed() { awk -f "$scratch/allowed.awk" "$scratch/groups" "$1" | sort -u; }
# missing CALLS UNIT: those of the file CALLS that the unit takes away
missing() { allowed "$2" > "$scratch/left"; sort -u "$1" | comm -23 - "$scratch/left" | tr '\n' ' '; }

root=$scratch/units/root-tcp/sallyport-syncd.service user=$scratch/units/user/sallyport-syncd.service
door=$scratch/units/to-tcp/sallyport-tunnel.service
"$top_builddir/t/tool/role_calls" daemon > "$scratch/daemon.roles" && "$top_builddir/t/tool/role_calls" tunnel > "$scratch/tunnel.roles"
ok 'there are lists to compare' test "$(wc -l < "$scratch/daemon.roles")" -gt 60 -a "$(allowed "$door" | wc -l)" -gt 200
is "$(missing "$scratch/daemon.roles" "$root")" '' 'the daemon as root: what its roles may call'
# owners are not its to change, and it has no capability to drop
is "$(missing "$scratch/daemon.roles" "$user")" 'capset fchown fchownat ' 'the daemon that is never root: all but what only root has a use for'
is "$(missing "$scratch/tunnel.roles" "$door")" '' 'the tunnel: what its roles may call'

if ! command -v strace > /dev/null || ! strace -o /dev/null true 2> /dev/null; then
	for _n in 1 2 3; do skip 'what is called from start to end' 'no strace'; done
	exit 0
fi
calls_in() { sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$1" | sort -u; }
# what fails under the unit as it does for whom has no CAP_SYS_ADMIN: a module's directory is then no mount of its own
optional='^(open_tree|mount_setattr|move_mount)$'
mkdir "$scratch/pub" "$scratch/up"
chmod 777 "$scratch/up"
cp -R "$top_srcdir/lib" "$scratch/pub"
# traced NAME: a daemon from start to end, by root or by nobody, with a pull, a push, a listing and a reload
traced() {
	_name=$1; shift
	port=$(freeport)
	printf '[pub]\npath = %s\nuse chroot = %s\n[up]\npath = %s\nread only = no\nuse chroot = %s\n' "$scratch/pub" "$_chroot" "$scratch/up" "$_chroot" > "$scratch/$_name.conf"
	spawn "$scratch/$_name.log" "$@" "$syncd" --daemon --no-detach --config="$scratch/$_name.conf" --port="$port" --address=127.0.0.1
	_tracer=$pid
	ready "$scratch/$_name.log" "listening on port $port"
	rsync -a "rsync://127.0.0.1:$port/pub/" "$scratch/got/" > /dev/null 2>&1 && rsync -rtlz "$top_srcdir/lib" "rsync://127.0.0.1:$port/up/" > /dev/null 2>&1 &&
	    rsync "rsync://127.0.0.1:$port/" > /dev/null 2>&1 && _worked= || _worked=and-transfers-failed
	kill -HUP "$(pgrep -P "$_tracer")"
	rsync "rsync://127.0.0.1:$port/" > /dev/null 2>&1
	kill "$(pgrep -P "$_tracer")"
	wait "$_tracer"
	{ calls_in "$scratch/$_name.trace" | grep -vE "$optional"; [ -z "$_worked" ] || echo "$_worked"; } > "$scratch/$_name.calls"
}
if [ "$(id -u)" = 0 ]; then
	_chroot=yes
	traced root strace -f -o "$scratch/root.trace"
	is "$(missing "$scratch/root.calls" "$root")" '' 'the daemon as root, from start to end'
	touch "$scratch/user.trace"; chmod 666 "$scratch/user.trace"
	_chroot=no
	traced user strace -f -o "$scratch/user.trace" -u nobody
	is "$(missing "$scratch/user.calls" "$user")" '' 'the daemon that is never root, from start to end'
else
	skip 'the daemon as root, from start to end' 'not root'
	skip 'the daemon that is never root, from start to end' 'not root'
fi
. "$top_srcdir/t/lib/tunnel.sh"
chmod 644 "$pki"/*.key
start_peer echo
tport=$(freeport)
{ printf 'foreground = yes\nsyslog = no\npid =\ndebug = 7\n'; server | sed "s/PORT/$tport/"; } > "$tconf"
: > "$scratch/t.trace"; chmod 666 "$scratch/t.trace"
as=; [ "$(id -u)" != 0 ] || as='-u nobody'
spawn "$tlog" strace -f -o "$scratch/t.trace" $as "$tunnel" "$tconf"
tracer=$pid
ready "$tlog" 'Accepting new connections'
s_client
kill -HUP "$(pgrep -P "$tracer")"
"$await" line "$tlog" 'Accepting new connections' 2
s_client
kill "$(pgrep -P "$tracer")"
wait "$tracer"
calls_in "$scratch/t.trace" > "$scratch/t.calls"
is "$(missing "$scratch/t.calls" "$door")" '' 'the tunnel, from start to end'
