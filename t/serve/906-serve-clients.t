#!/bin/sh
# `sallyport serve --client` invites, and `sallyport-rsync --join` takes the invitation: who was not invited stays outside.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
own_parts || skip_all "$missing"
[ -x "$rsyncwrap" ] && have rsync && have python3 || skip_all 'needs our client, rsync and python3'
plan 51
PATH=$top_builddir:$PATH
make_tree "$scratch/tree"
mkdir "$scratch/there" "$scratch/home"
hosts=$XDG_CONFIG_HOME/sallyport/hosts
invitation() { sed -n "s/.*echo \(sallyport1:[^ ]*\) .*/\1/p" "$serve_log" | sed -n "${1}p"; }

start_serve --write --client laptop --client phone.2 --host box.invalid --host 127.0.0.1 "$scratch/tree"
first=$(invitation 1) phone=$(invitation 2)
grep -m 1 '^  echo sallyport1:' "$serve_log" > "$scratch/line"
cd "$scratch/there" || exit 99
fails 0 'the printed line, pasted as it is, pulls' sh "$scratch/line"
like "$out" '*box.invalid is known now, and lets this user in as laptop*' '... and says whom it believes from now on'
ok '... the same tree' same_tree "$scratch/tree" "$scratch/there/tree"
is "$(stat -c %a "$XDG_CONFIG_HOME/sallyport/joined/box.invalid.pem" "$hosts" | tr '\n' ' ')" '600 600 ' 'the key is for the user alone'
cp "$hosts" "$scratch/hosts.before"
printf '%s\n' "$first" | fold -w 60 > "$scratch/mail"
fails 0 'taking it again, from a file with broken lines, is harmless' "$rsyncwrap" --join "@$scratch/mail"
like "$out" "box.invalid is known now*as laptop*sallyport-rsync -a rsyncs://box.invalid:$sport/tree/ ./tree/*" '... and says what to type'
ok '... and changes nothing' cmp "$hosts" "$scratch/hosts.before"

# what is pushed comes back as it was, links too
cp -a "$scratch/tree" "$scratch/push"
ln -s /etc/passwd "$scratch/push/absolute"
ln -s ../../outside "$scratch/push/sub dir/up"
touch -h -d '2001-02-03 04:05:06.789' "$scratch/push/absolute" "$scratch/push/sub dir/up"
touch -d '2001-02-03 04:05:06.789' "$scratch/push/sub dir" "$scratch/push"
ok 'who has joined pushes' "$rsyncwrap" -a "$scratch/push/" "rsyncs://box.invalid:$sport/tree/"
ok '... and pulls' "$rsyncwrap" -a "rsyncs://box.invalid:$sport/tree/" "$scratch/back/"
ok '... the same, with links that lead anywhere' same_tree "$scratch/push" "$scratch/back"
prefix=/rsyncd-munged/
[ "$(id -u)" != 0 ] || prefix=
is "$(readlink "$scratch/tree/absolute")" "$prefix/etc/passwd" '... and a link lies on the disk as it was pushed, or, without root, munged'
ok 'there is a calm line of who pulled' grep -q '^[0-9:]*: [^ ]* (laptop) pulled [0-9]* files, [0-9.]* [kM]*B.* in [0-9.]* s$' "$serve_log"
ok '... and of who pushed' grep -q '(laptop) pushed [0-9]* files*, ' "$serve_log"
fails 1 '... and nothing of what the parts say' grep -q 'LOG[0-9]\|daemon: \|{"time"' "$serve_log"

# others
pin=$(sed -n 's/.*pin = "\(.*\)".*/\1/p' "$hosts")
state=$XDG_STATE_HOME/sallyport
(cd "$state" && issue stray ca 'extendedKeyUsage=clientAuth' /CN=laptop)
cat "$state/stray.crt" "$state/stray.key" > "$scratch/stray.pem"
cat "$state/server.crt" "$state/server.key" > "$scratch/server.pem"
XDG_CONFIG_HOME=$scratch/empty
for who in '' stray server; do
	fails 85 "not let in: ${who:-nobody}" "$rsyncwrap" "--tls-pin=$pin" ${who:+"--tls-cert=$scratch/$who.pem"} "rsyncs://localhost:$sport/"
done
ok '... which has its calm line, too' grep -q '^[0-9:]*: [0-9.:]*: peer did not return a certificate$' "$serve_log"
XDG_CONFIG_HOME=$scratch/.config
fails 0 'a second client joins' "$rsyncwrap" --join "$phone" "rsyncs://box.invalid:$sport/"
like "$out" '*tree*' '... and is let in'
end_serve TERM

# STATUS of --join|words|the invitation, changed by Python
cat > "$scratch/forge.py" <<'E2'
import base64, struct, subprocess, sys, zlib
word, how, state = sys.argv[1:]
raw = word.split(":")[1]
b = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))[:-4]
at = 0
for _ in range(3): at += 1 + b[at]
at += 2 + 32
n, at = b[at], at + 1
for _ in range(n): at += 1 + b[at]
size = struct.unpack_from("<H", b, at)[0]
cert = b[at + 2:at + 2 + size]
def with_cert(new):
    out = b[:at] + struct.pack("<H", len(new)) + new + b[at + 2 + size:]
    out += struct.pack("<I", zlib.crc32(out))
    return "sallyport1:" + base64.urlsafe_b64encode(out).decode().rstrip("=")
def made(name): return subprocess.run(["openssl", "x509", "-in", state + "/" + name, "-outform", "der"], capture_output=True).stdout
print({"same": lambda: with_cert(cert), "cut": lambda: word[:-3], "head": lambda: word[3:], "short": lambda: word[:40],
    "changed": lambda: word[:200] + ("A" if word[200] != "A" else "B") + word[201:], "version": lambda: "sallyport9:" + raw,
    "none": lambda: "", "long": lambda: word + "A" * 9000, "other": lambda: with_cert(made("server.crt")),
    "junk": lambda: with_cert(cert[:-1]), "old": lambda: with_cert(made("old.crt")), "early": lambda: with_cert(made("early.crt"))}[how]())
E2
(
	cd "$state" || exit 1
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=i\nserial=s\ndefault_md=sha256\npolicy=p\nnew_certs_dir=.\nunique_subject=no\n[p]\ncommonName=supplied\n' > c
	: > i
	echo 01 > s
	openssl req -new -key client-laptop.key -subj /CN=laptop -out r
	openssl ca -batch -config c -in r -keyfile ca.key -cert ca.crt -notext -out old.crt -startdate 20200101000000Z -enddate 20210101000000Z
	openssl ca -batch -config c -in r -keyfile ca.key -cert ca.crt -notext -out early.crt -startdate 20800101000000Z -enddate 20810101000000Z
) > /dev/null 2>&1
cp "$hosts" "$scratch/hosts.before"
while IFS='|' read -r status words how; do
	python3 "$scratch/forge.py" "$first" "$how" "$state" > "$scratch/word"
	fails "$status" "an invitation: $how" "$rsyncwrap" --join - < "$scratch/word"
	like "$out" "*$words*" "... $words"
done <<'E2'
89|cut off, or changed|cut
89|this is no invitation|head
89|cut off, or changed|short
89|cut off, or changed|changed
89|another version|version
89|there is no invitation|none
89|too long|long
89|no certificate with its key|other
89|no certificate with its key|junk
89|ran out on 2021-01-01|old
89|clock right|early
E2
ok 'none of them changed anything' cmp "$hosts" "$scratch/hosts.before"

# again: the same word for who is named again; who is not is out
start_serve --client laptop --host box.invalid --host 127.0.0.1 --port "$sport" --quiet "$scratch/tree"
is "$(invitation 1)" "$first" 'the same invitation is printed again'
fails 85 'who is not named any more is out' "$rsyncwrap" "rsyncs://box.invalid:$sport/"
end_serve TERM
fails 1 '--quiet has no line of a connection' grep -q connected "$serve_log"

# another machine of the same name
start_serve --client laptop --host box.invalid --host 127.0.0.1 --state "$scratch/other" "$scratch/tree"
other=$(invitation 1)
fails 89 'a host that is known by another key is refused' "$rsyncwrap" --join "$other"
ok '... but for --join-replace, and pulls at once' "$rsyncwrap" --join "$other" --join-replace -a "$scratch/replaced/"
end_serve TERM

# a folder whose name could steer a terminal, and a certificate that runs out while it is served
evil=$(printf '%s/a\033[2J\302\233b' "$scratch")
mkdir "$evil"
sans=$(openssl x509 -in "$state/server.crt" -noout -ext subjectAltName | sed -n 's/IP Address/IP/g; s/^ *//; 2p')
(
	cd "$state" || exit 1
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$sans" > x
	openssl req -new -key server.key -subj /CN=soon -out r
	openssl ca -batch -config c -in r -keyfile ca.key -cert ca.crt -notext -extfile x -out server.crt \
	    -startdate 20200101000000Z -enddate "$(date -u -d '30 days 6 seconds' +%Y%m%d%H%M%SZ)"
) > /dev/null 2>&1
start_serve --host box.invalid --host 127.0.0.1 "$evil"
fails 1 'what is printed cannot steer a terminal' grep -q "$(printf '\033\|\302\233')" "$serve_log"
subject() { openssl s_client -connect "127.0.0.1:$sport" < /dev/null 2> /dev/null | openssl x509 -noout -subject | tr -d ' '; }
ok 'a certificate that is to run out is made again' becomes '' sh -c "openssl x509 -in '$state/server.crt' -noout -subject | grep soon"
ok '... and shown from then on' becomes "subject=CN=$(uname -n)" subject
end_serve TERM
