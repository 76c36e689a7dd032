#!/bin/sh
# However `sallyport serve` ends, nothing of it is left: no process, no socket, no run directory.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
own_parts || stock_parts || skip_all "$missing"
plan 19
make_tree "$scratch/tree"

parts_of() { cat "/proc/$serve_pid/task/$serve_pid/children"; }
all_gone() {
	for _p in $parts; do
		"$await" gone "$_p" || return 1
	done
}

start_serve "$scratch/tree"
parts=$(parts_of)
set -- $parts
is $# 2 'it runs two programs'
fails 1 'a port in use is refused' "$sallyport" serve --port "$sport" "$scratch/tree"
like "$out" "*port $sport: Address already in use*" '... in words'
end_serve HUP
is "$status" 0 'HUP ends it with status 0'
ok 'both programs are gone' all_gone
is "$(ls -A "$XDG_RUNTIME_DIR")" '' 'and the run directory'

for which in daemon tunnel; do
	start_serve "$scratch/tree"
	parts=$(parts_of)
	for _p in $parts; do
		case $(tr '\0' ' ' < "/proc/$_p/cmdline") in
		*syncd.conf*) daemon=$_p ;;
		*) tunnel_pid=$_p ;;
		esac
	done
	[ $which = daemon ] && victim=$daemon || victim=$tunnel_pid
	kill -9 "$victim"
	"$await" gone "$serve_pid"
	wait "$serve_pid"
	is $? 1 "a killed $which ends it with status 1"
	ok "... saying so" grep -q "serve: the $which was ended by signal 9 (Killed)" "$serve_log"
	ok '... and the other part is gone too' all_gone
	is "$(ls -A "$XDG_RUNTIME_DIR")" '' '... and the run directory'
done

start_serve "$scratch/tree"
parts=$(parts_of)
kill -9 "$serve_pid"
wait "$serve_pid" 2> /dev/null
ok 'killed itself, it leaves no process' all_gone
start_serve --port "$sport" "$scratch/tree"
is "$module" tree '... and no socket: the port can be had at once'
end_serve TERM

(
	SALLYPORT_SYNCD=/bin/false
	"$sallyport" serve --port 0 "$scratch/tree" > "$scratch/false.out" 2> "$scratch/false.err"
	echo $? > "$scratch/false.status"
)
is "$(cat "$scratch/false.status")" 1 'a part that ends at once ends it with status 1'
ok '... saying so' grep -q 'serve: the daemon exited with status 1' "$scratch/false.err"
is "$(cat "$scratch/false.out")" '' '... and promising nothing'
