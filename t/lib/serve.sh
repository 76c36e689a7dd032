# What the scripts about `sallyport serve` share; sourced after t/lib/lib.sh.
#   own_parts / stock_parts    which daemon and tunnel it runs, or why that cannot be tested
#   start_serve OPTION...      run it until it says that it can be used: $serve_pid, $url, $sport, $module
#   pull CA SOURCE DIR         by our own client where it is built, else by rsync-ssl
XDG_STATE_HOME=$scratch/state XDG_RUNTIME_DIR=$scratch/run
export XDG_STATE_HOME XDG_RUNTIME_DIR
mkdir "$XDG_RUNTIME_DIR"
ca=$XDG_STATE_HOME/sallyport/ca.crt
have() { command -v "$1" > /dev/null; }

own_parts() {
	[ -x "$syncd" ] && [ -x "$tunnel" ] || { missing="sallyport-syncd or sallyport-tunnel is not built"; return 1; }
	SALLYPORT_SYNCD=$syncd SALLYPORT_TUNNEL=$tunnel
	export SALLYPORT_SYNCD SALLYPORT_TUNNEL
}
stock_parts() {
	have rsync && have stunnel4 || { missing="rsync or stunnel4 is not installed"; return 1; }
	SALLYPORT_SYNCD=$(command -v rsync) SALLYPORT_TUNNEL=$(command -v stunnel4)
	export SALLYPORT_SYNCD SALLYPORT_TUNNEL
}

serve_log=$scratch/serve.log
start_serve() {
	# a shell ignores INT in what it runs in the background, and an ignored signal stays ignored
	spawn "$serve_log" env --default-signal=INT,HUP "$sallyport" serve --port 0 "$@"
	serve_pid=$pid
	ready "$serve_log" 'Ctrl-C ends it'
	url=$(sed -n 's/.* as rsyncs:/rsyncs:/p' "$serve_log")
	sport=$(echo "$url" | sed 's|.*:\([0-9]*\)/.*|\1|')
	module=${url#*:"$sport"/} module=${module%/}
}
end_serve() { # end_serve SIGNAL: its exit status in $status
	kill "-$1" "$serve_pid"
	"$await" gone "$serve_pid"
	wait "$serve_pid"
	status=$?
}
pull() {
	if [ -x "$rsyncwrap" ]; then
		RSYNC_SSL_CA_CERT=$1 "$rsyncwrap" -a "rsyncs://localhost:$sport/$2" "$3"
	else
		RSYNC_SSL_CA_CERT=$1 rsync-ssl -a "rsync://localhost:$sport/$2" "$3"
	fi
}
push() {
	if [ -x "$rsyncwrap" ]; then
		RSYNC_SSL_CA_CERT=$ca "$rsyncwrap" -a "$1" "rsyncs://localhost:$sport/$2"
	else
		RSYNC_SSL_CA_CERT=$ca rsync-ssl -a "$1" "rsync://localhost:$sport/$2"
	fi
}
make_tree() {
	mkdir -p "$1/sub dir/deep"
	echo one > "$1/one"
	: > "$1/empty"
	head -c 300000 /dev/urandom > "$1/sub dir/random"
	ln -s ../one "$1/sub dir/link"
	ln -s /nowhere "$1/dangling"
	echo secret > "$1/sub dir/deep/private"
	chmod 600 "$1/sub dir/deep/private"
	chmod 750 "$1/sub dir"
	# an old time for all: rsync leaves a time alone that differs by less than a second
	find "$1" -depth -exec touch -h -d '2001-02-03 04:05:06.789' {} +
}

serve_tests=10
serve_body() { # the same for every pair of parts
	make_tree "$scratch/tree"
	start_serve "$scratch/tree"
	is "$module" tree 'the module is called as the folder'
	ok 'a pull through TLS with the printed CA brings the same tree' pull "$ca" "$module/" "$scratch/got/"
	ok 'contents, links, modes, times and owners are those of the source' same_tree "$scratch/tree" "$scratch/got"
	make_pki
	pull "$scratch/pki/other-ca.crt" "$module/" "$scratch/wrong/" > "$scratch/wrong.log" 2>&1
	ok 'another CA is refused' test ! -e "$scratch/wrong/one" -a $? -ne 0
	push "$scratch/pki/" "$module/" > "$scratch/push.log" 2>&1
	ok 'a push is refused' test $? -ne 0 -a ! -e "$scratch/tree/ca.crt"
	pin=$(grep -o 'sha256:[0-9a-f]*' "$serve_log")
	end_serve INT
	is "$status" 0 'Ctrl-C ends it with status 0'
	is "$(ls -A "$XDG_RUNTIME_DIR")" '' 'no run directory is left'
	start_serve --name 'second name' "$scratch/tree"
	is "$(grep -o 'sha256:[0-9a-f]*' "$serve_log")" "$pin" 'a second run has the same key'
	pull "$ca" "second name/one" "$scratch/single" > "$scratch/second.log" 2>&1
	ok 'a module may have a blank in its name' cmp "$scratch/tree/one" "$scratch/single"
	end_serve TERM
	is "$status" 0 'TERM ends it with status 0'
}
