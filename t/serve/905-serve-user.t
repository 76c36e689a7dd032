#!/bin/sh
# The same without root: keys below the home folder, files as that user sees them.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
[ "$(id -u)" = 0 ] && have setpriv || skip_all 'needs root to become somebody else'
own_parts || stock_parts || skip_all "$missing"
plan 7
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
$nobody test -x "$sallyport" -a -x "$SALLYPORT_SYNCD" -a -x "$SALLYPORT_TUNNEL" || {
	mkdir "$scratch/bin"	# the build directory may be closed to others
	cp "$sallyport" "$SALLYPORT_SYNCD" "$SALLYPORT_TUNNEL" "$scratch/bin/"
	sallyport=$scratch/bin/sallyport SALLYPORT_SYNCD=$scratch/bin/${SALLYPORT_SYNCD##*/}
	SALLYPORT_TUNNEL=$scratch/bin/${SALLYPORT_TUNNEL##*/}
}
unset XDG_STATE_HOME
HOME=$scratch/home ca=$scratch/home/.local/state/sallyport/ca.crt
export HOME
mkdir "$HOME" "$scratch/tree"
echo one > "$scratch/tree/one"
chown 65534:65534 "$HOME" "$XDG_RUNTIME_DIR" "$scratch/tree" "$scratch/tree/one"
mkdir -m 700 "$scratch/closed"
fails 1 'a folder that the user may not read is refused' $nobody "$sallyport" serve "$scratch/closed"
like "$out" '*Permission denied*' '... in words'
spawn "$serve_log" $nobody "$sallyport" serve --port 0 --write --anyone-writes "$scratch/tree"
serve_pid=$pid
ready "$serve_log" 'Ctrl-C ends it'
sport=$(sed -n 's/.* as rsyncs:.*:\([0-9]*\)\/.*/\1/p' "$serve_log")
is "$(stat -c '%U %a' "$(dirname "$ca")")" 'nobody 700' 'the keys lie in the home folder'
ok 'a pull works' pull "$ca" tree/ "$scratch/got/"
echo two > "$scratch/two"
push "$scratch/two" tree/ > "$scratch/push.out" 2>&1
ok 'with --anyone-writes it takes a push' cmp "$scratch/two" "$scratch/tree/two"
is "$(stat -c %U "$scratch/tree/two")" nobody '... as that user'
end_serve TERM

# root, told to use a folder that somebody else owns and could swap under it
XDG_STATE_HOME=$scratch/state
export XDG_STATE_HOME
start_serve "$scratch/tree"
is "$(ls -A "$XDG_RUNTIME_DIR")" '' 'the run directory is not made in another user'"'"'s folder'
