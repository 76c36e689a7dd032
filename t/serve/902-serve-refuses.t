#!/bin/sh
# What `sallyport serve` refuses, each with its own words and status: 2 for a wrong command line,
# 1 for what the machine says no to.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
plan 58
SALLYPORT_SYNCD=/bin/false SALLYPORT_TUNNEL=/bin/false
export SALLYPORT_SYNCD SALLYPORT_TUNNEL
mkdir "$scratch/d"

refuses() { # refuses STATUS WORDS ARGUMENT...
	_status=$1 _words=$2; shift 2
	fails "$_status" "status $_status: serve $*" "$sallyport" serve "$@"
	like "$out" "*$_words*" "... in words: $_words"
}
refuses 2 'which folder?'
refuses 2 'one folder only' "$scratch/d" "$scratch/d"
refuses 2 'unknown option' --frob "$scratch/d"
refuses 2 'lacks its value' "$scratch/d" --port
for _port in '' -1 65536 x 80x; do
	refuses 2 'a number from 0 to 65535' --port "$_port" "$scratch/d"
done
refuses 2 'a host name or an address' --host 'a,DNS:evil' "$scratch/d"
refuses 2 'module name is empty' --name '' "$scratch/d"
refuses 2 "holds '/'" --name a/b "$scratch/d"
refuses 2 "holds '/', ']'" --name 'a]b' "$scratch/d"
refuses 2 'control character' --name "a
b" "$scratch/d"
refuses 1 'No such file or directory' "$scratch/nowhere"
refuses 2 'control character' --name "$(printf 'a\302\233b')" "$scratch/d"
refuses 2 '--client NAME invites, --anyone-writes' --write "$scratch/d"
refuses 2 'only who is invited' --anyone-writes --client a "$scratch/d"
for _client in '' .a a/b "$(printf 'a\033')"; do
	refuses 2 '--client wants up to 32 letters' --client "$_client" "$scratch/d"
done
refuses 2 'names this one twice' --client a --client A "$scratch/d"
echo x > "$scratch/file"
refuses 1 'Not a directory' "$scratch/file"
mkdir "$scratch/a
b" "$scratch/%HOME%"
refuses 1 'line break' --port 0 "$scratch/a
b"
refuses 1 'would expand %NAME%' --port 0 "$scratch/%HOME%"
chmod 777 "$scratch/d"
refuses 1 'could put another folder' --port 0 --state "$scratch/d/state" "$scratch"
refuses 1 'others may write here' --port 0 --state "$scratch/d" "$scratch"
SALLYPORT_TUNNEL=$scratch/no-such-program refuses 1 'sallyport-tunnel is neither' --port 0 "$scratch/d"
