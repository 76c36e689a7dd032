#!/bin/sh
# Whose status it is: rsync's own where rsync has something to say, ours where the connection is to blame; and nothing stays behind.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 40
. "$top_srcdir/t/lib/tunnel.sh"
stock_daemon
serve
HOME=$scratch/home RSYNC_SSL_CA_CERT=$pki/ca.crt
export HOME RSYNC_SSL_CA_CERT
unset XDG_CACHE_HOME XDG_CONFIG_HOME
mkdir "$HOME"
url=rsyncs://localhost:$tport
printf 'secret\n' > "$scratch/password"
chmod 644 "$scratch/password"
cat >> "$scratch/stock.conf" <<-EOF
	[locked]
	path = $scratch/src
	auth users = me
	secrets file = $scratch/secrets
EOF
echo me:secret > "$scratch/secrets"
chmod 600 "$scratch/secrets"

# STATUS, what it is, arguments
while IFS='|' read -r status name arguments; do
	eval "fails $status \"\$name\" \"\$rsyncwrap\" $arguments"
done <<'EOF'
1|a syntax error|--bogus "$url/m/" "$scratch/d"
1|a password file that others may read|-a --password-file="$scratch/password" "rsyncs://me@localhost:$tport/locked/" "$scratch/d"
5|no such module|"$url/none/" "$scratch/d"
11|no parent for the destination|-a "$url/m/" "$scratch/no/parent/"
23|a file that is not there|-a "$url/m/none" "$scratch/d"
89|a copy on this machine|-a "$scratch/src" "$scratch/d"
89|a remote shell|-a host:/x "$scratch/d"
89|two remote sides|-a "$url/m/" "$url/drop/"
89|two hosts|-a "$url/m/" "rsyncs://127.0.0.1:$tport/m/" "$scratch/d"
89|no CA|--tls-ca= "$url/m/"
89|no pin|"$url/m/" --tls-pin=
89|a remote shell behind a value|--exclude -- -e /evil "$url/m/" "$scratch/d"
89|a word of ours that is none|"$url/m/" --tls-frob
89|a port that is none|rsyncs://localhost:x/m/
0|values that look like options|-a --filter "- *.exe" -f "- cache/" --exclude -e --include -note "$url/m/" "$scratch/d1/"
0|ours behind rsync's|-a "$url/m/" "$scratch/d2/" --type=openssl --tls-ca="$pki/ca.crt" --contimeout 20
0|several sources|-a "$url/m/sub" "$url/m/link" "$scratch/d3/"
0|several sources, the short way|-a --port="$tport" localhost::m/sub ::m/link "$scratch/d4/"
0|standard input closed|"$url/" <&-
0|no HOME|-a "$url/m/sub/" "$scratch/d5/"
EOF
ok 'the same tree' same_tree "$scratch/src" "$scratch/d2"
fails 0 'standard output closed' sh -c '"$@" >&-' - "$rsyncwrap" "$url/"
fails 0 'nothing in the environment' env -i PATH="$PATH" SALLYPORT_TLS_RESUME=no RSYNC_SSL_CA_CERT="$pki/ca.crt" "$rsyncwrap" "$url/"

# a disk full: in a file system of its own, where that can be had
mkdir "$scratch/small"
if [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null; then
	fails 11 'a disk full' unshare -m sh -c 'mount -t tmpfs -o size=1m none "$1" && shift && "$@"' - "$scratch/small" \
	    "$rsyncwrap" -a "$url/m/" "$scratch/small/"
else
	skip 'a disk full' 'no mounts of our own'
fi

fails 0 'help' "$rsyncwrap" --help
like "$out" '*--tls-test=HOST*--archive*' 'is ours, then that of rsync'
fails 0 'version' "$rsyncwrap" --version
like "$out" 'sallyport-rsync *rsync  version *' 'likewise'

# left COUNT DIRECTORY: the processes of a job there
left() { pgrep -f "sallyport-rsync.*$1|rsync.*$1" | grep -vx "$$" | wc -l; }
for signo in INT TERM HUP KILL; do
	"$rsyncwrap" -a --bwlimit=10 "$url/m/" "$scratch/cut.$signo/" > "$scratch/cut.out" 2>&1 &
	wrap=$!
	becomes yes sh -c "ls -A '$scratch/cut.$signo' 2> /dev/null | grep -q big && echo yes" || :
	kill -$signo $wrap
	wait $wrap
	is $? "$([ $signo = KILL ] && echo 137 || echo 20)" "$signo to the wrapper alone"
	ok 'leaves no process behind' becomes 0 left "$scratch/cut.$signo/"
done
# also before there is a connection
start_peer hold
"$rsyncwrap" --contimeout=600 "rsyncs://127.0.0.1:$rport/held/" "$scratch/hold/" > /dev/null 2>&1 &
wrap=$!
ok 'a handshake is waited for' becomes 1 sh -c "pgrep -f '[s]allyport-helper 127.0.0.1 ' | wc -l"
kill -KILL $wrap
wait $wrap
ok 'rsync is gone with its wrapper' becomes 0 left "$rport/held/"
ok 'and the helper' becomes 0 sh -c "pgrep -f '[s]allyport-helper 127.0.0.1 ' | wc -l"
fails 124 'by timeout' timeout 1 "$rsyncwrap" -a --bwlimit=10 "$url/m/" "$scratch/slow/"
