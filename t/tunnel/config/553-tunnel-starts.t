#!/bin/sh
# What a start says: that it failed, why, and what to do; where it listens; and that a storm of reloads is quiet.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 33
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
# conf GLOBAL ACCEPT CERT KEY: a file; started: its start, detached
conf() {
	printf 'syslog = no\n%s\n[a]\naccept = %s\nconnect = 127.0.0.1:%s\ncert = %s\n' "$1" "$2" "$rport" "$3" > "$tconf"
	[ -z "$4" ] || echo "key = $4" >> "$tconf"
}
says() { printf '%s\n' "$out" | grep -qF -- "$1"; }
good() { conf "$1" "127.0.0.1:$tport" "$pki/server.crt" "$pki/server.key"; }
tport=$(freeport)

# a process that goes into the background has status 0 only when it serves
good "pid = $scratch/none/x.pid"
fails 1 'a pid file that cannot be written' timeout 20 "$tunnel" "$tconf"
ok 'is said with its reason on standard error' says "Cannot create pid file $scratch/none/x.pid: No such file or directory (2)"
ok 'and nothing serves' sh -c "! '$top_builddir/t/tool/peer' send '$tport' x"
good "output = $scratch/none/x.log"
fails 1 'a log that cannot be written' timeout 20 "$tunnel" "$tconf"
ok 'likewise' says "Cannot open log file: $scratch/none/x.log: No such file or directory (2)"
conf '' "127.0.0.1:$rport" "$pki/server.crt" "$pki/server.key"
fails 1 'a port that is taken' timeout 20 "$tunnel" "$tconf"
ok 'likewise: the port' says "Binding service [a] to 127.0.0.1:$rport: Address already in use (98)"
good "pid = $scratch/x.pid
output = $scratch/x.log"
ok 'a good start: its output ends, and its pid file is there' sh -c "timeout 20 '$tunnel' '$tconf' 2>&1 | cat && test -s '$scratch/x.pid'"
servers="$servers $(cat "$scratch/x.pid")"
s_client
is "$out" PING 'and it serves'
stop "$(cat "$scratch/x.pid")"

# the file is named, and what to do
rows() { # rows MESSAGE ACCEPT CERT KEY
	conf 'foreground = yes' "$2" "$3" "$4"
	fails 1 "$1" "$tunnel" --check-config "$tconf"
	ok '... in these words' says "$1"
}
rows "the key is in $pki/client.key, the certificate in $pki/server.crt" 1 "$pki/server.crt" "$pki/client.key"
rows "Failed to load private key from: $pki/server.crt: there is none in it (\"key\" names the file of the key)" 1 "$pki/server.crt" ''
rows "Failed to load certificate from: $pki/server.key: there is none in it" 1 "$pki/server.key" ''
rows 'Cannot resolve accept target: 127.0.0.1:99999: a port is a number from 0 to 65535' 127.0.0.1:99999 "$pki/server.crt" "$pki/server.key"
: > "$scratch/index"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
    "$scratch/index" "$scratch" > "$scratch/ca.cnf"
dated() { # dated NAME FROM TO
	openssl ca -config "$scratch/ca.cnf" -batch -notext -cert "$pki/ca.crt" -keyfile "$pki/ca.key" -in "$pki/server.csr" -subj "/CN=$1" \
	    -startdate "$2" -enddate "$3" -out "$pki/$1.crt" > /dev/null 2>&1
}
warned() { # warned TEXT CERT KEY
	conf 'foreground = yes' 1 "$2" "$3"
	fails 0 "$1" "$tunnel" --check-config "$tconf"
	ok '... is said' says "$1"
}
dated old 200101000000Z 200102000000Z
warned "the certificate in $pki/old.crt has expired on 2020-01-02 00:00:00 UTC: peers that verify refuse it; renew it" "$pki/old.crt" "$pki/server.key"
dated early 20900101000000Z 20900102000000Z
warned "the certificate in $pki/early.crt is not valid before 2090-01-01 00:00:00 UTC: is the clock of this machine right?" "$pki/early.crt" "$pki/server.key"
cp "$pki/server.key" "$pki/open.key"
chmod 644 "$pki/open.key"
warned "Insecure file permissions on $pki/open.key" "$pki/server.crt" "$pki/open.key"

# answers that were asked for are on standard output; what is not known is named
for o in --help --version; do
	is "$("$tunnel" $o 2> /dev/null | grep -c 'sallyport-tunnel')" "$([ $o = --help ] && echo 2 || echo 1)" "$o is answered on standard output"
done
fails 1 'an unknown option' "$tunnel" --frob
ok 'is named' says 'Unknown option, or one that lacks its argument: --frob'

# where it listens: :: takes IPv4, too, as the kernel has it; a bare port serves both
if [ "$(cat /proc/sys/net/ipv6/bindv6only 2> /dev/null)" = 0 ]; then
	tport=$(freeport)
	for a in ":::$tport" "$tport"; do
		{ echo 'debug = 7'; sed "s/^accept.*/accept = $a/" "$tconf"; } > "$scratch/both.conf"
		spawn "$tlog" "$tunnel" "$scratch/both.conf"
		ready "$tlog" 'Accepting new connections'
		for h in 127.0.0.1 '[::1]'; do
			is "$(echo ping | timeout 10 openssl s_client -quiet -connect "$h:$tport" 2> /dev/null)" PING "accept = $a serves $h"
		done
		stop "$pid"
	done
else
	for _t in 1 2 3 4; do skip 'both families' 'no IPv6, or it is kept apart'; done
fi

# two hundred reloads at once
serve
_n=0
while [ $_n -lt 200 ]; do kill -HUP "$tunnel_pid"; _n=$((_n + 1)); done
sed -i 's/^debug.*/debug = 6/' "$tconf"
kill -HUP "$tunnel_pid"
s_client
is "$out" PING 'after 200 reloads in a row it serves'
is "$(grep -c 'LOG[0-4]' "$tlog")" 0 'and none of them had anything to complain of'
