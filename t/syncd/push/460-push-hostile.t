#!/bin/sh
# A client that pushes lies: lists, segments, answers, tokens, attributes.  Each ends its session with an error;
# nothing is written outside, nothing dies, and the next client is served.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
honest_tree
up=$scratch/up
mkdir -p "$up" "$scratch/outside"; echo untouched > "$scratch/outside/x"; seq 1 400 > "$up/g"; touch -d 2001-01-01 "$up/g"; cp "$up/g" "$scratch/g"
ln -s ../outside "$up/out"
plan 75
start_syncd <<-EOF
	use chroot = no
	reverse lookup = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[pub]
	path = $scratch/pub
	[up]
	path = $up
	read only = no
	[logged]
	path = $up
	read only = no
	transfer logging = yes
	log format = LOGGED %i %n
	[small]
	path = $up
	read only = no
	max memory = 40
	EOF
nl='
'
lie='*protocol incompatibility (code 2)*exit 2*closed'
ends='*exit *closed'
hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
e() { # e NAME [MODE [SIZE]]: an entry, its mode as in hexadecimal on the wire, its size a varlong(3)
	printf '18%02x%s%s65257d93%s' ${#1} "$(hex "$1")" "${3:-050000}" "${2:-a4810000}" | sed 's/^\(18..'"$(hex "$1")"'\)050000/\1000500/'
}
d() { e "$1" ed410000 000010; }
push='login:32:up args:--server|-re.|.|up/'
inc='login:32:up args:--server|-re.i|.|up/'
attrs='login:32:up args:--server|-rpAXe.|.|up/'
links='login:32:up args:--server|-rlHe.|.|up/'
compressed='login:32:up args:--server|-rze.|.|up/'
top=$(d .)
none=00000000000000000000000000000000	# an empty sum head, an empty digest

# --- lists
answers 'a name with ..' "$lie" $push "frame:$top$(e ../x)00"
answers 'a name with .. inside' "$lie" $push "frame:$top$(e a/../../x)00"
answers 'a name with .. at its end' "$lie" $push "frame:$top$(e a/..)00"
answers 'an absolute name' "$lie" $push "frame:$top$(e /tmp/x)00"
answers 'an absolute name where names are relative' '*closed' 'login:32:up' 'args:--server|-rRe.|.|up/' "frame:$top$(d outside)$(e /outside/x)00" fin
answers 'a name through a link' '*closed' $push "frame:$top$(d out)$(e out/x)00" fin
answers 'an empty name' "$lie" $push "frame:${top}1800" frame:00000000000000000000
answers 'a name with a NUL' "$lie" $push "frame:${top}180361006200050065257d93a481000000"
answers 'a name of 2 GB' "$lie" $push "frame:${top}58f0ffffff7f6161"
answers 'a mode that is none' "$lie" $push "frame:$top$(e x a4010000)00"
answers 'a mode of nothing' "$lie" $push "frame:$top$(e x 00000000)00"
answers 'a mode of all bits' "$lie" $push "frame:$top$(e x ffffffff)00"
answers 'a top that is a file' "$lie" $push "frame:$(e .)00"
answers 'a length below zero' "$lie" $push "frame:$top$(e x a4810000 f8ffffffffffffffff)00"
answers 'directories twice' '*closed' $push "frame:$top$(d a)$(d a)$(e a)$(e a)$(d a)00" fin
answers 'a link to a later file' "$lie" $links "frame:${top}1c020161 05 0005 00"
answers 'a link to nothing' "$lie" $links "frame:${top}1c0201 61 f0ffffff7f 00"
answers 'a list that ends in an entry' '*closed' $push "frame:${top}1805" fin
if grep -q 'define SALLYPORT_SANITIZE' "$top_builddir/config.h"; then skip 'a list without end' 'no bound on memory under a sanitizer'
else answers 'a list without end' "$ends" 'login:32:small' 'args:--server|-re.|.|small/' "frame:$(for i in 1 2 3 4 5 6 7 8 9; do e "d$i/abcdefgh"; done)" fill
fi
answers 'an id list that does not end' '*closed' 'login:29:up' 'args:--server|-ro|.|up/' "raw:00" rep:100000:'\x07\0\0\0\x01a' fin

# --- segments
answers 'a segment where there are none' "$lie" $push "frame:${top}00" frame:ff9b
answers 'a segment of no directory' "$lie" $inc "frame:${top}$(d a)00" frame:ff70
answers 'a segment of the top' "$lie" $inc "frame:${top}$(d a)00" frame:ff64
answers 'a segment twice' "$lie" $inc "frame:${top}$(d a)00" frame:ff6500 frame:ff0100
answers 'a segment with files of elsewhere' "$lie" $inc "frame:${top}$(d a)00" "frame:ff65$(e x)00"
answers 'a segment behind the last' "$lie" $inc "frame:${top}$(d a)00" frame:ff01 frame:ff6500

# --- items that come back and were not told: none is logged, or a few bytes would make a line each
answers 'items that nobody told of' '*closed' 'login:32:logged' 'args:--server|-re.|.|logged/' "frame:$top$(e f)00" heard:0200a0 frame:020020 \
    rep:5000:'\x05\0\0\x07\xfe\0\0\0\x20' fin
is "$(grep -c LOGGED "$scratch/syncd.log")" 0 'and no line is logged of them'

# --- answers; index 1 is the file
# what asked for it has to be heard first: else all would be answers to nobody
one="$push frame:${top}$(e f)00 heard:0200a0"
old="$push frame:${top}$(e g)00 heard:020c80"
head='03000000bc020000020000005c000000'	# what we say of g
appending() { echo "login:32:up args:--server|-re.|$1.|up/ frame:$top$(e g '' f800000000000004)00 heard:020c80"; }
compressed_one="$compressed frame:${top}$(e f)00 heard:0200a0"
compressed_old="$compressed frame:${top}$(e g)00 heard:020c80"
answers 'an answer to nobody' "$lie" $one "frame:0100a0$none"
answers 'an answer to an index beyond' "$lie" $one "frame:4000a0$none"
answers 'an item beyond the list' "$lie" $one "frame:400020"
answers 'an answer twice' "$lie" $one "frame:0200a0${none}0000000000000000d41d8cd98f00b204e9800998ecf8427e" "frame:ff010100a0$none"
answers 'more blocks than there are' "$lie" $old "frame:0200a0$head fcffffff"
answers 'a block where there are none' "$lie" $one "frame:0200a0${none}ffffffff"
answers 'the least block' "$lie" $old "frame:0200a0$head 00000080"
answers 'a block count below zero' "$lie" $old "frame:0200a0 ffffffffbc0200001000000000000000"
answers 'a block of 2 GB' "$lie" $old "frame:0200a0 01000000ffffff7f1000000000000000"
answers 'a kept part of terabytes' "$lie" $(appending '--append|--append|') "frame:0200a0 ffffff03000002001000000000000000"
answers 'the same, of a part that is not verified' "$lie" $(appending '--append|') "frame:0200a0 ffffff03000002001000000000000000"
answers 'blocks of nothing' "$lie" $one "frame:0200a0 01000000bc0200001000000000000000"
answers 'more blocks than were asked with' "$lie" $old "frame:0200a0 04000000bc020000020000005c000000"
answers 'blocks beyond the end of the file' "$lie" $old "frame:0200a0 ffffff03000002000200000000000000 01000080 00000000$none" fin
answers 'literal data of 2 GB and a cut' '*closed' $one "frame:0200a0${none}ffffff7f616161" fin
answers 'compressed garbage' "$lie" $compressed_one "frame:0200a0${none}4005ffffffffff00$none"
answers 'a compressed record that is none' "$lie" $compressed_one "frame:0200a0${none}01"
answers 'a compressed run of blocks that are not there' "$lie" $compressed_old "frame:0200a0${none}2100000000ffff"
answers 'another basis than was asked for' '*closed' $old "frame:0200b8 03 092e2e2f6f75742f78 ${none}00000000$none" fin
answers 'a basis name with slashes' '*closed' $old "frame:0200b883 092e2e2f6f75742f78 ${none}00000000$none" fin
answers 'statistics of deletions' "$lie" $one "frame:ff03"
answers 'an index of -3' "$lie" $one "frame:ff02"
answers 'more behind the end' '*closed' $push "frame:00" "frame:00000000" "frame:0200a0$none" fin
answers 'ends without end' '*closed' $one frame:00000000000000000000 fin
answers 'nothing to send of nothing' '*closed' $one raw:04000066ff000000 raw:04000066ffffff7f raw:0400006600000080 fin
answers 'a wrong sum, twice' '*closed' $one "frame:0200a0${none}0100000078 00000000$none" fin

# --- attributes: "a" is the first entry, its ACL 0012... and its set behind it
answers 'an ACL of none' "$lie" $attrs "frame:${top}05"
answers 'an ACL of unknown flags' "$lie" $attrs "frame:${top}0080"
answers 'an ACL with permissions of 8' "$lie" $attrs "frame:${top}000108"
answers 'an ACL of 2^31 names' "$lie" $attrs "frame:${top}0010f0ffffff7f"
answers 'an ACL of -1 names' "$lie" $attrs "frame:${top}0010f0ffffffff"
answers 'a name with permissions of 8' "$lie" $attrs "frame:${top}00100105 20"
answers 'a set of none' "$lie" $attrs "frame:${top}0000000005"
answers 'a set of 2^31 items' "$lie" $attrs "frame:${top}0000000000f0ffffff7f"
answers 'an item without a name' "$lie" $attrs "frame:${top}00000000 00 01 0001"
answers 'a name that ends early' "$lie" $attrs "frame:${top}00000000 00 01 0301 61006278"
answers 'a name without an end' "$lie" $attrs "frame:${top}00000000 00 01 0301 61626378"
answers 'a name of 2 GB' "$lie" $attrs "frame:${top}00000000 00 01 f0ffffff7f 01"
answers 'a value of 2 GB' "$lie" $attrs "frame:${top}00000000 00 01 02 f0ffffff7f 6100"
abbreviated="${top}00000000 00 00 $(e f) 00 00 00 01 07 64 $(hex user.x)00 $none 00 00 00"
answers 'a value that nobody asked for' "$lie" $attrs "frame:$abbreviated" "frame:0200a1 02 64"
answers 'an answer without its values' "$lie" $attrs "frame:$abbreviated" "frame:0200a1 00"
answers 'a value of -1 bytes' "$lie" $attrs "frame:$abbreviated" "frame:0200a1 01 f0ffffffff"
answers 'a value that is cut' '*closed' $attrs "frame:$abbreviated" "frame:0200a1 01 6461" fin

is "$(cat "$scratch/outside/x") $(ls "$scratch/outside")" 'untouched x' 'nothing was written outside'
ok 'what was there is whole' cmp "$up/g" "$scratch/g"
is "$(find "$up" -name '.*.sp~*' | wc -l)" 0 'no temporary is left'
ok 'nothing died and no sanitizer complained' no_report
