#!/bin/sh
# early exec, pre-xfer exec and post-xfer exec: what they are told, who they are, and what their end means, as with rsync's daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
mkdir "$scratch/m" "$scratch/d" "$scratch/ours" "$scratch/stock"
echo hi > "$scratch/m/a"
chmod 777 "$scratch/ours" "$scratch/stock"
# told NAME [STATUS]: into the side's directory, what a hook sees; it says two lines
cat > "$scratch/told" <<'E2'
{ env | grep '^RSYNC_' | grep -v '^RSYNC_PID=' | sort; echo "as $(id -u) in $(pwd)"; cat; ls /proc/self/fd | grep -c .; } > "$SIDE/$1.new" 2>&1
mv "$SIDE/$1.new" "$SIDE/$1"
echo "one of $1"
printf 'two\tof %s\n' "$1"
exit "${2:-0}"
E2
conf() { # conf SIDE
	printf 'use chroot = no\nuid = %s\n' "$(id -u)"
	[ "$(id -u)" != 0 ] || echo 'gid = 0'
	hook() { echo "$1 exec = SIDE=$scratch/$_side sh $scratch/told $2"; }
	_side=$1
	module() { printf '[%s]\npath = %s\n' "$1" "$scratch/m"; }
	module all; hook early early; hook pre-xfer pre; hook post-xfer post
	module pre; hook pre-xfer 'pre 3'; hook post-xfer post
	module early; hook early 'early 3'; hook post-xfer post
	module both; echo 'refuse options = checksum'; hook pre-xfer 'pre 3'; hook post-xfer post
	module refused; echo 'refuse options = checksum'; hook pre-xfer pre; hook post-xfer post
	module quiet; echo 'pre-xfer exec = exit 1'
	module nocmd; echo 'pre-xfer exec = /nonexistent/x'
	module killed; echo 'pre-xfer exec = kill -9 $$'
	module vars; echo "pre-xfer exec = echo %RSYNC_MODULE_NAME% '%RSYNC_HOST_ADDR%' \"%RSYNC_MODULE_NAME%\" x%SIDE%x > $scratch/$_side/vars"
	module 'a b'; echo "pre-xfer exec = echo %RSYNC_MODULE_NAME% > $scratch/$_side/blank"
	printf '[gone]\npath = %s/gone\n' "$scratch"; hook early early; hook pre-xfer pre; hook post-xfer post
	module forks; echo "pre-xfer exec = sleep 30 & echo \$! > $scratch/$_side/forked; exit 3"
	module prints; echo 'pre-xfer exec = seq 1 20000; exit 2'
	module hangs; echo "pre-xfer exec = echo \$\$ > $scratch/$_side/hung; sleep 60"
	echo "post-xfer exec = echo \$RSYNC_EXIT_STATUS > $scratch/$_side/hung.post"
	module wears; echo "pre-xfer exec = id -u > $scratch/$_side/wears; id -G >> $scratch/$_side/wears"
	[ "$_side" = stock ] || echo 'exec as module = yes'
	[ "$(id -u)" != 0 ] || printf 'uid = nobody\ngid = nogroup\n'
}
export SIDE=given
conf ours > "$scratch/in"; start_syncd < "$scratch/in"
conf stock > "$scratch/in"; start_rsyncd < "$scratch/in"
plan 39

# pull ARGUMENT...: from both, "@" standing for rsync://127.0.0.1:PORT; what rsync says goes to SIDE.out, and how it ends.  The client of a daemon
# that goes away without the end of the protocol may miss it: those lines and that status are rsync's own business
pull() {
	for _side in ours stock; do
		case $_side in ours) _p=$port ;; stock) _p=$rport ;; esac
		rm -rf "$scratch/$_side" "$scratch/d"; mkdir "$scratch/$_side" "$scratch/d"; chmod 777 "$scratch/$_side"
		( cd "$scratch/d" && for _a; do shift; case $_a in @*) _a=rsync://127.0.0.1:$_p${_a#@} ;; esac; set -- "$@" "$_a"; done
		  timeout 30 rsync "$@" . ) 2>&1 | grep -v '^rsync error\|read error: Conn\|connection unexpectedly' > "$scratch/$_side.out"
	done
}
told() { # told NAME HOOK...: both were told the same
	_of=$1; shift
	for _h; do
		for _side in ours stock; do _n=0; while [ ! -s "$scratch/$_side/$_h" ] && [ $_n -lt 500 ]; do _n=$((_n + 1)); sleep 0.02; done; done
	done
	for _h; do
		ok "$_of: $_h" sh -c "sed 's/^[0-9]*\$//' '$scratch/stock/$_h' > '$scratch/a'; sed 's/^[0-9]*\$//' '$scratch/ours/$_h' | diff '$scratch/a' - "
	done
}
said() { ok "$1" diff "$scratch/stock.out" "$scratch/ours.out"; }

pull -a @/all/a @/all/none
said 'a pull'
told 'a pull' early pre post
ok 'no descriptor of ours is theirs' sh -c "[ \$(cat '$scratch/ours/pre' | grep -x '[0-9]*') -le \$(grep -x '[0-9]*' '$scratch/stock/pre') ]"
printf 'early\nbytes\n' > "$scratch/input"
pull --early-input="$scratch/input" -s @/all/a
said 'early input and secluded arguments'
told 'early input and secluded arguments' early pre post
pull -a @/pre/a
said 'pre-xfer exec fails, and says why'
told 'the end of that' pre post
pull -a @/early/a
said 'early exec fails'
told 'the end of that' early post
pull -ac @/both/a
said 'its refusal comes before the one of an option'
told 'which it hears of' pre post
pull -ac @/refused/a
said 'an option is refused'
told 'of which both hear' pre post
for m in quiet nocmd killed; do pull -a @/$m/a; said "$m"; done
pull -a @/vars/a
ok 'variables are put in as text' diff "$scratch/stock/vars" "$scratch/ours/vars"
pull -a '@/a b/a'
ok 'but not what a shell reads otherwise' sh -c "[ ! -e '$scratch/ours/blank' ] && [ ! -e '$scratch/stock/blank' ]"
ok 'which the log tells' "$await" line "$scratch/syncd.log" 'refusing to run shell hook: %VAR% holds a shell metacharacter'
like "$(cat "$scratch/ours.out")" '@ERROR: pre-xfer exec preparation failed' 'and the client, whom rsync tells nothing'
pull -a @/gone/a
told 'a module that is not there' early post
ok 'has no pre-xfer exec' [ ! -e "$scratch/ours/pre" ]

# what goes on behind a hook holds nobody up (rsync waits for it)
timeout 20 rsync -a "rsync://127.0.0.1:$port/forks/a" "$scratch/d/" > "$scratch/out" 2>&1
like "$? $(cat "$scratch/out")" '4 pre-xfer exec returned failure (768)*' 'a hook that leaves a process behind is over when it ends'
kill "$(cat "$scratch/ours/forked")"
rsync -a "rsync://127.0.0.1:$port/prints/a" "$scratch/d/" > "$scratch/out" 2>&1
like "$(head -n 3 "$scratch/out" | tr '\n' ' ')$(grep -cx '[0-9]*' "$scratch/out")" 'pre-xfer exec returned failure (512): 1 2 [0-9]*' 'of one that prints without end the beginning is shown'
# a client that goes takes its hook with it
rsync -a "rsync://127.0.0.1:$port/hangs/a" "$scratch/d/" > "$scratch/out" 2>&1 & client=$!
n=0; while [ ! -s "$scratch/ours/hung" ] && [ $n -lt 500 ]; do n=$((n + 1)); sleep 0.02; done
kill -9 $client; wait $client 2> /dev/null
ok 'a hook that hangs ends when the client goes' "$await" gone "$(cat "$scratch/ours/hung")"
ok 'which the log tells' "$await" line "$scratch/syncd.log" 'pre-xfer exec was killed: the client is gone'
idle "$syncd_pid"
is "$(serving "$syncd_pid")" '' 'and so does the session that waited for it'
rm -f "$scratch/ours/wears"
rsync -a "rsync://127.0.0.1:$port/wears/a" "$scratch/d/" > "$scratch/out" 2>&1
if [ "$(id -u)" = 0 ]; then is "$(tr '\n' ' ' < "$scratch/ours/wears")" "$(id -u nobody) $(getent group nogroup | cut -d: -f3) " 'exec as module: with its user and group, and no other'
else skip 'exec as module' 'not root'; fi
# RSYNC_NO_XFER_EXEC: none at all
stop "$syncd_pid"
rm -f "$scratch/ours/pre" "$scratch/ours/post"
export RSYNC_NO_XFER_EXEC=1
conf ours > "$scratch/in"; start_syncd < "$scratch/in"
unset RSYNC_NO_XFER_EXEC
fails 0 'RSYNC_NO_XFER_EXEC: a module whose hook would fail serves' rsync -a "rsync://127.0.0.1:$port/pre/a" "$scratch/d/"
idle "$syncd_pid"
ok 'and runs none' [ ! -e "$scratch/ours/post" ]
