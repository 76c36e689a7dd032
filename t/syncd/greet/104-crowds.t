#!/bin/sh
# Crowds of clients that stop, at every stage before their arguments are complete: they cost what the manual says, they
# give way to whoever comes later, and they are given up in time.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 37
honest_tree
crowd=$top_builddir/t/tool/crowd
mkfifo "$scratch/hold"
conf="use chroot = no
reverse lookup = no"

# crowd_at N STAGE MODULE: leaves them waiting; over says how many were left, and ends them
crowd_at() {
	exec 9<> "$scratch/hold"
	"$crowd" "$port" hold "$1" "$2" "$3" < "$scratch/hold" > "$scratch/crowd.log" 2>&1 9>&- &
	_crowd=$!
	for _i in 1 2 3 4; do "$await" line "$scratch/crowd.log" holding && return; done	# a sanitizer's processes come slowly
	return 1
}
over() { exec 9>&-; wait $_crowd; alive=$(sed -n 's/^alive \([0-9]*\) of .*/\1/p' "$scratch/crowd.log"); }
# processes: of the daemon, all together
processes() { pgrep -P "$(pgrep -d, -P "$syncd_pid"),$syncd_pid" | wc -l; }
at_most() { echo "$1, at most $2"; [ "${1:-none}" -le "$2" ]; }

start_syncd <<-EOF
	$conf
	[pub]
	path = $scratch/pub
	EOF
ok '200 listings at once are all served' "$crowd" "$port" burst 200
many=400
if sanitized; then many=280; fi
for row in 'connect 1300 1024 8' "greeting $many 256 270" "module $many 256 270" "arguments $many 256 530"; do
	set -- $row
	ok "$1: $2 clients stop there" crowd_at "$2" "$1" pub
	ok "$1: 20 of 20 listings are served" "$crowd" "$port" list 20
	ok "$1: and so is a pull" honest_pull
	n=$(processes)
	ok "$1: they cost no more processes than the manual says" at_most "$n" "$4"
	over
	ok "$1: those beyond the bound were given up" at_most "$alive" "$3"
	idle "$syncd_pid"
done
ok 'what is told of them is bounded' at_most "$(grep -c 'given up for a newer one' "$scratch/syncd.log")" 250	# of 700; some by the second
"$await" line "$scratch/syncd.log" 'more connections were refused or given up'
ok 'and the rest is counted' grep -q '[0-9] more connections were refused or given up' "$scratch/syncd.log"

ok 'a session that waits' crowd_at 1 arguments pub
ok 'is not counted against others: listings come and go for seconds' "$crowd" "$port" list 150
over
is "$alive" 1 'and it is still there'
idle "$syncd_pid"

kill -9 "$(pgrep -P "$syncd_pid" -x syncd-spawner)"
"$await" line "$scratch/syncd.log" 'the spawner was killed by signal 9'
ok 'a spawner that dies is started again' honest_pull
stop $syncd_pid
sed -i '/the spawner was killed/d' "$scratch/syncd.log"
ok 'no sanitizer complained, nothing was killed' no_report

start_syncd <<-EOF
	$conf
	timeout = 1
	[pub]
	path = $scratch/pub
	max connections = 4
	lock file = $scratch/lock
	EOF
is "$("$crowd" "$port" trickle 400)" closed 'with a timeout a greeting that trickles is given up'
log_says 1 'daemon handshake timeout' 'and that is logged'
ok 'four arguments that stall hold all connections of a module' crowd_at 4 arguments pub
_n=0
while [ $_n -lt 200 ] && ! honest_pull > /dev/null 2>&1; do _n=$((_n + 1)); sleep 0.1; done
ok 'until the timeout has passed' honest_pull
"$await" line "$scratch/syncd.log" 'daemon handshake timeout' 5	# the others came a moment later
over
is "$alive" 0 'they were closed'
stop $syncd_pid

start_syncd <<-EOF
	$conf
	[pub]
	path = $scratch/pub
	idle timeout = 1
	EOF
answers 'without a timeout a session in which nothing moves ends too' '*said @RSYNCD: OK*closed' login:32:pub \
    'args:--server|--sender|-re.|.|pub/' frame:00000000
log_says 1 'io timeout after 1 seconds' 'and that is logged'
stop $syncd_pid

start_syncd <<-EOF
	$conf
	max memory total = 1
	[pub]
	path = $scratch/pub
	EOF
exec 9<> "$scratch/hold"
"$hostile" "$port" login:32:pub 'args:--server|--sender|-re.|.|pub/' frame:00000000 \
    frame:0400a000000000000000000000000000000000 'frame:fe000000a000000000000000000000000000000000' fill hold \
    < "$scratch/hold" > "$scratch/fill.log" 2>&1 9>&- &
ok 'sessions that hold more memory than all may together' "$await" line "$scratch/syncd.log" 'more memory than "max memory total" allows'
exec 9>&-
wait $!
stop $syncd_pid
ok 'no sanitizer complained' no_report
