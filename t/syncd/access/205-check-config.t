#!/bin/sh
# --check-config: silence and 0 promise that every module can be served as configured, here and now.  Whatever it names,
# it names with file and line, and the daemon says the same and keeps the module shut where it is about access.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
honest_tree
conf=$scratch/one.conf
# names 'NAME' LINE 'PATTERN' <<conf: the check ends with 1 and one line, "FILE:LINE: PATTERN"
names() {
	cat > "$conf"
	fails 1 "$1" "$syncd" --check-config --config="$conf"
	like "$out" "$conf:$2: $3" "$1: with file and line"
}
cat > "$scratch/rows" <<EOR
path = $scratch/nowhere|module m: $scratch/nowhere: No such file or directory
path =|module m: No path specified for module m
path = relative/place|module m: path of module m is not absolute, or too long
uid = nobody-of-that-name|module m: invalid uid nobody-of-that-name
gid = nobody, none-of-that-name|module m: invalid gid *
exclude from = $scratch/no-rules|module m: failed to open $scratch/no-rules: No such file or directory
include from = $scratch/pub|module m: failed to open $scratch/pub: *
filter = what is this|module m: bad filter rule in its configuration: *
hosts deny = 127.0.0.1/99|module m: "hosts deny" has a malformed address or mask: 127.0.0.1/99
hosts allow = 10.0.0.0/8 192.168.0.0/255.255.0.x|module m: "hosts allow" has a malformed address or mask: 192.168.0.0/255.255.0.x
hosts allow = example.org/24|module m: "hosts allow" has a malformed address or mask: example.org/24
hosts deny = ::1/129|module m: "hosts deny" has a malformed address or mask: ::1/129
incoming chmod = D0999|module m: invalid "incoming chmod" directive: D0999
outgoing chmod = what|module m: invalid "outgoing chmod" directive: what
charset = no-such-charset|module m: charset no-such-charset is not known here
log file = $scratch/none/log|module m: log file = $scratch/none/log cannot be used: No such file or directory
max connections = many|"max connections" takes a number*: "many" is read as 0
timeout = 1h|"timeout" takes a number*: "1h" is read as 1
max verbosity = -x|"max verbosity" takes a number*: "-x" is read as 0
read only = perhaps|Badly formed boolean in configuration file: "perhaps".
syslog facility = nowhere|ignored: syslog facility takes *
auth users = somebody|module m: there are "auth users" but no "secrets file": nobody can log in
socket|ignored: a line without '='
EOR
cat > "$scratch/globals" <<EOR
port = 99999|"port" takes a number*: "99999" is read as 65535
address = 0.0.0.0|will not listen on 0.0.0.0: it is no loopback address*
motd file = $scratch/no-motd|motd file = $scratch/no-motd cannot be read: No such file or directory
pid file = $scratch/none/pid|pid file = $scratch/none/pid cannot be used: No such file or directory
socket options = TCP_NODELAY, SO_SNDBUF=70000 SO_WHAT=1|Unknown socket option SO_WHAT=1
EOR
plan $((2 * $(wc -l < "$scratch/rows") + 2 * $(wc -l < "$scratch/globals") + 22))
while IFS='|' read -r setting pattern; do
	names "$setting" 5 "$pattern" <<-EOF
		# a comment
		use chroot = no
		[m]
		path = $scratch/pub
		$setting
		EOF
done < "$scratch/rows"
while IFS='|' read -r setting pattern; do
	names "$setting" 2 "$pattern" <<-EOF
		use chroot = no
		$setting
		[m]
		path = $scratch/pub
		EOF
done < "$scratch/globals"

printf 'use chroot = no\nmax connections = 3\nlock file = %s/lock\nlog file = %s/log\npid file = %s/pid\nmotd file = %s/pub/hello\n[m]\npath = %s/pub\nexclude = *.o\nhosts allow = 127.0.0.0/8 ::1 *.example.org @group host.example.org\nincoming chmod = D2755,F644\ncharset = UTF-8\n' \
    "$scratch" "$scratch" "$scratch" "$scratch" "$scratch" > "$conf"
fails 0 'a good file' "$syncd" --check-config --config="$conf"
is "$out" '' 'nothing is said of it'
ok 'nor is anything made' test ! -e "$scratch/lock" -a ! -e "$scratch/log" -a ! -e "$scratch/pid"
mkdir "$scratch/inc"
printf 'use chroot = no\n&include %s/inc\n' "$scratch" > "$conf"
printf '[m]\npath = %s/pub\nuid = no-such-user\n' "$scratch" > "$scratch/inc/m.conf"
fails 1 'a value in an included file' "$syncd" --check-config --config="$conf"
like "$out" "$scratch/inc/m.conf:3: module m: invalid uid no-such-user" 'is named there'
printf 'hosts deny = 127.0.0.1/99\nuse chroot = no\n[m]\npath = %s/pub\n[n]\npath = %s/pub\nhosts deny =\n' "$scratch" "$scratch" > "$conf"
fails 1 'a value in the global part' "$syncd" --check-config --config="$conf"
like "$out" "$conf:1: module m: *malformed*" 'is named where it stands'
is "$(echo "$out" | wc -l)" 1 'for the modules that take it'

start_syncd <<-EOF
	use chroot = no
	reverse lookup = no
	[pub]
	path = $scratch/pub
	[denied]
	path = $scratch/pub
	hosts deny = 127.0.0.1/99
	[allowed]
	path = $scratch/pub
	hosts allow = 127.0.0.1 10.0.0.1/255.0.x
	[hidden]
	path = $scratch/pub
	hosts deny = 10.0.0.0/64
	list = no
	[gone]
	path = $scratch/nowhere
	[shut]
	path = $scratch/pub
	auth users = somebody
	EOF
for text in "rsyncd.conf:7: module denied: \"hosts deny\" has a malformed" "rsyncd.conf:16: module gone: $scratch/nowhere: No such file" \
    "rsyncd.conf:19: module shut: there are \"auth users\" but no"; do
	ok "at its start the daemon says: ${text#*: }" grep -qF "$text" "$scratch/syncd.log"
done
for m in denied allowed; do
	fails 5 "$m: a rule of access that cannot be read keeps everybody out" rsync "rsync://127.0.0.1:$port/$m/"
	like "$out" "*@ERROR: access denied to $m*" "$m: in the words of any other refusal"
done
fails 5 'hidden: likewise' rsync "rsync://127.0.0.1:$port/hidden/"
like "$out" "*@ERROR: Unknown module 'hidden'*" 'hidden: and nobody learns of it'
log_says 2 'module denied: "hosts deny" has a malformed address or mask: 127.0.0.1/99' 'the log says why, at the start and then'
ok 'other modules are served' honest_pull

# detached, the terminal is told
fails 10 'a daemon that may not listen ends so, detached' "$syncd" --daemon --config="$scratch/rsyncd.conf" --address=0.0.0.0 --port="$(freeport)" --log-file="$scratch/other.log"
like "$out" '*will not listen on 0.0.0.0*' 'and says why'
ok 'no sanitizer complained, nothing was killed' no_report
