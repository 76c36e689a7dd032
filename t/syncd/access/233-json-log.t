#!/bin/sh
# log style = json: every record is an object, and what parsers want to know has members of its own.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'no python3'
mkdir "$scratch/m" "$scratch/up"
head -c 5000 /dev/zero > "$scratch/m/a"; head -c 70000 /dev/zero > "$scratch/m/b\"q"
printf 'user:secret\n' > "$scratch/secrets"
chmod 600 "$scratch/secrets"
cat > "$scratch/in" <<E2
log style = json
use chroot = no
reverse lookup = no
secrets file = $scratch/secrets
uid = $(id -u)
[m]
path = $scratch/m
transfer logging = yes
[up]
path = $scratch/up
read only = no
[login]
path = $scratch/m
auth users = user
[shut]
path = $scratch/m
hosts deny = *
E2
[ "$(id -u)" != 0 ] || sed -i '1i gid = 0' "$scratch/in"
start_syncd < "$scratch/in"
u=127.0.0.1::
rsync -a --port="$port" "${u}m/" "$scratch/d" > /dev/null 2>&1
rsync -a --port="$port" "$scratch/m/a" "${u}up/" > /dev/null 2>&1
RSYNC_PASSWORD=secret rsync -a --port="$port" "user@${u}login/" "$scratch/d" > /dev/null 2>&1
RSYNC_PASSWORD=wrong rsync -a --port="$port" "user@${u}login/" "$scratch/d" > /dev/null 2>&1
rsync -a --port="$port" "${u}shut/" "$scratch/d" > /dev/null 2>&1
rsync -a --port="$port" "${u}nowhere/" "$scratch/d" > /dev/null 2>&1
idle "$syncd_pid"
stop "$syncd_pid"
# said EVENT KEY...: these members of each such event, a line each
cat > "$scratch/said.py" <<'E2'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r.get("event") == sys.argv[2]:
        print(" ".join(str(r.get(k)) for k in sys.argv[3:]))
E2
said() { python3 "$scratch/said.py" "$scratch/syncd.log" "$@" 2>&1; }
conf=$scratch/rsyncd.conf
shut=$(grep -n '^hosts deny' "$conf" | cut -d: -f1)
users=$(grep -n '^auth users' "$conf" | cut -d: -f1)
plan 5
is "$(said connect address | sort | uniq -c | tr -s ' ')" ' 6 127.0.0.1' 'every line is an object, and every connection has one'
is "$(said transfer module user direction files file_bytes result)" 'm None out 2 75000 0
up None in 1 5000 0
login user out 0 0 0' 'a transfer and what it moved'
is "$(said login module user)" 'login user' 'a login'
is "$(said refused reason module file line)" "login login $conf $users
address shut $conf $shut
unknown module None None None" 'a refusal and the line that made it'
ok 'names of files in the log of transfers are escaped' grep -q 'b\\"q' "$scratch/syncd.log"
