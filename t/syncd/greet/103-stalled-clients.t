#!/bin/sh
# Clients that stop: in the greeting, or while we have something to say.  Others are served
# meanwhile, and memory stays what it was.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 8
honest_tree
most=100000			# KiB
if grep -q 'define SALLYPORT_SANITIZE' "$top_builddir/config.h"; then most=700000; fi
start_syncd <<-EOF
	listen backlog = 128
	use chroot = no
	reverse lookup = no
	[pub]
	path = $scratch/pub
	[timed]
	path = $scratch/pub
	timeout = 1
	EOF
mkfifo "$scratch/hold"
exec 9<> "$scratch/hold"	# holds them until it is closed

# the largest resident size, in KiB, of the daemon and what it started
largest() {
	cat /proc/[0-9]*/status 2> /dev/null | awk -v top="$syncd_pid" '
		/^Pid:/ { pid = $2 }
		/^PPid:/ { up[pid] = $2 }
		/^VmHWM:/ { size[pid] = $2 }
		END {
			for (p in size) {
				for (q = p; q != "" && q != top && q > 1; q = up[q]) ;
				if (q == top && size[p] > most) most = size[p]
			}
			print most + 0
		}'
}
below() { _kib=$(largest); echo "$_kib KiB"; [ "$_kib" -gt 0 ] && [ "$_kib" -lt $most ]; }

"$hostile" "$port" many:100 hold < "$scratch/hold" > "$scratch/many.log" 2>&1 9>&- &
many=$!
ok '100 connections stall in the greeting' "$await" line "$scratch/many.log" holding
ok 'and an honest pull succeeds' honest_pull

# requests without end, and never a read: our answers pile up, and then we stop listening
"$hostile" "$port" login:32:pub 'args:--server|--sender|-re.|.|pub/' frame:00000000 \
    frame:0400a000000000000000000000000000000000 'frame:fe000000a000000000000000000000000000000000' fill hold \
    < "$scratch/hold" > "$scratch/fill.log" 2>&1 9>&- &
fill=$!
ok 'a client asks without end and never reads' "$await" line "$scratch/fill.log" holding
ok 'our memory stays below its bound' below
ok 'and an honest pull succeeds' honest_pull
answers 'a client that is silent beyond the timeout of its module is dropped' '*said @RSYNCD: OK*closed' login:32:timed \
    'args:--server|--sender|-re.|.|timed/' frame:00000000
log_says 1 'io timeout after 1 seconds' 'and that is logged in one line'
exec 9>&-
wait $many $fill
ok 'no sanitizer complained, nothing was killed' no_report
