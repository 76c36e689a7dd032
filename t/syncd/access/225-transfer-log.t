#!/bin/sh
# transfer logging and log format: the same lines as rsync's own daemon, for every escape, in pulls and pushes.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
mkdir -p "$scratch/src/d/e"
cd "$scratch" || exit 1
yes 'some data' | head -c 30000 > src/big
echo hello > src/d/small
ln -s small src/d/ln
ln src/d/small src/d/hard
echo twice > src/a-name-that-is-longer-than-the-next
ln src/a-name-that-is-longer-than-the-next src/a-n
mkfifo src/fifo
: > src/empty
chmod 4711 src/d/small
touch -h -d '2021-03-04 05:06:07' src/big src/empty src/fifo src/a-n src/d/small src/d/ln src/d/e src/d src
cp -a src more
echo more >> more/d/small
chmod 600 more/big
touch -d '2022-02-02 02:02:02' more/empty
all='%o|%h|%a|%m|%u|%f|%l|%b|%c|%B|%C|%G|%U|%i|%L|%P|%M|%n|%%|%q'
wide="%10l|%-10l|%'l|%''b|%'''b|%''-9l|%12f|%-12f|%3n|%5%|%|%L|%5L|%20i|%-44C|%012b"
conf() { # conf SIDE
	printf 'use chroot = yes\nuid = 0\ngid = 0\nlog file = %s/%s.log\ntransfer logging = yes\n' "$scratch" "$1"
	printf '[all]\npath = %s/src\nlog format = %s\n[wide]\npath = %s/src\nlog format = %s\n' "$scratch" "$all" "$scratch" "$wide"
	printf '[plain]\npath = %s/src\n[off]\npath = %s/src\ntransfer logging = no\n[none]\npath = %s/src\nlog format =\n' "$scratch" "$scratch" "$scratch"
	for _m in 'in %o|%f|%l|%b|%c|%B|%C|%G|%U|%i|%L|%M|%n' 'in-o %o|%f|%l|%b' 'in-plain X %f|%l|%b|%n'; do
		printf '[%s]\npath = %s/up.%s\nread only = no\nlog format = %s\n' "${_m%% *}" "$scratch" "$1" "${_m#* }"
	done
}
[ "$(id -u)" = 0 ] || skip_all 'not root'
mkdir up.ours up.stock
port=$(freeport) rport=$(freeport)
for side in ours stock; do conf $side > "$side.conf"; done
spawn o.out "$syncd" --daemon --no-detach --config=ours.conf --port="$port" --address=127.0.0.1
spawn s.out rsync --daemon --no-detach --config=stock.conf --port="$rport" --address=127.0.0.1
"$await" port "$port"; "$await" port "$rport"
# same NAME ARGUMENTS: the same transfer with both, @ for the address: the same lines of transfers, which are in stock.lines
sessions=0
same() {
	_name=$1
	shift
	sessions=$((sessions + 1))
	for side in ours stock; do
		case $side in ours) _p=$port ;; stock) _p=$rport ;; esac
		rm -rf got
		_from=$(wc -l < $side.log)
		rsync --checksum-seed=1 $(echo "$*" | sed "s#@#rsync://127.0.0.1:$_p#g") > $side.out 2>&1
		"$await" line $side.log 'sent ' $sessions
		sed "1,${_from}d; s/^[^ ]* [^ ]* \[[0-9]*\] //" $side.log |
		    sed "/^connect from/d; /^rsync /d; /^building file list/d; /^receiving file list/d; /^sent /d; /closed: it has said nothing/d; s#up\.$side#up#g" > $side.lines
	done
	ok "$_name" diff stock.lines ours.lines
}
lines() { is "$(wc -l < stock.lines)" "$1" "$2"; }
plan 37

same 'a pull' -aH @/all/ got/
lines 11 'a line for each entry'
same 'without owners, with sums' -rltc @/all/d/ got/
same 'without anything preserved' -r @/all/d got
same 'one file' @/all/big got
echo tail >> src/big
same 'a delta' -a --no-whole-file --copy-dest="$scratch/more" @/all/big got/
same 'compressed' -az @/all/ got/
same 'at protocol 28' -a --protocol=28 @/all/ got/
same 'at protocol 29' -aH --protocol=29 @/all/ got/
same 'at protocol 30' -aH --protocol=30 @/all/ got/
same 'with md5' -a --checksum-choice=md5 @/all/d/ got/
same 'what is unchanged' -aii src/ @/in/
cp -a src got2
same 'nothing to do' -a @/all/ got2/
same 'nothing to do, told of' -aii @/all/ got2/
same 'widths, and numbers for people' -a @/wide/ got/
same 'the default' -a @/plain/ got/
lines 6 'names files alone'
same 'not logged' -a @/off/ got/
lines 0 'says nothing'
same 'an empty format' -a @/none/ got/
lines 0 'says nothing either'
same 'a dry run' -an @/all/ got/
same 'a push' -aH src/ @/in/x/
same 'the same again, some of it changed' -aH more/ @/in/x/
same 'at protocol 29' -aH --protocol=29 more/ @/in/y/
same 'without times' -rlp src/ @/in/z/
same 'one file' more/big @/in/x/
for side in ours stock; do mkdir -p up.$side/x/xd/deep; touch up.$side/x/xd/deep/f up.$side/x/gone; done
same 'deletions' -aH --delete src/ @/in/x/
for side in ours stock; do mkdir -p up.$side/x/xd/deep; touch up.$side/x/xd/deep/f up.$side/x/gone; done
same 'deletions, where the format has an operation' -aH --delete more/ @/in-o/x/
for side in ours stock; do mkdir -p up.$side/x/xd/deep; touch up.$side/x/xd/deep/f up.$side/x/gone; done
same 'deletions, where it has none' -aH --delete src/ @/in-plain/x/

# a name cannot make lines of its own, and a long log of transfers is not cut
printf x > "src/d/a$(printf '\nsend forged \033[31m')"
same 'names with control bytes' -a @/plain/d/ got/
like "$(cat ours.lines)" '*\\#012send forged \\#033*' 'stay in their line'
mkdir many
seq 2500 | sed 's#^#many/f#' | xargs touch
rsync -a many "rsync://127.0.0.1:$port/in-plain/" > /dev/null 2>&1
"$await" line ours.log 'sent ' $((sessions + 1))
is "$(grep -c ' X many/f' ours.log)" 2500 '2,500 files are 2,500 lines'
# names up to a path's longest: rsync cuts its line at 2048 bytes, and the end of the line with it
deep=$(printf '%0240d' 0); long=src/x/$deep/$deep/$deep
mkdir -p "$long"; echo hi > "$long/f"
same 'a line of 1,900 bytes is the same' -r @/all/x/ got/
long=$long/$deep/$deep/$deep/$deep/$deep/$deep/$deep/$deep/$deep/$deep/$deep
mkdir -p "$long"; echo hi > "$long/last"
: > ours.log
rsync -a "rsync://127.0.0.1:$port/all/x/" got/ > /dev/null 2>&1
"$await" line ours.log 'sent '
is "$(awk 'length($0) > 6700 && /last.*last[|]%[|]/' ours.log | wc -l)" 1 'one of 6,700 is whole'
stop $servers
for format in '' '%o=%n'; do
	: > ours.log
	spawn o.out "$syncd" --daemon --no-detach --config=ours.conf --port="$port" --address=127.0.0.1 --log-file-format="$format"
	"$await" port "$port"
	rm -rf got
	rsync -a "rsync://127.0.0.1:$port/off/d/" got > /dev/null 2>&1
	"$await" line ours.log 'sent '
	is "$(sed -n 's/.*send=//p' ours.log | sort | tr '\n' ' ')" "${format:+a\#012send forged \#033[31m hard small }" "--log-file-format='$format' beats the modules"
	stop $servers
done
