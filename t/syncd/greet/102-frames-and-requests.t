#!/bin/sh
# Behind the set-up: frames, filter lists, indices, sum heads that lie.  A lie ends the connection
# with an error; it costs no memory, and nobody else's service.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 46
honest_tree
truncate -s 1200M "$scratch/sparse-file" && mkdir "$scratch/big" && mv "$scratch/sparse-file" "$scratch/big/file"
mkdir "$scratch/large" && head -c 5000000 /dev/urandom > "$scratch/large/file" && touch -d 2020-01-01 "$scratch/large" "$scratch/large/file"
start_syncd <<-EOF
	use chroot = no
	reverse lookup = no
	[pub]
	path = $scratch/pub
	[moved]
	path = $scratch/pub
	read only = no
	[big]
	path = $scratch/big
	[large]
	path = $scratch/large
	EOF
nl='
'
# list of pub: 0 ".", 1 "hello", 2 "dir", 3 "dir/numbers"
new="login:32:pub args:--server|--sender|-re.|.|pub/ frame:00000000"
old="login:29:pub args:--server|--sender|-r|.|pub/ raw:00000000"
lie='*protocol incompatibility (code 2)*exit 2*closed'
oldlie='*msg 1 rsync error: protocol incompatibility (code 2)*closed'
head='00a000000000000000000000000000000000'	# TRANSFER|IS_NEW, empty sum head

answers 'an empty list of requests ends the connection' '*data*closed' $new fin
answers 'a frame of an unknown kind' "$lie" $new raw:000000ff
log_says 1 'protocol incompatibility (code 2): malformed message' 'is logged in one line'
answers 'a frame below the first kind' "$lie" $new raw:00000001
answers 'a redo from the network' "$lie" $new raw:0400001001000000
answers 'statistics from the network' "$lie" $new raw:080000110100000000000000
answers 'a time-out from a client' "$lie" $new raw:0400002821000000
answers 'a deletion from a receiver' "$lie" $new raw:0200006c6c78
answers 'a message that only senders send' "$lie" $new raw:0400006d01000000
answers 'an error flag of 3 bytes' "$lie" $new raw:0300001d010000
answers 'a success of 0 bytes' "$lie" $new raw:0000006b
answers 'a success before there is a list' "$lie" 'login:32:moved' 'args:--server|--sender|-re.|--remove-source-files|.|moved/' \
    raw:0400006b01000000
answers 'a text of 16 MB' "$lie" $new raw:ffffff0a
answers 'a frame that ends in its head' '*closed' $new raw:0400 fin
answers 'a frame that ends before its length' '*closed' $new raw:ffffff0700 fin
answers 'texts, keep-alives and no-ops are welcome' '*data*closed' $new raw:0300000a616263 raw:00000007 raw:00000031 raw:0400001d01000000 frame:00 fin
answers 'an error exit with a code is confirmed' "*exit -1${nl}closed" $new raw:0400005d17000000
answers 'an empty error exit is not answered' "said @RSYNCD: OK*${nl}closed" $new raw:0000005d

answers 'a filter rule of 2 GB' "$lie" 'login:32:pub' 'args:--server|--sender|-re.|.|pub/' frame:00000080
answers 'a filter rule of -1 bytes' "$lie" 'login:32:pub' 'args:--server|--sender|-re.|.|pub/' frame:ffffffff
answers 'a filter rule of 5120 bytes' "$lie" 'login:32:pub' 'args:--server|--sender|-re.|.|pub/' frame:00140000
answers 'a filter rule that is none' '*bad filter rule*exit 1*closed' 'login:32:pub' 'args:--server|--sender|-re.|.|pub/' frame:0300000078797a00000000
answers 'a filter list without end' '*closed' 'login:32:pub' 'args:--server|--sender|-re.|.|pub/' frame:030000002d2078 fin
answers 'a merge of a file of ours' '*exit*closed' 'login:32:pub' 'args:--server|--sender|-re.|.|pub/' 'frame:0d0000002e202f6574632f706173737764 00000000'

answers 'an index beyond the list' "$lie" $new "frame:fe0100$head"
answers 'an index of 2^31-1' "$lie" $new "frame:feffffffff$head"
answers 'a report about an index of 2^31-1' "$lie" $new 'frame:feffffffff0000'
answers 'a directory announced by a client' "$lie" $new "frame:ff64$head"
answers 'a negative index at 29' "$oldlie" $old "raw:00000080$head" fin
answers 'data of a directory' "$lie" $new "frame:01$head"
answers 'data behind the last phase' "$lie" $new frame:0000 "frame:02$head"
answers 'a name of 20000 bytes' "$lie" $new 'frame:020090ce20'

sum() { # sum NAME HEX
	answers "$1" "$lie" $new "frame:0200a0$2"
}
sum 'a sum head of 2^31 blocks' 00000080bc0200000200000000000000
sum 'a sum head of 2^31-1 blocks' ffffff7fbc0200000200000000000000
sum 'blocks of no bytes' 01000000000000000200000000000000
sum 'blocks of 131073 bytes' 01000000010002000200000000000000
sum 'a digest longer than the checksum' 01000000bc0200001100000000000000
sum 'a digest of no bytes' 01000000bc0200000000000000000000
sum 'a tail longer than its block' 01000000bc02000002000000bd020000
answers 'sums that end in the middle' '*closed' $new 'frame:0200a003000000bc0200000200000014000000 a4059334' fin
answers 'sums that break off in the middle' '*closed' $new 'frame:0200a003000000bc0200000200000014000000 a4059334' rst

# one request of 26 bytes for a block of 512 MB must neither cost 1 GB nor search for hours
answers 'a block of 512 MB at 29' 'said @RSYNCD: OK*data [1-9]?????*closed' login:29:big 'args:--server|--sender|-r|.|big/' raw:00000000 \
    'raw:0100000000a001000000000000200200000000000000 000000000000' got:200000 rst
ok 'no sanitizer complained, nothing was killed' no_report

# some clients take no frame of 262,144 bytes, its header included
largest() { "$hostile" "$port" "$@" frames fin 2>&1 | sed -n 's/^largest //p'; }
for how in 'whole -re.' 'compressed -rze.'; do
	n=$(largest login:32:large "args:--server|--sender|${how#* }|.|large/" frame:00000000 "frame:02$head" got:5000000)
	ok "no frame of a large file is too large: ${how% *} ($n)" test "${n:-999999}" -gt 30000 -a "${n:-999999}" -lt 262144
done
n=$(largest login:29:large 'args:--server|--sender|-r|.|large/' raw:00000000 raw:0100000000a000000000000000000000000000000000 got:5000000)
ok "nor at protocol 29 ($n)" test "${n:-999999}" -gt 30000 -a "${n:-999999}" -lt 262144
