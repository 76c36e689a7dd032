#!/bin/sh
# Argument lists and options that no rsync sends, and those that are refused, with the status
# that the real client makes of it.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 27
honest_tree
start_syncd <<-EOF
	use chroot = no
	reverse lookup = no
	[pub]
	path = $scratch/pub
	[drop]
	path = $scratch/pub
	write only = yes
	read only = no
	EOF
nl='
'
begin='login:32:pub'
answers '17000 arguments' "said @RSYNCD: OK${nl}closed" $begin 'rep:17000:a\0'
log_says 1 'protocol incompatibility (code 2): ' 'are logged in one line'
answers 'an argument of 1 MB' "said @RSYNCD: OK*" $begin rep:1000000:a
answers '5 MB of arguments' "said @RSYNCD: OK*" $begin rep:1040:"$(printf '%05000d' 0)"'\0'
answers 'no argument at all' "said @RSYNCD: OK*" $begin 'send:\0' fin
answers 'a list that ends in the middle' "said @RSYNCD: OK${nl}closed" $begin 'send:--server\0--sen' fin
answers 'a list that is broken off' "said @RSYNCD: OK${nl}closed" $begin 'send:--server\0--sen' rst
answers 'a NUL among lines' "said @RSYNCD: OK${nl}closed" login:29:pub 'send:--server\n--sen\0der\n'
answers 'arguments that come with the module line' "said @RSYNCD: OK${nl}data *" as:32 'send:@RSYNCD: 32.0 md5\npub\n--server\0--sender\0-re.\0.\0pub/\0\0' read:OK raw:0400000700000000 fin
answers '100 KB that come with the module line end cleanly' "said @*" 'send:@RSYNCD: 32.0 md5\npub\n' rep:100000:x

refuses() { # refuses NAME TEXT ARGUMENT
	answers "$1" "*msg 3 $2*${nl}exit 4${nl}closed" $begin "args:--server|--sender|-re.|$3|.|pub/"
}
refuses 'an unknown option' 'rsync: on remote machine: --foo: unknown option' --foo
refuses 'an unknown letter' 'rsync: on remote machine: -Q: unknown option' -Q
refuses 'an option of daemons' 'rsync: Attempt to hack rsync thwarted!' --daemon
refuses 'a configuration of its own' 'rsync: Attempt to hack rsync thwarted!' --config=/etc/passwd
refuses 'an option that writes to our disk' 'rsync: The server is configured to refuse --log-file' --log-file=/tmp/x
answers 'an option with a bad value' "*msg 3 rsync: --timeout=x is invalid*" $begin 'args:--server|--sender|--timeout=x|.|pub/'
answers 'a checksum that is none' "*Your --checksum-choice value (crc) was refused by the server.*${nl}exit 4*" $begin 'args:--server|--sender|-re.|--checksum-choice=crc|.|pub/'
answers 'a compression that is none' "*Your --compress-choice value (zip) was refused by the server.*${nl}exit 4*" $begin 'args:--server|--sender|-re.|--compress-choice=zip|.|pub/'
answers 'a list of checksums that we do not have' "said @RSYNCD: OK*closed" $begin 'args:--server|--sender|-re.v|.|pub/' 'send:\x03crc' fin
answers 'a list of checksums of 300 bytes' "said @RSYNCD: OK*closed" $begin 'args:--server|--sender|-re.v|.|pub/' 'send:\x81\x2c' rep:300:x
answers 'capability letters without sense' "said @RSYNCD: OK${nl}data*closed" $begin 'args:--server|--sender|-re.@@\x7f...............................................................................|.|pub/' frame:00000000 fin
fails 4 'the real client ends with 4' rsync -a --remote-option=--foo "rsync://127.0.0.1:$port/pub/" "$scratch/x/"
like "$out" '*rsync: on remote machine: --foo: unknown option*' 'and prints the text'
fails 1 'an upload into a read-only module ends with 1' rsync -a "$scratch/pub/" "rsync://127.0.0.1:$port/pub/"
like "$out" '*ERROR: module is read only*' 'and prints the text'
fails 1 'a pull from a module that is write only ends with 1' rsync -a "rsync://127.0.0.1:$port/drop/" "$scratch/x/"
ok 'no sanitizer complained, nothing was killed' no_report
