#!/bin/sh
# The certificate is the user: some forty certificates of every kind and fault, through our tunnel and through HAProxy.  Who gets in, and as whom?
. "${top_srcdir:-.}/t/lib/lib.sh"
for tool in python3 openssl; do command -v $tool > /dev/null || skip_all "no $tool"; done
[ -x "$tunnel" ] || skip_all "sallyport-tunnel is not built"
. "$top_srcdir/t/lib/tunnel.sh"

# resign.py DER KEY OUT FROM TO: the certificate with these bytes in place of those (as many, \xHH is known), signed anew with the key
cat > "$scratch/resign.py" <<'E2'
import subprocess, sys
der, key, out = sys.argv[1:4]
old, new = (a.encode().decode("unicode_escape").encode("latin1") for a in sys.argv[4:6])
assert len(old) == len(new)
def tlv(b, at):
    n, head = b[at + 1], 2
    if n & 0x80:
        head, n = 2 + (n & 0x7f), int.from_bytes(b[at + 2:at + 2 + (n & 0x7f)], "big")
    return at + head, at + head + n
def put(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else b"\x82" + n.to_bytes(2, "big")
    return bytes([tag]) + size + body
b = open(der, "rb").read()
begin, end = tlv(b, 0)
tbs_end = tlv(b, begin)[1]
alg_end = tlv(b, tbs_end)[1]
tbs = b[begin:tbs_end]
assert tbs.count(old) >= 1
tbs = tbs.replace(old, new)
signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=tbs, stdout=subprocess.PIPE, check=True).stdout
open(out, "wb").write(put(0x30, tbs + b[tbs_end:alg_end] + put(3, b"\0" + signature)))
E2

cd "$pki" || exit 1
openssl ecparam -genkey -name prime256v1 -noout -out k.key 2> /dev/null
# cert NAME SUBJECT EXTENSIONS [x509 OPTIONS...]: one key for all, since only names and faults matter here
cca=ca ckey=k.key serial=0x1000
cert() {
	_n=$1 _s=$2 _e=$3; shift 3
	openssl req -new -utf8 -key "$ckey" -subj "$_s" -out "$_n.csr" 2> /dev/null
	printf '%b' "basicConstraints=CA:FALSE\n$_e" > "$_n.ext"
	openssl x509 -req -in "$_n.csr" -CA "$cca.crt" -CAkey "$cca.key" -set_serial "$serial" -days 30 -extfile "$_n.ext" -out "$_n.crt" "$@" 2> /dev/null
	[ "$ckey" = "$_n.key" ] || cp k.key "$_n.key"
}
# bent NAME FROM TO: NAME with other bytes in it
bent() {
	openssl x509 -in "$1.crt" -outform DER -out "$1.der"
	python3 "$scratch/resign.py" "$1.der" ca.key "$1.bent" "$2" "$3" && openssl x509 -inform DER -in "$1.bent" -out "$1.crt"
}
cert cn /CN=jane ''
cert cn-blank '/CN=jane doe' ''
cert cn-case /CN=Jane ''
cert cn-not-listed /CN=joe ''
cert cn-denied /CN=mallory ''
cert cn-utf8 '/CN=André' ''
cert cn-homograph "/CN=j$(printf '\320\260')ne" ''
cert cn-two /CN=jane/CN=root ''
cert cn-none '/O=jane' ''
cert cn-slash '/CN=..\/jane' ''
cert cn-64 "/CN=$(printf 'long%060d' 7)" ''
cert cn-ro /CN=reader ''
cert san-dns / 'subjectAltName=DNS:a.backup.example'
cert san-dns-case / 'subjectAltName=DNS:A.BACKUP.EXAMPLE'
cert san-dns-deep / 'subjectAltName=DNS:x.a.backup.example'
cert san-dns-wild / 'subjectAltName=DNS:*.backup.example'
cert san-dns-suffix / 'subjectAltName=DNS:abackup.example'
cert san-email / 'subjectAltName=email:ops@mail.example'
cert san-email-other / 'subjectAltName=email:ops@mail.example.org'
cert san-uri / 'subjectAltName=URI:spiffe://x.org/ns/backup'
cert san-uri-deep / 'subjectAltName=URI:spiffe://x.org/ns/backup/evil'
cert san-ip / 'subjectAltName=IP:127.0.0.1'
cert san-several /CN=other 'subjectAltName=DNS:nowhere.example,email:no@where.example,DNS:b.backup.example,URI:spiffe://x.org/ns/other'
cert san-cn-is-no-dns '/CN=a.backup.example' ''
cert san-many / "subjectAltName=$(i=0; while [ $i -lt 40 ]; do printf 'DNS:n%s.example,' $i; i=$((i + 1)); done)DNS:a.backup.example"
cert cn-nul /CN=janeZ.evil ''; bent cn-nul janeZ 'jane\x00'
cert cn-newline /CN=janeZ ''; bent cn-newline janeZ 'jane\n'
cert san-nul / 'subjectAltName=DNS:a.backup.exampleZ.evil'; bent san-nul exampleZ 'example\x00'
cert san-control / 'subjectAltName=DNS:a.backup.exampleZ'; bent san-control exampleZ 'example\t'
cert expired /CN=jane '' -days -1
cert future /CN=jane ''
openssl x509 -in future.crt -outform DER -out future.der
_nb=$(python3 -c 'import re,sys; print(re.findall(rb"\x17\x0d(\d{12}Z)", open("future.der","rb").read())[0].decode())')
bent future "$_nb" "49$(echo "$_nb" | cut -c3-)"
cca=other-ca; cert wrong-ca /CN=jane ''; cca=ca
serial=0x6666; cert revoked /CN=jane ''; serial=0x1000
cert server-only /CN=jane 'extendedKeyUsage=serverAuth'
cert code-signing /CN=jane 'extendedKeyUsage=codeSigning'
openssl genpkey -algorithm ed25519 -out ed25519.key 2> /dev/null; ckey=ed25519.key; cert ed25519 '/O=key' ''; ckey=k.key
openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2> /dev/null; ckey=rsa.key; cert rsa '/O=key' ''; ckey=k.key
openssl ecparam -genkey -name prime256v1 -noout -out p256.key 2> /dev/null; ckey=p256.key; cert p256 '/O=key' ''; ckey=k.key
openssl req -x509 -key k.key -days 30 -subj /CN=jane -out self-signed.crt 2> /dev/null; cp k.key self-signed.key
openssl req -x509 -key k.key -days 30 -subj /CN=jane -addext 'subjectAltName=DNS:a.backup.example' -out own.crt 2> /dev/null; cp k.key own.key
keyhash() { openssl pkey -in "$1.key" -pubout -outform DER 2> /dev/null | sha256sum | cut -d' ' -f1; }
touch index; echo 01 > crlnumber
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=crlnumber\ndefault_md=sha256\ndefault_crl_days=30\n' > ca.cnf
openssl ca -config ca.cnf -keyfile ca.key -cert ca.crt -revoke revoked.crt > /dev/null 2>&1
openssl ca -config ca.cnf -keyfile ca.key -cert ca.crt -gencrl -out crl.pem > /dev/null 2>&1
cat server.crt server.key > server.pem
cd "$scratch" || exit 1

mkdir "$scratch/m" "$scratch/up"
[ "$(id -u)" != 0 ] || chmod 755 "$scratch/up"
printf '# by key\nkeys: key:%s key:%s\nkeys2: key:%s\nmail: email:*@mail.example\n' "$(keyhash "$pki/ed25519")" "$(keyhash "$pki/rsa")" "$(keyhash "$pki/p256")" > "$scratch/groups"
chmod 644 "$scratch/groups"
cat > "$scratch/conf" <<E2
use chroot = no
reverse lookup = no
forward lookup = no
proxy protocol = yes
proxy protocol hosts = 127.0.0.1
tls groups file = $scratch/groups
[open]
path = $scratch/m
[tls]
path = $scratch/m
require tls = yes
[m]
path = $scratch/m
tls users = ,cn:mallory:deny,cn:jane,cn:jane doe,cn:André,cn:..*,cn:long*,cn:reader:ro,dns:*.backup.example,uri:spiffe://x.org/ns/backup,@keys,@keys2:ro,@mail
[up]
path = $scratch/up/%TLS_USER%
create path = yes
read only = no
bwlimit = 300
tls users = cn:jane cn:reader
[hidden]
path = $scratch/m
list = no
tls users = cn:nobody
E2
start_syncd < "$scratch/conf"
rport=$port
server 'protocol = proxy' 'proxyVersion = 2' 'proxyTLV = yes' 'verifyChain = yes' 'requireCert = no' "CAfile = $pki/ca.crt" "CRLfile = $pki/crl.pem" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"; strict=$tport
server 'protocol = proxy' 'proxyVersion = 2' 'proxyTLV = yes' 'requireCert = yes' > "$scratch/in.conf"
tlog=$scratch/lax.log tconf=$scratch/lax.conf
start_tunnel < "$scratch/in.conf"; lax=$tport
hap=
if command -v haproxy > /dev/null; then
	hap=$(freeport)
	cat > "$scratch/haproxy.conf" <<-E2
		global
		  maxconn 50
		defaults
		  mode tcp
		  timeout connect 5s
		  timeout client 60s
		  timeout server 60s
		listen d
		  bind 127.0.0.1:$hap ssl crt $pki/server.pem ca-file $pki/ca.crt crl-file $pki/crl.pem verify optional crt-ignore-err all ca-ignore-err all
		  server s 127.0.0.1:$rport send-proxy-v2-ssl-cn
	E2
	spawn "$scratch/haproxy.log" haproxy -f "$scratch/haproxy.conf"
	"$await" port "$hap"
fi

# ask.py PORT MODULE CERT...: who that is, for each certificate ("-": none; "CERT=1.2", "CERT=1.3": once more by resumption, in that version)
cat > "$scratch/ask.py" <<'E2'
import os, re, socket, ssl, sys
log, pki = os.environ["LOG"], os.environ["PKI"]
port, module = int(sys.argv[1]), sys.argv[2].encode()
def talk(ctx, session=None):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw, ctx.wrap_socket(raw, session=session) as s:
        f = s.makefile("rb")
        if not f.readline().startswith(b"@RSYNCD:"):
            raise OSError("no greeting")
        s.sendall(b"@RSYNCD: 31.0 md5 md4\n" + module + b"\n")
        return f.readline().decode("utf-8", "replace").rstrip(), s.session, s.session_reused
def ask(name):
    name, _, version = name.partition("=")
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
    if version:
        ctx.minimum_version = ctx.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    if name != "-":
        ctx.load_cert_chain(pki + "/" + name + ".crt", pki + "/" + name + ".key")
    at = os.path.getsize(log)
    try:
        answer, session, reused = talk(ctx)
        if version:
            at = os.path.getsize(log)
            answer, _, reused = talk(ctx, session)
            if not reused:
                return "was not resumed"
    except (OSError, ssl.SSLError):
        return "no handshake"
    with open(log, errors="surrogateescape") as f:
        f.seek(at)
        new = f.read()
    who = re.search(r'\) is (.*) by its certificate: "tls users" has (.*)', new)
    if answer.startswith("@RSYNCD: OK"):
        return who.group(1) if who else "nobody"
    why = re.search(r"rsync denied on module \S+ from \S+ \(\S+\): (.*)", new)
    return "refused: " + (why.group(1) if why else answer)
for name in sys.argv[3:]:
    print(name, ask(name))
E2
export LOG="$scratch/syncd.log" PKI="$pki"
# who PORT MODULE CERT...
who() { timeout 120 python3 "$scratch/ask.py" "$@"; }
# every row is a test: CERT WANTED (a pattern), from a list
rows() { # rows DOOR FILE < ROWS
	while read -r _c _w; do like "$(sed -n "s|^$_c ||p" "$2")" "$_w" "$1: $_c"; done
}
verified='cn cn-blank cn-case cn-not-listed cn-denied cn-utf8 cn-homograph cn-two cn-none cn-slash cn-64 cn-ro san-dns san-dns-case san-dns-deep san-dns-wild
    san-dns-suffix san-email san-email-other san-uri san-uri-deep san-ip san-several san-cn-is-no-dns san-many cn-nul cn-newline san-nul
    san-control ed25519 rsa p256'
faulty='expired future wrong-ca revoked server-only code-signing self-signed'
planned=counted

who "$strict" m $verified $faulty - > "$scratch/ours"
cat > "$scratch/rows" <<'E2'
cn jane
cn-blank jane doe
cn-case refused: no rule names*
cn-not-listed refused: no rule names the certificate "joe"
cn-denied refused: certificate mallory is denied by cn:mallory:deny
cn-utf8 Andr*
cn-homograph refused: no rule*
cn-two refused: no rule names the certificate ""
cn-none refused: no rule*
cn-slash ../jane
cn-64 long0*7
cn-ro reader
san-dns a.backup.example
san-dns-case A.BACKUP.EXAMPLE
san-dns-deep refused: no rule*
san-dns-wild \*.backup.example
san-dns-suffix refused: no rule*
san-email ops@mail.example
san-email-other refused: no rule*
san-uri spiffe://x.org/ns/backup
san-uri-deep refused: no rule*
san-ip refused: no rule*
san-several b.backup.example
san-cn-is-no-dns refused: no rule*
san-many refused: no rule*
cn-nul refused: no rule names the certificate ""
cn-newline refused: no rule names the certificate ""
san-nul refused: no rule*
san-control refused: no rule*
expired no handshake
future no handshake
wrong-ca no handshake
revoked no handshake
server-only no handshake
code-signing no handshake
self-signed no handshake
- refused: it has shown no certificate that was verified
E2
rows 'our tunnel' "$scratch/ours" < "$scratch/rows"
is "$(sed -n 's/^ed25519 //p' "$scratch/ours")" "$(keyhash "$pki/ed25519")" 'our tunnel: an Ed25519 key'
is "$(sed -n 's/^rsa //p' "$scratch/ours")" "$(keyhash "$pki/rsa")" 'our tunnel: an RSA key'
is "$(sed -n 's/^p256 //p' "$scratch/ours")" "$(keyhash "$pki/p256")" 'our tunnel: a P-256 key'
ok 'the tunnel says which names it leaves out' grep -q 'common name is not told' "$scratch/tunnel.log"
ok 'and of alternative ones how many' grep -q '9 of the certificate.s alternative names are not told' "$scratch/tunnel.log"

# nobody has verified anything there: whatever certificate it is, it is nobody's
who "$lax" m cn san-dns self-signed own wrong-ca ed25519 > "$scratch/lax"
is "$(cut -d' ' -f2- "$scratch/lax" | sort -u)" 'refused: it has shown no certificate that was verified' 'a certificate that nobody verified is none'
is "$(who "$lax" tls self-signed; who "$lax" open self-signed)" 'self-signed nobody
self-signed nobody' 'TLS is TLS all the same'
is "$(who "$strict" open -)" '- nobody' 'a module without rules asks for none'
is "$(who "$strict" hidden cn)" 'cn refused: no rule names the certificate "jane"' 'a hidden module refuses'
is "$(printf '%s\n' "$(grep -c "unknown module 'hidden'" "$scratch/syncd.log")")" 1 'and is unknown to the client'

# a session that is resumed is the same one's
is "$(who "$strict" m cn=1.2 cn=1.3 san-dns=1.2 san-dns=1.3 rsa=1.3)" "cn=1.2 jane
cn=1.3 jane
san-dns=1.2 a.backup.example
san-dns=1.3 a.backup.example
rsa=1.3 $(keyhash "$pki/rsa")" 'resumed sessions, TLS 1.2 and 1.3'
is "$(who "$lax" m cn=1.2 cn=1.3 | cut -d' ' -f2- | sort -u)" 'refused: it has shown no certificate that was verified' 'and what was not verified is not afterwards'

# whose certificate no longer counts is cut off in the middle of a transfer, through the tunnel, too
if [ -x "$rsyncwrap" ]; then
	[ "$(id -u)" != 0 ] || chmod 755 "$scratch"
	head -c 1200000 /dev/urandom > "$scratch/big"
	push() { RSYNC_SSL_CA_CERT="$pki/ca.crt" RSYNC_SSL_CERT="$pki/$1.crt" RSYNC_SSL_KEY="$pki/$1.key" "$rsyncwrap" "$scratch/big" "rsyncs://localhost:$strict/up/" > "$scratch/push.$1" 2>&1; }
	push cn & jane=$!
	push cn-ro & reader=$!
	"$await" line "$scratch/syncd.log" 'rsync to up/ from ' 2
	sed 's/^tls users = cn:jane cn:reader/tls users = cn:reader/' "$scratch/rsyncd.conf" > "$scratch/new.conf"; mv "$scratch/new.conf" "$scratch/rsyncd.conf"
	kill -HUP "$syncd_pid"
	ends_badly() { wait "$1"; test $? -ne 0; }
	ok 'a push by a certificate that no longer counts is ended' ends_badly "$jane"
	ok 'and leaves nothing that looks whole' test ! -e "$scratch/up/jane/big"
	ok 'another goes on' wait "$reader"
	ok 'to its end' cmp "$scratch/big" "$scratch/up/reader/big"
	ok 'the log says why' grep -q 'module up: jane@.* has it no longer, and is ended: no rule names the certificate "jane"' "$scratch/syncd.log"
else
	skip 'a push through the tunnel is ended' 'sallyport-rsync is not built'
fi

# no header from who is no trusted proxy
cat > "$scratch/forge.py" <<'E2'
import socket, sys
def tlv(t, b): return bytes([t]) + len(b).to_bytes(2, "big") + b
ssl = tlv(0x20, b"\7\0\0\0\0" + tlv(0x21, b"TLSv1.3") + tlv(0x22, b"jane"))
kinds = {"good": ssl + tlv(0xe2, b"dns:a.backup.example"), "bare": tlv(0xe1, b"k" * 32), "twice": ssl + ssl, "torn": ssl[:-2],
    "unverified": tlv(0x20, b"\7\0\0\0\1" + tlv(0x22, b"jane"))}
body = socket.inet_aton("192.0.2.7") + socket.inet_aton("127.0.0.1") + b"\4\xd2\3\x69" + kinds[sys.argv[3]]
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), source_address=(sys.argv[2], 0), timeout=20)
try:
    s.sendall(b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + len(body).to_bytes(2, "big") + body + b"@RSYNCD: 31.0 md5\nm\n")
    f, said = s.makefile("rb"), b""
    while b"OK" not in said and b"ERROR" not in said:
        line = f.readline()
        said += line
        if not line:
            break
    print(said.decode().replace("\n", "|"))
except OSError as e:
    print("|closed")
E2
forge() { timeout 20 python3 "$scratch/forge.py" "$rport" "$@"; }
like "$(forge 127.0.0.1 good)" '*@RSYNCD: OK|*' 'a trusted proxy is believed'
is "$(forge 127.0.0.2 good | grep -c OK)" 0 'the same header of somebody else is not'
ok 'the log tells' "$await" line "$scratch/syncd.log" 'proxy protocol rejected from untrusted peer'
like "$(forge 127.0.0.1 unverified)" '*@ERROR*' 'a name without a verified certificate lets nobody in'
for kind in bare twice torn; do is "$(forge 127.0.0.1 $kind | grep -c '@')" 0 "a header that is forged, torn or says it twice: $kind"; done
ok 'each for a reason' sh -c "grep -q 'header is malformed: it tells of a certificate that was not verified' '$scratch/syncd.log' &&
    grep -q 'header is malformed: a TLV is there twice' '$scratch/syncd.log' && grep -q 'header is malformed: a TLV is cut off' '$scratch/syncd.log'"

# HAProxy tells the common name, and whether the certificate was good
if [ -n "$hap" ]; then
	who "$hap" m $verified $faulty - > "$scratch/haproxy"
	rows HAProxy "$scratch/haproxy" <<-'E2'
		cn jane
		cn-blank jane doe
		cn-case refused: no rule*
		cn-denied refused: certificate mallory is denied by cn:mallory:deny
		cn-utf8 Andr*
		cn-homograph refused: no rule*
		cn-nul refused: no rule*
		cn-newline refused: no rule*
		san-dns refused: no rule*
		rsa refused: no rule*
		expired refused: it has shown no certificate that was verified
		future refused: it has shown no certificate that was verified
		wrong-ca refused: it has shown no certificate that was verified
		revoked refused: it has shown no certificate that was verified
		server-only refused: it has shown no certificate that was verified
		self-signed refused: it has shown no certificate that was verified
		- refused: it has shown no certificate that was verified
	E2
	is "$(who "$hap" m cn=1.2 cn=1.3)" 'cn=1.2 jane
cn=1.3 jane' 'HAProxy: resumed sessions'
else
	skip 'HAProxy tells the same' 'it is not installed'
fi
