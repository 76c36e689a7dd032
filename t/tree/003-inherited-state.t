#!/bin/sh
# Programs that are started with ignored signals, with descriptors too many or too few, with nothing as it should be: what
# they inherit is set, not believed.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
env --ignore-signal=CHLD true 2> /dev/null || skip_all 'this env(1) cannot ignore signals'
plan 21
honest_tree
make_pki
ignores_chld() { [ $(( 0x$(awk '$1 == "SigIgn:" { print $2 }' "/proc/$1/status") >> 16 & 1 )) = 1 ]; }
hears_chld() { ! ignores_chld "$1"; }
conf="use chroot = no
reverse lookup = no
[pub]
path = $scratch/pub"

syncd_real=$syncd
cat > "$scratch/ignoring" <<-EOF
	#!/bin/sh
	exec env --ignore-signal=CHLD --ignore-signal=PIPE "$syncd_real" "\$@" 7< /etc/passwd
	EOF
chmod +x "$scratch/ignoring"
syncd=$scratch/ignoring
start_syncd <<-EOF
	$conf
	EOF
ok 'a daemon started with SIGCHLD ignored serves' honest_pull
ok 'and serves' honest_pull
ok 'it hears of its children' hears_chld "$syncd_pid"
idle "$syncd_pid"
is "$(ps -o stat= --ppid "$syncd_pid" | grep -c Z)" 0 'and leaves none unreaped'
ok 'so does the spawner' hears_chld "$(pgrep -P "$syncd_pid" -x syncd-spawner)"
is "$(readlink "/proc/$syncd_pid/fd/7" | grep -c passwd)" 0 'a descriptor that was left open is closed'
stop $syncd_pid
ok 'no sanitizer complained, nothing was killed' no_report
syncd=$syncd_real

# in the background: nothing of it stays open where it was started
port=$(freeport)
printf 'pid file = %s\nlog file = %s\n%s\n' "$scratch/pid" "$scratch/syncd.log" "$conf" > "$scratch/relative.conf"
detached() { ( cd "$scratch" && "$syncd" --daemon --config=relative.conf --address=127.0.0.1 --port="$port" 2>&1 ); }
if sanitized; then	# whose reports keep standard error
	ok 'a daemon detaches' detached
	skip 'and nothing was said' 'a sanitizer keeps the terminal'
else
	( detached | cat > "$scratch/detached.out" ) &
	ok 'a pipe behind a daemon that detaches ends' "$await" gone $!
	is "$(cat "$scratch/detached.out")" '' 'and nothing was said'
fi
daemon=$(cat "$scratch/pid")
servers="$servers $daemon"
ok 'it serves' honest_pull
is "$(readlink "/proc/$daemon/cwd")" / 'it has left the directory'
printf '%s\n[more]\npath = %s/pub\n' "$conf" "$scratch" > "$scratch/relative.conf"
fails 0 'and finds its file again' rsync -r "rsync://127.0.0.1:$port/more/" "$scratch/more/"
fails 11 'a second one cannot start' "$syncd" --daemon --config="$scratch/relative.conf" --dparam="pid file=$scratch/pid" --address=127.0.0.1 --port="$(freeport)"
like "$out" "*failed to lock pid file $scratch/pid*" 'and says so on the terminal'
kill "$daemon"; "$await" gone "$daemon"
ok 'the pid file of the first is gone with it, though the file named it no more' test ! -e "$scratch/pid"

port=$(freeport)
printf 'foreground = yes\npid =\noutput = /dev/stderr\nsyslog = no\n[t]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:9\ncert = %s\nkey = %s\n' \
    "$port" "$scratch/pki/server.crt" "$scratch/pki/server.key" > "$scratch/t.conf"
spawn "$scratch/tunnel.log" env --ignore-signal=CHLD "$tunnel" "$scratch/t.conf"
"$await" port "$port"
ok 'the tunnel hears of its children' hears_chld "$pid"
worker=$(pgrep -P "$pid" | tail -n 1)
kill -9 "$worker"
ok 'and reaps one that dies' "$await" gone "$worker"
stop "$pid"

start_syncd <<-EOF
	$conf
	EOF
port_of_daemon=$port port=$(freeport)
printf 'foreground = yes\npid =\noutput = /dev/stderr\nsyslog = no\n[t]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' \
    "$port" "$port_of_daemon" "$scratch/pki/server.crt" "$scratch/pki/server.key" > "$scratch/t.conf"
spawn "$scratch/tunnel.log" "$tunnel" "$scratch/t.conf"
"$await" port "$port"
fails 0 'the client pulls' timeout 60 env --ignore-signal=CHLD "$rsyncwrap" --tls-ca="$scratch/pki/ca.crt" -r "rsyncs://localhost:$port/pub/" "$scratch/wrapped/"
ok 'all of it' diff -r "$scratch/pub" "$scratch/wrapped"

# closed standard streams are opened: nothing else lands on their numbers
"$syncd" --check-config --config="$scratch/rsyncd.conf" <&- >&- 2>&-
is $? 0 'without standard streams a check still works'
sh -c 'exec "$1" --help <&- 2>&-' - "$sallyport" > "$scratch/help.out"
like "$(cat "$scratch/help.out")" '*serve*' 'and so does a text'
