#!/bin/sh
# Files of all sizes about multiples of 4, 8, 16, 32 and 64 KiB, by our client through our tunnel, stunnel, HAProxy and openssl, both ways.
# TRANSFERS=N: so many transfers of one file each, in turns over doors, directions and sizes, instead of one of all files a door.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/tunnel.sh"
planned=counted
mkdir -p "$scratch/src" "$scratch/drop"
sizes=$(for k in 4 8 16 32 64; do for m in 1 2 3; do for d in -1 0 1; do echo $((k * 1024 * m + d)); done; done; done | sort -nu)
head -c 200000 /dev/urandom > "$scratch/bytes"
for n in $sizes; do head -c "$n" "$scratch/bytes" > "$scratch/src/$n"; done
printf 'uid = %s\ngid = %s\nuse chroot = no\n[m]\npath = %s\n[drop]\npath = %s\nread only = no\n' "$(id -un)" "$(id -gn)" "$scratch/src" "$scratch/drop" > "$scratch/conf"
start_syncd < "$scratch/conf"
cat "$pki/server.crt" "$pki/server.key" > "$scratch/host.pem"
# each of these: $at is where it answers, or nothing when it is not here
door_ours() { serve_to "$tunnel" ours; }
door_stunnel() { if command -v stunnel4 > /dev/null; then serve_to stunnel4 stunnel; else at=; fi; }
serve_to() {
	at=$(freeport)
	printf 'foreground = yes\nsyslog = no\npid =\n[rsync]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$at" "$port" \
	    "$pki/server.crt" "$pki/server.key" > "$scratch/$2.conf"
	spawn "$scratch/$2.log" "$1" "$scratch/$2.conf"
	doors_pids="$doors_pids $pid"
	"$await" port "$at"
}
door_haproxy() {
	at=
	command -v haproxy > /dev/null || return
	at=$(freeport)
	printf 'defaults\nmode tcp\ntimeout connect 5s\ntimeout client 60s\ntimeout server 60s\nlisten x\nbind 127.0.0.1:%s ssl crt %s\nserver d 127.0.0.1:%s\n' \
	    "$at" "$scratch/host.pem" "$port" > "$scratch/haproxy.conf"
	spawn "$scratch/haproxy.log" haproxy -f "$scratch/haproxy.conf"
	doors_pids="$doors_pids $pid"
	"$await" port "$at"
}
# s_server has standard input and output for a back end: one is started for each transfer
door_openssl() { at=one; command -v socat > /dev/null || at=; }
one_openssl() {
	at=$(freeport)
	rm -f "$scratch/down"; mkfifo "$scratch/down"
	# shellcheck disable=SC2094	# a loop it is
	{ openssl s_server -quiet -accept "127.0.0.1:$at" -naccept 1 -cert "$pki/server.crt" -key "$pki/server.key" < "$scratch/down" 2> /dev/null |
	    socat -t 5 - "TCP:127.0.0.1:$port" > "$scratch/down"; } &
	doors_pids="$doors_pids $!"
	_n=0
	while [ -z "$(socket_of "$at")" ] && [ $_n -lt 500 ]; do _n=$((_n + 1)); sleep 0.02; done
}
transfer() { # transfer AT pull|push FILE-OR-NOTHING
	at=$1
	[ "$at" != one ] || one_openssl
	rm -rf "$scratch/got"; mkdir "$scratch/got"
	rm -rf "$scratch/drop"/*
	case $2 in
	pull) "$rsyncwrap" --tls-ca="$pki/ca.crt" -r --timeout=30 "rsyncs://localhost:$at/m/$3" "$scratch/got/" ;;
	push) "$rsyncwrap" --tls-ca="$pki/ca.crt" -r --timeout=30 "$scratch/src/$3" "rsyncs://localhost:$at/drop/" && cp -R "$scratch/drop/." "$scratch/got" ;;
	esac || return
	if [ -n "$3" ]; then cmp "$scratch/src/$3" "$scratch/got/$3"; else diff -r "$scratch/src" "$scratch/got"; fi
}
doors_pids= doors=
for d in ours stunnel haproxy openssl; do
	door_$d
	if [ -n "$at" ]; then doors="$doors $d:$at"; else skip "all sizes through $d" 'not installed'; fi
done
if [ -n "${TRANSFERS:-}" ]; then
	n=0 bad=0
	while [ $n -lt "$TRANSFERS" ]; do
		for size in $sizes; do
			for d in $doors; do
				for way in pull push; do
					[ $n -lt "$TRANSFERS" ] || break
					n=$((n + 1))
					transfer "${d#*:}" $way "$size" > "$scratch/said" 2>&1 || { bad=$((bad + 1)); echo "# $way of $size through $d"; note < "$scratch/said"; }
				done
			done
		done
	done
	is $bad 0 "$n transfers of one file each"
else
	for d in $doors; do
		for way in pull push; do
			ok "$way of all sizes through ${d%:*}" transfer "${d#*:}" $way ''
		done
	done
fi
stop $doors_pids "$syncd_pid" 2> /dev/null
