#!/bin/sh
# max connections for an address and for a user beside the one for all: who has all of his own is told to come again, and nobody else is.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
mkdir "$scratch/m"
echo hi > "$scratch/m/a"
printf 'alice:secret\nbob:secret\n' > "$scratch/secrets"
chmod 600 "$scratch/secrets"
mkfifo "$scratch/go"
cat > "$scratch/in" <<E2
use chroot = no
reverse lookup = no
lock file = $scratch/lock
secrets file = $scratch/secrets
pre-xfer exec = [ "\$RSYNC_USER_NAME" != alice ] && [ \$RSYNC_HOST_ADDR != 127.0.0.1 ] || { echo in > $scratch/in.\$RSYNC_PID; cat $scratch/go; }
[address]
path = $scratch/m
max connections per address = 1
[too]
path = $scratch/m
max connections per address = 1
[many]
path = $scratch/m
max connections per address = 2
[one]
path = $scratch/m
max connections = 1
[user]
path = $scratch/m
auth users = alice bob
max connections per user = 1
[slow]
path = $scratch/m
pre-xfer exec = sleep 600
exec timeout = 1
E2
[ "$(id -u)" != 0 ] || sed -i '1i uid = 0\ngid = 0' "$scratch/in"
start_syncd < "$scratch/in"
plan 21
u=rsync://127.0.0.1:$port
held() { find "$scratch" -name 'in.*' | wc -l; }
# hold URL: a client whose hook waits, so that its place is taken
hold() { _had=$(held); RSYNC_PASSWORD=secret rsync "$1" "$scratch/" > "$scratch/held" 2>&1 & holder=$!; becomes $((_had + 1)) held; }
go() { echo > "$scratch/go"; wait "$holder"; idle "$syncd_pid"; }
refused() { fails 5 "$1" rsync "$2" "$scratch/x"; like "$out" '*@ERROR: max connections (1) reached -- try again later*' "$1: in rsync's words"; }

hold "$u/address/a"
refused 'the second from that address' "$u/address/a"
refused 'also in a module with the same lock file' "$u/too/a"
ok 'the log says for whom' "$await" line "$scratch/syncd.log" 'max connections (1) reached for 127.0.0.1'
# another address of this machine is another client: 127.0.0.2 has places of its own
fails 0 'another address is let in' rsync --address=127.0.0.2 "$u/address/a" "$scratch/x"
go
ok 'the place is given back' test "$(held)" = 1
ok 'and the one that had it was served' test -s "$scratch/a"
hold "$u/many/a"
first=$holder
hold "$u/many/a"
fails 5 'the third where two may' rsync "$u/many/a" "$scratch/x"
like "$out" '*max connections (2) reached*' 'is told how many'
kill "$first" "$holder"; wait "$first" "$holder" 2> /dev/null
idle "$syncd_pid"

hold "rsync://alice@127.0.0.1:$port/user/a"
RSYNC_PASSWORD=secret; export RSYNC_PASSWORD
refused 'the same user a second time' "rsync://alice@127.0.0.1:$port/user/a"
ok 'the log says which' "$await" line "$scratch/syncd.log" 'max connections (1) reached for user alice'
fails 0 'another user is let in' rsync --address=127.0.0.3 "rsync://bob@127.0.0.1:$port/user/a" "$scratch/x"
go
unset RSYNC_PASSWORD

# who comes through a UNIX socket has no address: such clients count together, and not among the places of "max connections"
if command -v socat > /dev/null; then
	hold "$u/one/a"
	printf 'use chroot = no\nsocket = %s/sock\nlock file = %s/lock\n[m]\npath = %s/m\nmax connections per address = 1\n' "$scratch" "$scratch" "$scratch" > "$scratch/sock.conf"
	spawn "$scratch/sock.log" "$syncd" --daemon --no-detach --config="$scratch/sock.conf" --log-file=/dev/stderr
	ready "$scratch/sock.log" 'starting, listening on'
	sock_pid=$pid
	RSYNC_CONNECT_PROG="socat - 'UNIX-CONNECT:$scratch/sock'" fails 0 'a UNIX socket beside the place of another module' timeout 60 rsync rsync://h/m/a
	stop "$sock_pid"
	go
else skip 'a UNIX socket beside the place of another module' 'no socat'; fi

fails 4 'exec timeout: a hook that takes longer has failed' timeout 30 rsync "$u/slow/a" "$scratch/x"
ok 'and was killed' "$await" line "$scratch/syncd.log" 'pre-xfer exec was killed: timed out'

conf=$scratch/rsyncd.conf
fails 0 '--why' "$syncd" --why --config="$conf" --module=user --from=192.0.2.1 --user=alice
like "$out" "*: max connections per user = 1: refused while as many are there*" 'names what is counted'
printf 'use chroot = no\n[m]\npath = %s/m\nmax connections per user = 1\nlock file = %s/none/lock\n' "$scratch" "$scratch" > "$conf"
fails 1 '--check-config' "$syncd" --check-config --config="$conf"
like "$out" "*:4: module m: there are no \"auth users\"*:5: module m: lock file = $scratch/none/lock cannot be used*" 'names what nobody is counted by, and the lock file'
