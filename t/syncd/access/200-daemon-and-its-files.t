#!/bin/sh
# The daemon's own life: configurations good and bad, at the start and while it runs; pid file,
# addresses, inetd, signals.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 40
honest_tree
conf=$scratch/rsyncd.conf
base="use chroot = no
reverse lookup = no
pid file = $scratch/pid"
module="[pub]
path = $scratch/pub"

printf '%s\n\n[pub\npath = /x\n' "$base" > "$scratch/bad.conf"
fails 1 'a bad line stops the start' "$syncd" --daemon --no-detach --config="$scratch/bad.conf" --port="$(freeport)" --address=127.0.0.1
like "$out" "*$scratch/bad.conf:5: *" 'with file and line'
fails 1 'also when detached' "$syncd" --daemon --config="$scratch/bad.conf" --port="$(freeport)" --address=127.0.0.1
fails 1 'a check says the same' "$syncd" --check-config --config="$scratch/bad.conf"
like "$out" "*$scratch/bad.conf:5: *" 'with file and line'
fails 1 'a file that is not there stops the start' "$syncd" --daemon --no-detach --config="$scratch/none.conf"
like "$out" "*$scratch/none.conf*No such file*" 'and is named'
printf '%s\n[m]\npath = /x\nauth users = a\n' "$base" > "$scratch/closed.conf"
fails 1 'a check tells of a module that nobody can use' "$syncd" --check-config --config="$scratch/closed.conf"
like "$out" '*closed.conf:6: module m: *nobody can log in*' 'with file and line, and why'
printf '%s\n%s\n' "$base" "$module" > "$scratch/good.conf"
fails 0 'a check of a good file is silent' "$syncd" --check-config --config="$scratch/good.conf"
is "$out" '' 'and ends with 0'
mkdir "$scratch/shut"; chmod 755 "$scratch/shut"
printf '%s\n[up]\npath = %s\nread only = no\nuid = nobody\n' "$base" "$scratch/shut" > "$scratch/shut.conf"
fails 1 'a check of a module that cannot be written' "$syncd" --check-config --config="$scratch/shut.conf"
if [ "$(id -u)" = 0 ]; then like "$out" "*shut.conf:5: module up: it takes uploads, but uid * may not write $scratch/shut: they will fail*" 'says so'
else skip 'says so' 'identities need root'; fi
fails 0 'a dump' "$syncd" --dump-config --config="$scratch/good.conf"
printf '%s\n' "$out" > "$scratch/dump.conf"
fails 0 'can be dumped again' "$syncd" --dump-config --config="$scratch/dump.conf"
is "$out" "$(cat "$scratch/dump.conf")" 'and is the same'

fails 10 'an address of the world is refused' "$syncd" --daemon --no-detach --config="$scratch/good.conf" --port="$(freeport)" --address=0.0.0.0 --log-file=/dev/stderr
like "$out" '*will not listen on 0.0.0.0: it is no loopback address*loopback only = no*' 'in so many words'
printf 'loopback only = no\n%s\n%s\n' "$base" "$module" > "$scratch/open.conf"
_p=$(freeport)
spawn "$scratch/open.log" "$syncd" --daemon --no-detach --config="$scratch/open.conf" --port="$_p" --address=0.0.0.0 --log-file=/dev/stderr
ok 'with loopback only = no it is taken' "$await" line "$scratch/open.log" "listening on port $_p"
stop $pid

start_syncd < "$scratch/good.conf"
is "$(cat "$scratch/pid")" "$syncd_pid" 'the pid file names the daemon'
fails 11 'a second start finds it locked' "$syncd" --daemon --no-detach --config="$scratch/good.conf" --port="$(freeport)" --address=127.0.0.1 --log-file=/dev/stderr
like "$out" "*failed to lock pid file $scratch/pid*" 'and says so'
fails 11 'a detached second start ends the same' "$syncd" --daemon --config="$scratch/good.conf" --port="$(freeport)" --address=127.0.0.1 --log-file="$scratch/second.log"
ok 'the first one serves on' honest_pull

printf '%s\n[broken\n' "$base" > "$conf"
ok 'a file that breaks while we run leaves us serving' honest_pull
ok 'and again' honest_pull
log_says 1 "configuration not reloaded, the one before stays: $conf:4: " 'and is complained of once'
printf '%s\n%s\n[new]\npath = %s/pub\n' "$base" "$module" "$scratch" > "$conf"
fails 0 'once it is mended the next connection has it' rsync -a "rsync://127.0.0.1:$port/new/" "$scratch/new/"
mkdir "$scratch/inc"
printf '%s\n&include %s/inc\n%s\n[new]\npath = %s/pub\n' "$base" "$scratch" "$module" "$scratch" > "$conf"
ok 'a file that includes a directory' honest_pull
printf '[added]\npath = %s/pub\n' "$scratch" > "$scratch/inc/more.conf"
fails 0 'a new file in it is there for the next connection' rsync -a "rsync://127.0.0.1:$port/added/" "$scratch/new/"
rm "$scratch/inc/more.conf"
fails 5 'and gone when it is gone' rsync -a "rsync://127.0.0.1:$port/added/" "$scratch/new/"
answers 'a module of which nobody spoke is unknown' "said @ERROR: Unknown module 'other'*" 'send:@RSYNCD: 29\nother\n'

# a transfer that runs when TERM comes
truncate -s 60M "$scratch/pub/large"
mkfifo "$scratch/hold"
exec 9<> "$scratch/hold"
"$hostile" "$port" login:29:pub 'args:--server|--sender|-r|.|pub/large' raw:00000000 raw:0000000000a000000000000000000000000000000000 \
    got:100000 pause fin < "$scratch/hold" > "$scratch/slow.log" 2>&1 9>&- &
slow=$!
ok 'a transfer runs' "$await" line "$scratch/slow.log" holding
kill $syncd_pid; wait $syncd_pid
is $? 0 'TERM ends the daemon with 0'
ok 'and removes the pid file' test ! -e "$scratch/pid"
exec 9>&-
wait $slow
like "$(cat "$scratch/slow.log")" '*data 629?????*closed' 'the running transfer goes on to its end'
rm "$scratch/pub/large"

cat > "$scratch/inetd" <<-EOF
	#!/bin/sh
	exec "$syncd" --daemon --config="$scratch/good.conf" --log-file="$scratch/inetd.log"
	EOF
chmod +x "$scratch/inetd"
if command -v socat > /dev/null; then
	RSYNC_CONNECT_PROG="socat STDIO EXEC:$scratch/inetd,nofork=0" fails 0 'started by inetd it serves its standard input' timeout 20 \
	    rsync -a rsync://localhost/pub/ "$scratch/inetd.got/" || note < "$scratch/inetd.log"
else skip 'started by inetd' 'socat is missing'; fi
fails 12 'a server whose input ends at once ends like any connection that is broken off' "$syncd" --server --daemon --config="$scratch/good.conf" < /dev/null
ok 'no sanitizer complained, nothing was killed' no_report
ok 'nothing is left running' test ! -e "$scratch/pid"
