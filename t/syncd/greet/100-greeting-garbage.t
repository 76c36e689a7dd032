#!/bin/sh
# Greeting and request lines that no rsync sends: each gets the words of rsyncd.conf(5)'s own
# daemon, one line in the log, and a closed connection; the next client is served.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 40
honest_tree
start_syncd <<-EOF
	use chroot = no
	reverse lookup = no
	[pub]
	path = $scratch/pub
	comment = all of it
	[unlisted]
	path = $scratch/pub
	list = no
	EOF
hi='@RSYNCD: 32.0 md5\n'
nl='
'
startup="said @ERROR: protocol startup error${nl}closed"

answers 'garbage is no greeting' "$startup" 'send:GET / HTTP/1.0\n'
log_says 1 'protocol startup error' 'and is logged in one line'
answers 'a TLS hello is none either' "$startup" 'send:\x16\x03\x01\x02\x00\n'
answers 'nor is a line with a NUL' "$startup" 'send:@RSYNCD: 32.0\0 md5\n'
answers '10 MB without a line end are cut short' '*said @ERROR: protocol startup error*' rep:1000000:0123456789
answers 'a flood of CR is a flood' '*said @ERROR: protocol startup error*' 'rep:1000000:\r'
answers 'no sub-protocol at 32' "said @ERROR: your client omitted the subprotocol value: @RSYNCD: 32${nl}closed" 'send:@RSYNCD: 32\n'
answers 'no digest list at 32' "said @ERROR: your client omitted the digest name list: @RSYNCD: 32.0${nl}closed" 'send:@RSYNCD: 32.0\n'
answers 'control bytes are not echoed' "said @ERROR: your client omitted the subprotocol value: @RSYNCD: 32?[[]2Jx${nl}closed" 'send:@RSYNCD: 32\x1b[2Jx\n'
answers 'a protocol of the last century' "said @ERROR: protocol version too old*${nl}closed" 'send:@RSYNCD: 19\n'
answers '26 is too old' "said @ERROR: protocol version too old*${nl}closed" 'send:@RSYNCD: 26\n'
answers 'a version of twenty digits is a new one' "said pub *" 'send:@RSYNCD: 99999999999999999999.0 md5\n#list\n'
answers 'one byte at a time will do' "said pub            ?x09all of it${nl}said @RSYNCD: EXIT${nl}closed" "slow:$hi#list\\n"
answers 'the two lines of openrsync in one segment' "said @RSYNCD: OK${nl}closed" 'send:@RSYNCD: 29\npub\n' 'read:OK' fin
answers 'nothing at all' '*closed' fin
log_says 1 'connection from 127.0.0.1 closed: it has said nothing' 'is logged in one line'
answers 'a greeting and no more' '*closed' "send:$hi" fin
answers 'half a greeting, broken off' closed 'send:@RSYN' rst

answers 'a listing shows what is listed' "said pub            ?x09all of it${nl}said @RSYNCD: EXIT${nl}closed" "send:$hi#list\\n"
answers 'so does an empty line' "said pub            ?x09all of it${nl}said @RSYNCD: EXIT${nl}closed" "send:$hi\\n"
answers 'an unknown command is named' "said @ERROR: Unknown command '#quit'${nl}closed" "send:$hi#quit\\n"
log_says 1 "Unknown command '#quit'" 'and is logged in one line'
answers 'an unknown module is named' "said @ERROR: Unknown module 'nosuch'${nl}closed" "send:${hi}nosuch\\n"
log_says 1 "unknown module 'nosuch' tried from" 'and is logged in one line'
answers 'a module name is exact' "said @ERROR: Unknown module 'PUB'${nl}closed" "send:${hi}PUB\\n"
answers 'and no path' "said @ERROR: Unknown module '../pub'${nl}closed" "send:${hi}../pub\\n"
answers 'a name of 1023 bytes is an unknown one' "said @ERROR: Unknown module 'xxx*" "send:$hi" rep:1023:x 'send:\n'
answers 'a name of 1024 bytes is no line' "$startup" "send:$hi" rep:1024:x 'send:\n'
answers 'a name with control bytes cannot forge a log line' "said @ERROR: Unknown module 'a*b'${nl}closed" "send:${hi}a\\x0b\\x1bb\\n"

early="said @ERROR: invalid early_input length${nl}closed"
answers 'early input of no bytes' "$early" "send:$hi#early_input=0\\n"
answers 'early input of -1 bytes' "$early" "send:$hi#early_input=-1\\n"
answers 'early input of 5121 bytes' "$early" "send:$hi#early_input=5121\\n"
answers 'early input of words' "$early" "send:$hi#early_input=five\\n"
answers 'early input twice' "$early" "send:$hi#early_input=2\\nab#early_input=2\\nab"
answers 'early input of 5120 bytes is skipped' "said @ERROR: Unknown module 'nosuch'${nl}closed" "send:$hi#early_input=5120\\n" rep:5120:y 'send:nosuch\n'
answers 'early input that never comes' "said @ERROR: connection unexpectedly closed (36 bytes *${nl}closed" "send:$hi#early_input=5\\nabc" fin
log_says 1 'connection unexpectedly closed (36 bytes' 'is complained of once'
answers 'early input byte by byte' "said @RSYNCD: OK${nl}closed" "slow:$hi#early_input=3\\nabcpub\\n" read:OK fin
ok 'no sanitizer complained, nothing was killed' no_report
stop $syncd_pid
ok 'nor at the end' no_report
