# For scripts that misbehave: sourced behind t/lib/lib.sh.
hostile=$top_builddir/t/tool/hostile

honest_tree() { # a small module in $scratch/pub
	mkdir -p "$scratch/pub/dir"
	echo hello > "$scratch/pub/hello"
	seq 1 20000 > "$scratch/pub/dir/numbers"
}
# honest_pull: the daemon still serves
honest_pull() {
	rm -rf "$scratch/got"
	timeout 30 rsync -a "rsync://127.0.0.1:$port/pub/" "$scratch/got/" && diff -r "$scratch/pub" "$scratch/got"
}
# answers NAME WANTED WORD...: what the server answers to the words, its greeting left out; and then it still serves
answers() {
	_name=$1 _want=$2; shift 2
	timeout 100 "$hostile" "$port" "$@" 2>&1 | grep -v '^said @RSYNCD: 3[0-9]' > "$scratch/.answer"
	if ! honest_pull > "$scratch/.pull" 2>&1; then
		report 1 "$_name"; { echo 'no honest pull behind it:'; cat "$scratch/.pull"; } | note
	else
		like "$(cat "$scratch/.answer")" "$_want" "$_name"
	fi
}
log_says() { # log_says TIMES TEXT NAME
	_n=0 _i=0
	while [ $_i -lt 50 ]; do	# the line may be on its way: a daemon logs behind its answer
		_n=$(grep -c -F -e "$2" "$scratch/syncd.log")
		[ "$_n" -ge "$1" ] && break
		_i=$((_i + 1)); "$hostile" "$port" 'send:@RSYNCD: 29\n#list\n' > /dev/null 2>&1
	done
	is "$_n" "$1" "$3"
}
no_report() { # no sanitizer complained, nothing died of a signal
	! grep -E -A25 "Sanitizer|runtime error|killed by signal" "$scratch/syncd.log"
}
