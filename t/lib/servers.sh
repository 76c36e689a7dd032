# Servers that a script starts: on ports that nobody else gets, waited for by their own word, stopped at its end.
freeport() { "$await" freeport $$; }

# becomes WANTED COMMAND...: run it until it prints that, for 20 s at most; what it printed last is in $out
becomes() {
	_want=$1 _n=0; shift
	while out=$("$@"); [ "$out" != "$_want" ] && [ $_n -lt 400 ]; do _n=$((_n + 1)); sleep 0.05; done
	[ "$out" = "$_want" ]
}

# spawn LOG COMMAND...: run in the background, remembered for the clean stop; pid in $pid
spawn() {
	_log=$1; shift
	: > "$_log"	# now: the words of an earlier run must not be taken for this one's
	"$@" < /dev/null >> "$_log" 2>&1 &
	pid=$!
	servers="$servers $pid"
}
# stop PID...: TERM, then wait until it is gone
stop() {
	for _p; do
		kill "$_p" 2> /dev/null
		"$await" gone "$_p" || kill -9 "$_p" 2> /dev/null
		wait "$_p" 2> /dev/null
	done
	return 0	# how it ended is nobody's business
}
ready() { # ready LOG TEXT: or say why not and give up
	"$await" line "$1" "$2" || { echo "Bail out! never said '$2'"; note < "$1"; exit 1; }
}

# start_syncd [OPTION...] < CONF: our daemon on a free port in $port; log in $scratch/syncd.log
start_syncd() {
	port=$(freeport)
	cat > "$scratch/rsyncd.conf"
	spawn "$scratch/syncd.log" "$syncd" --daemon --no-detach --config="$scratch/rsyncd.conf" --port="$port" \
	    --address=127.0.0.1 --log-file=/dev/stderr "$@"
	syncd_pid=$pid
	ready "$scratch/syncd.log" "listening on port $port"
}
# idle PID: until no connection of our daemon is left, 10 s at most: a session works off what it has received, also after its client is gone
idle() {
	_n=0
	while [ -n "$(serving "$1")" ] && [ $_n -lt 500 ]; do _n=$((_n + 1)); sleep 0.02; done
}
# serving PID: the processes that serve connections of our daemon: all below it but the spawner and those of "metrics" and "ledger"
serving() {
	_spawner=$(pgrep -P "$1" -x syncd-spawner)
	pgrep -P "$1" | grep -vx "${_spawner:-none}"
	[ -z "$_spawner" ] || pgrep -P "$_spawner" | grep -vxF "$(pgrep -P "$_spawner" -x syncd-metrics; pgrep -P "$_spawner" -x syncd-ledger; echo none)"
}
# start_rsyncd < CONF: Debian's own daemon on a free port in $rport
start_rsyncd() {
	rport=$(freeport)
	cat > "$scratch/stock.conf"
	spawn "$scratch/stock.log" rsync --daemon --no-detach --config="$scratch/stock.conf" --port="$rport" \
	    --address=127.0.0.1 --log-file=/dev/stderr
	rsyncd_pid=$pid
	"$await" port "$rport"
}
