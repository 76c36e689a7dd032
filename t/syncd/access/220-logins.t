#!/bin/sh
# auth users, secrets files and digests: the real client at our daemon and at rsync's own, asked the same; and who guesses.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all 'needs root, whose secrets files they are'
honest_tree
umask 077
printf '# nobody\nalice:secret\nbob:two:parts\n@root:of the group\n\r\ncarol:crlf\r\n' > "$scratch/secrets"
cp "$scratch/secrets" "$scratch/open"; chmod 604 "$scratch/open"; cp "$scratch/secrets" "$scratch/strange"; chown nobody "$scratch/strange"
cp "$scratch/secrets" "$scratch/alice.own"; cp "$scratch/secrets" "$scratch/group"; chmod 660 "$scratch/group"
umask 022
mkdir "$scratch/up" "$scratch/up/alice"; chmod 777 "$scratch/up" "$scratch/up/alice"; echo hers > "$scratch/up/alice/file"
conf() {
	cat <<-EOF
	reverse lookup = no
	use chroot = no
	uid = 0
	gid = 0
	secrets file = $scratch/secrets
	[pub]
	path = $scratch/pub
	[users]
	path = $scratch/up
	auth users = alice:rw, bob:ro carol:deny *:ro
	[rw]
	path = $scratch/up
	read only = no
	auth users = alice:ro bob
	[group]
	path = $scratch/up
	auth users = @ro*:rw
	[commas]
	path = $scratch/up
	auth users = , no body, alice
	[none]
	path = $scratch/up
	auth users = alice
	secrets file =
	[missing]
	path = $scratch/up
	auth users = alice
	secrets file = $scratch/nosuch
	[open]
	path = $scratch/up
	auth users = alice
	secrets file = $scratch/open
	[strange]
	path = $scratch/up
	auth users = alice
	secrets file = $scratch/strange
	[lax]
	path = $scratch/up
	auth users = alice
	secrets file = $scratch/open
	strict modes = no
	[groupread]
	path = $scratch/up
	auth users = alice
	secrets file = $scratch/group
	[floor]
	path = $scratch/up
	auth users = alice
	auth digest = sha256
	[badfloor]
	path = $scratch/up
	auth users = alice
	auth digest = sha3
	[hers]
	path = $scratch/up/%RSYNC_USER_NAME%
	uid = nobody
	auth users = alice bob
	secrets file = $scratch/secrets
	EOF
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
rport=$(freeport)	# with a log file of the configuration's: rsync loses one that is standard error
{ echo "log file = $scratch/stock.log"; cat "$scratch/conf"; } > "$scratch/stock.conf"; : > "$scratch/stock.log"
spawn "$scratch/stock.err" rsync --daemon --no-detach --config="$scratch/stock.conf" --port="$rport" --address=127.0.0.1
"$await" port "$rport"
plan_all 112

# what both logs say of a connection, less addresses, pids and times
seen() { tail -n +"$2" "$1" | sed -n 's/^.* \[[0-9]*\] //; /auth failed\|secrets file\|^rsync [ot][no] /p' | sed 's/ (127.0.0.1)//; s/failed to open .*/failed to open/; s/.*could not open secrets file.*//; /^$/d'; }
lines() { wc -l < "$1"; }
# same NAME PASSWORD ARGUMENT...: a transfer at both, @ standing for 127.0.0.1:PORT: same end, same words, same lines in the logs
same() {
	_name=$1 _password=$2; shift 2
	_o=$(($(lines "$scratch/syncd.log") + 1)) _s=$(($(lines "$scratch/stock.log") + 1))
	for _p in $port $rport; do
		( for _a; do shift; set -- "$@" "$(printf '%s' "$_a" | sed "s/@@/@127.0.0.1:$_p/")"; done
		  RSYNC_PASSWORD=$_password timeout 30 rsync "$@" > "$scratch/said.$_p" 2>&1; echo "exit $?" >> "$scratch/said.$_p" )
		sed -i 's/ at [a-z]*\.c([0-9]*)//; /^rsync error/d; /Connection reset/d; /[0-9][0-9]:[0-9][0-9]:[0-9][0-9] \.$/d' "$scratch/said.$_p"
	done
	is "$(cat "$scratch/said.$port")" "$(cat "$scratch/said.$rport")" "$_name"
	_n=0	# the last line may be on its way
	while [ "$(seen "$scratch/syncd.log" $_o)" != "$(seen "$scratch/stock.log" $_s)" ] && [ $_n -lt 50 ]; do _n=$((_n + 1)); sleep 0.02; done
	is "$(seen "$scratch/syncd.log" $_o)" "$(seen "$scratch/stock.log" $_s)" "$_name: in the log"
}
for p in $(versions 27 29 30 31 32); do
	same "protocol $p: right" secret --protocol=$p "rsync://alice@@/users/"
	same "protocol $p: wrong" other --protocol=$p "rsync://alice@@/users/"
	same "protocol $p: an upload by who may" secret --protocol=$p "$scratch/pub/hello" "rsync://alice@@/users/"
	same "protocol $p: a digest that is good enough" secret --protocol=$p "rsync://alice@@/floor/"
done
same 'an empty password' '' 'rsync://alice@@/users/'
same 'a password with a colon' two:parts 'rsync://bob@@/users/'
same 'a line that ends in CR LF' crlf 'rsync://carol@@/rw/'
same 'a user who is denied' crlf 'rsync://carol@@/users/'
same 'a user without a secret' x 'rsync://dave@@/users/'
same 'a user of no rule' x 'rsync://dave@@/rw/'
same 'no user' x 'rsync://@@/users/'
same 'a user of a comment' nobody 'rsync://%23@@/users/'
same 'an upload by who may not' two:parts "$scratch/pub/hello" 'rsync://bob@@/users/'
same 'a rule makes it read only' secret "$scratch/pub/hello" 'rsync://alice@@/rw/'
same 'a rule leaves it as it is' two:parts "$scratch/pub/hello" 'rsync://bob@@/rw/'
same 'a group' 'of the group' 'rsync://root@@/group/'
same 'a group that is not his' 'of the group' 'rsync://nobody@@/group/'
same 'a group and no such user' 'of the group' 'rsync://alice@@/group/'
same 'a group, by the secret of a user' secret 'rsync://root@@/group/'
same 'names with blanks' secret 'rsync://alice@@/commas/'
same 'no secrets file' secret 'rsync://alice@@/none/'
same 'a secrets file that is not there' secret 'rsync://alice@@/missing/'
same 'a secrets file that others read' secret 'rsync://alice@@/open/'
same 'a secrets file of another' secret 'rsync://alice@@/strange/'
same 'not strict' secret 'rsync://alice@@/lax/'
same 'a group may read it' secret 'rsync://alice@@/groupread/'
same 'a floor that nobody knows' secret 'rsync://alice@@/badfloor/'
same 'a path by the user' secret 'rsync://alice@@/hers/'
same 'a path by the user that is not there' two:parts 'rsync://bob@@/hers/'

# old clients, and those that lie
h() { timeout 100 "$hostile" "$port" "$@" 2>&1; }
like "$(h 'send:@RSYNCD: 31.0\nfloor\n' fin)" '*@ERROR: auth failed on module floor*' 'a client without a list is too weak for a floor'
like "$(h 'send:@RSYNCD: 32.0 sha999\nusers\n' fin)" '*@ERROR: your client does not support one of our daemon-auth checksums: sha512 sha256 sha1 md5 md4*' \
    'a client that knows no digest of ours is told'
for answer in '' ' ' alice 'alice ' ' x' 'alice x y' 'alice AAAAAAAAAAAAAAAAAAAAAA'; do
	like "$(h 'send:@RSYNCD: 31.0\nusers\n' "send:$answer\n" fin)" '*said @RSYNCD: AUTHREQD ??????????????????????*said @ERROR: auth failed on module users*closed' \
	    "the answer '$answer' is wrong"
done
like "$(h 'send:@RSYNCD: 31.0\nusers\n' 'rep:6000:x' fin)" '*@ERROR: auth failed on module users*' 'an answer of 6,000 bytes is wrong'
like "$(h 'send:@RSYNCD: 31.0\nusers\nalice \0\n' fin)" '*@ERROR: auth failed on module users*' 'a NUL in it is wrong'
like "$(h 'send:@RSYNCD: 31.0\nusers\n' fin)" '*AUTHREQD*closed' 'a client that leaves instead'
a=$(h 'send:@RSYNCD: 31.0\nusers\n' fin) b=$(h 'send:@RSYNCD: 31.0\nusers\n' fin)
ok 'the next challenge is another' test "$a" != "$b"

# who guesses waits, and keeps nobody out who knows
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	"$hostile" "$port" 'send:@RSYNCD: 31.0\nusers\nalice AAAAAAAAAAAAAAAAAAAAAA\n' > "$scratch/guess.$i" 2>&1 &
	guesses="${guesses:-} $!"
done
RSYNC_PASSWORD=secret timeout 30 rsync "rsync://alice@127.0.0.1:$port/users/alice/" > "$scratch/honest" 2>&1
is $? 0 'while twenty guess, who knows gets in'
wait $guesses
is "$(grep -l 'auth failed on module users' "$scratch"/guess.* | wc -l)" 20 'and all of the twenty are told no'
no_secret() { ! grep -q -e secret "$scratch/syncd.log.plain"; }
sed 's/secrets\{0,1\} file[^:]*//; s/secret not found//; s/no secrets\{0,1\}//' "$scratch/syncd.log" | grep -v 'secrets file' > "$scratch/syncd.log.plain"
ok 'no secret is in the log' no_secret

# what the next login meets is what the file says then
sed -i 's/^alice:.*/alice:changed/' "$scratch/secrets"
same 'a changed secret' changed 'rsync://alice@@/users/'
same 'the old one is wrong' secret 'rsync://alice@@/users/'
ln -s "$scratch/secrets" "$scratch/link"; chown -h nobody "$scratch/link"; mv "$scratch/link" "$scratch/secrets.new"; mv "$scratch/secrets.new" "$scratch/group"
RSYNC_PASSWORD=changed timeout 30 rsync "rsync://alice@127.0.0.1:$port/groupread/" > "$scratch/out" 2>&1
is $? 5 'a secrets file by the link of another is not read'
like "$(cat "$scratch/syncd.log")" '*could not open secrets file*' 'and the log says why'
