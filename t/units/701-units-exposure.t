#!/bin/sh
# How much of the machine each service is left with, as systemd counts it: tenths, 100 is everything.  A row may only go down.
# A root daemon has two tenths more than it could have: its spawner ends sessions that have become other users (CAP_KILL), and
# RestrictSUIDSGID=yes would take openat2 from it.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v systemd-analyze > /dev/null || skip_all 'no systemd-analyze'
. "$top_srcdir/t/lib/units.sh"
unit_dirs
root=$scratch/root
# within TENTHS DIRECTORY UNIT
within() {
	rm -rf "$root"
	mkdir -p "$root/etc/systemd/system" "$root/lib/systemd/system"
	cp -R "$scratch/units/$2"/* "$root/etc/systemd/system"
	cp "/lib/systemd/system/$(echo "$3" | sed 's/@.*[.]/@./')" "$root/lib/systemd/system" 2> /dev/null
	systemd-analyze --root="$root" --offline=yes --no-pager security --threshold="$1" "$3" > "$scratch/security" 2>&1 ||
	    { grep -vE '^. (✓|[[:space:]])' "$scratch/security" | tail -n 40; return 1; }
}
plan 17
ok 'a threshold that is too low is told' sh -c "! systemd-analyze --offline=yes security --threshold=1 '$scratch/units/root-tcp/sallyport-syncd.service' > /dev/null"
while read -r tenths case unit what; do
	if [ "$case" != "${case#+}" ] && [ ! -f "/lib/systemd/system/$(echo "$unit" | sed 's/@.*[.]/@./')" ]; then
		skip "$what" 'not installed'; continue
	fi
	ok "$what: at most $tenths" within "$tenths" "${case#+}" "$unit"
done <<-EOF
	15 root-tcp sallyport-syncd.service daemon with chroot and setuid
	15 samples sallyport-syncd.service the same behind a UNIX socket
	24 root-own sallyport-syncd.service the same that binds its port itself
	22 mirror sallyport-syncd.service a mirror as root
	17 reads-all sallyport-syncd.service as root, reading what modes forbid
	5 user sallyport-syncd.service daemon that is never root
	16 user-own sallyport-syncd.service the same that binds its port itself
	2 samples sallyport-tunnel.service tunnel to a UNIX socket
	2 to-unix sallyport-tunnel.service the same as a user of its own
	9 to-tcp sallyport-tunnel.service tunnel to TCP
	15 own-port sallyport-tunnel.service tunnel that binds its port itself
	9 +stunnel stunnel@rsync.service stunnel
	15 +haproxy haproxy.service HAProxy
	23 +rsync rsync.service Debian's rsync
	60 samples sallyport-firewall.service the firewall's loader
EOF
ok 'ssh of a user: at most 19' env XDG_RUNTIME_DIR="$scratch" systemd-analyze --user --offline=yes --no-pager security --threshold=19 \
    "$scratch/units/samples/user/sallyport-ssh.service"
