#!/bin/sh
# The 40 options that published files use most, each by name and by what it does; then whole files as
# known programs write them, with the verdict of stunnel itself beside ours.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 75
. "$top_srcdir/t/lib/tunnel.sh"
real=$(command -v stunnel4)
root=$([ "$(id -u)" = 0 ] && echo yes)
ping='ping
'
crl() {
	: > "$pki/index.txt"; : > "$pki/index.txt.attr"; echo 01 > "$pki/crlnumber"
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = %s/index.txt\ncrlnumber = %s/crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' \
	    "$pki" "$pki" > "$pki/ca.cnf"
	(
		cd "$pki" || exit 1
		openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke client.crt 2> /dev/null
		openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
		mkdir hashed && cp ca.crt hashed/ && cp crl.pem hashed/ && openssl rehash hashed
	)
}
crl
echo 'me:00112233445566778899aabbccddeeff' > "$scratch/psk"; chmod 600 "$scratch/psk"
start_peer echo
serve; s_client
is "$out" PING 'accept: a port is listened on'
ok 'connect: and the other end connected to' logged "s_connect: connected 127.0.0.1:$rport"
ok 'cert: the certificate is shown' sh -c "openssl s_client -connect 127.0.0.1:$tport < /dev/null 2> /dev/null | openssl x509 -noout -subject | grep -q localhost"
ok 'key: with its key' logged 'TLS accepted: new session negotiated'
ok 'foreground: the log is on standard error' logged 'LOG5[ui]: Reading configuration from file'
ok 'debug: at the level that is wanted' logged 'LOG7[0]: Service [rsync] started'
sport=$tport server_pid=$tunnel_pid
# a client of that server, with more lines
client() {
	{
		printf '[c]\nclient = yes\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\n' "$sport"
		for _line; do echo "$_line"; done
	} > "$scratch/in.conf"
	tlog=$scratch/client.log
	start_tunnel < "$scratch/in.conf"
	out=$(timeout 30 "$peer" send "$tport" "$ping")
	stop "$tunnel_pid"
}
client
like "$out" PING* 'client: the other way round'
client "CAfile = $pki/ca.crt" 'verify = 2'
like "$out" PING* 'CAfile: who signed the server'
client "CAfile = $pki/other-ca.crt" 'verify = 2'
like "$out" *reset 'verify: and nobody else'
client "CApath = $pki/hashed" 'verifyChain = yes'
like "$out" PING* 'CApath: a hashed directory'
client "CAfile = $pki/ca.crt" 'verifyChain = yes' 'checkHost = localhost'
like "$out" PING* 'verifyChain: with a name'
client "CAfile = $pki/ca.crt" 'verifyChain = yes' 'checkHost = elsewhere'
like "$out" *reset 'checkHost: and no other'
client "CAfile = $pki/server.crt" 'verifyPeer = yes'
like "$out" PING* 'verifyPeer: the very certificate'
client "CAfile = $pki/ca.crt" 'verifyChain = yes' 'OCSPaia = yes'
like "$out" PING* 'OCSPaia: a certificate that names no responder'
client 'delay = yes'
like "$out" PING* 'delay'
client 'sni = some.name'
ok 'sni: sent' grep -q 'SNI: sending servername: some.name' "$tlog"
tlog=$scratch/tunnel.log
stop "$server_pid"

serve 'verify = 2' "CAfile = $pki/ca.crt" "CRLfile = $pki/crl.pem"
s_client -cert "$pki/client.crt" -key "$pki/client.key"
ok 'CRLfile: a revoked client stays out' logged 'certificate revoked'
stop "$tunnel_pid"
for _o in 'socket = l:TCP_NODELAY=1' 'options = NO_SSLv2' 'TIMEOUTclose = 0' 'retry = yes' 'session = 300' 'fips = no' 'compression = zlib'; do
	case $_o in fips*|compression*) { echo "$_o"; server; } > "$scratch/in.conf" ;; *) server "$_o" > "$scratch/in.conf" ;; esac
	start_tunnel < "$scratch/in.conf"
	s_client
	is "$out" PING "$_o"
	stop "$tunnel_pid"
done
tls() { # tls LINE WANTED-IN-LOG
	serve "$1"; s_client
	ok "$1" logged "$2"
	stop "$tunnel_pid"
}
tls 'sslVersion = TLSv1.2' 'TLSv1.2 ciphersuite: '
tls 'sslVersionMin = TLSv1.3' 'TLSv1.3 ciphersuite: '
tls 'ciphersuites = TLS_AES_128_GCM_SHA256' 'ciphersuite: TLS_AES_128_GCM_SHA256 (128-bit encryption)'
tls 'curve = secp384r1' 'Peer temporary key: '
serve 'ciphers = ECDHE-ECDSA-AES128-GCM-SHA256'; s_client -tls1_2
ok 'ciphers' logged 'ciphersuite: ECDHE-ECDSA-AES128-GCM-SHA256'
stop "$tunnel_pid"
serve 'protocol = proxy'; s_client
like "$out" 'PROXY TCP4 *' 'protocol = proxy'
stop "$tunnel_pid"
printf '[p]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:%s\nciphers = PSK\nPSKsecrets = %s\n' "$rport" "$scratch/psk" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client -psk_identity me -psk 00112233445566778899aabbccddeeff
is "$out" PING PSKsecrets
stop "$tunnel_pid"
printf '[e]\naccept = 127.0.0.1:PORT\nexec = /bin/echo\nexecArgs = echo of arguments\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key" > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
s_client
is "$out" 'of arguments' 'exec and execArgs'
stop "$tunnel_pid"
serve 'TIMEOUTidle = 1'
{ sleep 3; } | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$tport" > /dev/null 2>&1 &
ok 'TIMEOUTidle' logged 'TIMEOUTidle exceeded: sending reset'
stop "$tunnel_pid"

# those of the whole process, detached
mkdir -m 777 "$scratch/run" "$scratch/jail" "$scratch/conf.d"
server > "$scratch/conf.d/one.conf"
detached() { # detached LINES...: with include
	tport=$(freeport) out=
	case $* in *overwrite*) ;; *) rm -f "$at/t.log" ;; esac
	sed -i "s/^accept = .*/accept = 127.0.0.1:$tport/" "$scratch/conf.d/one.conf"
	{
		printf 'pid = %s/t.pid\noutput = %s/t.log\nsyslog = no\ndebug = info\n' "$where" "$where"
		for _line; do echo "$_line"; done
		echo "include = $scratch/conf.d"
	} > "$scratch/d.conf"
	"$tunnel" "$scratch/d.conf" > "$scratch/d.out" 2>&1 || { note < "$scratch/d.out"; return 1; }
	"$await" line "$at/t.log" 'Accepting new connections' || return 1	# the pid file comes after detaching
	tunnel_pid=$(cat "$at/t.pid")
	servers="$servers $tunnel_pid"
	s_client
}
where=$scratch/run at=$scratch/run
detached 'foreground = no' 'service = sally'
is "$out" PING 'include: the section is there'
ok 'pid: is written' kill -0 "$tunnel_pid"
ok 'output: is written' grep -q 'Service \[rsync\] accepted connection from' "$scratch/run/t.log"
stop "$tunnel_pid"
is "$(ls "$scratch/run")" t.log 'pid: and removed'
detached 'log = overwrite'
is "$(grep -c 'Accepting new connections' "$scratch/run/t.log")" 1 'log = overwrite: begins anew'
stop "$tunnel_pid"
if [ -n "$root" ]; then
	detached 'setuid = nobody' 'setgid = nogroup' 'workers = 1'
	is "$out" PING 'setuid, setgid: served'
	is "$(ps -o user= --ppid "$tunnel_pid" | sort -u)" nobody 'setuid: by that user'
	is "$(ps -o group= --ppid "$tunnel_pid" | sort -u)" nogroup 'setgid: of that group'
	stop "$tunnel_pid"
	where= at=$scratch/jail
	detached "chroot = $scratch/jail"
	is "$out" PING 'chroot: served from there'
	ok 'and its files are there' grep -q 'accepted connection' "$scratch/jail/t.log"
	stop "$tunnel_pid"
else
	for _t in 1 2 3 4 5; do skip "setuid, setgid, chroot $_t" 'not root'; done
fi

# whole files
verdict() { # verdict NAME WANTED: the file on stdin
	sed -e "s#/etc/ssl/certs/ca-certificates.crt#$pki/ca.crt#" -e "s#CERT#$pki/server.crt#" -e "s#KEY#$pki/server.key#" \
	    -e "s#RUN#$scratch/run#" -e "s#= PSK\$#= $scratch/psk#" -e "s#HASHED#$pki/hashed#" -e "s#CRL\$#$pki/crl.pem#" -e "s#PORT1#$(freeport)#" -e "s#PORT#$(freeport)#" > "$scratch/f.conf"
	"$tunnel" --check-config "$scratch/f.conf" > "$scratch/f.out" 2>&1
	_got=$?
	is "$_got" "$2" "$1"
	[ "$_got" = "$2" ] || note < "$scratch/f.out"
	[ "$2" = 1 ] || return 0
	if [ -z "$real" ]; then skip "$1: stunnel agrees" 'no stunnel4'; return; fi
	timeout 5 "$real" "$scratch/f.conf" > "$scratch/f.out" 2>&1
	is $? "$2" "$1: stunnel agrees"
}
verdict "rsync's sample" 0 <<-E
	foreground = no
	pid = RUN/stunnel-rsyncd.pid
	socket = l:TCP_NODELAY=1
	socket = r:TCP_NODELAY=1
	setuid = root
	setgid = root
	[rsync]
	accept = PORT
	cert = CERT
	key = KEY
	client = no
	verify = 0
	CAfile = /etc/ssl/certs/ca-certificates.crt
	exec = /usr/bin/rsync
	execargs = rsync --server --daemon .
	E
verdict 'rsync-ssl' 0 <<-E
	foreground = yes
	debug = crit
	connect = localhost:PORT
	client = yes
	TIMEOUTclose = 0
	verifyChain = yes
	checkHost = localhost
	CAfile = /etc/ssl/certs/ca-certificates.crt
	E
verdict 'amazon-efs-utils' 0 <<-E
	fips = no
	foreground = yes
	socket = l:SO_REUSEADDR=yes
	socket = a:SO_BINDTODEVICE=lo
	debug = notice
	output = RUN/efs.log
	[efs]
	client = yes
	accept = 127.0.0.1:PORT
	connect = localhost:2049
	sslVersion = TLSv1.2
	renegotiation = no
	TIMEOUTbusy = 20
	TIMEOUTclose = 0
	TIMEOUTidle = 70
	delay = yes
	verify = 2
	CAfile = /etc/ssl/certs/ca-certificates.crt
	checkHost = localhost
	OCSPaia = yes
	E
verdict 'xapi' 0 <<-E
	fips = no
	pid = RUN/xapi.pid
	socket = r:TCP_NODELAY=1
	socket = a:TCP_NODELAY=1
	socket = l:TCP_NODELAY=1
	socket = r:SO_KEEPALIVE=1
	socket = a:SO_KEEPALIVE=1
	socket = l:SO_KEEPALIVE=1
	debug = authpriv.5
	protocol = proxy
	[xapi]
	accept = :::PORT
	connect = 127.0.0.1:80
	cert = CERT
	key = KEY
	ciphers = ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384
	curve = secp384r1
	TIMEOUTclose = 1
	options = CIPHER_SERVER_PREFERENCE
	sslVersion = TLSv1.2
	[pool]
	sni = xapi:pool
	connect = 127.0.0.1:80
	cert = CERT
	key = KEY
	E
verdict 'OPNsense' 0 <<-E
	setuid = nobody
	setgid = nogroup
	pid = RUN/opn.pid
	debug = info
	logId = unique
	[1f]
	client = no
	accept = PORT
	connect = 127.0.0.1:80
	cert = CERT
	key = KEY
	CAfile = /etc/ssl/certs/ca-certificates.crt
	requireCert = yes
	verifyChain = yes
	OCSPaia = no
	ciphersuites =
	sslVersionMin = TLSv1.2
	sslVersionMax = TLSv1.2
	E
verdict 'VyOS' 0 <<-E
	pid = RUN/vyos.pid
	debug = 5
	[a]
	client = yes
	accept = PORT
	connect = localhost:25
	protocol = smtp
	protocolAuthentication = login
	protocolHost = mx.example
	protocolUsername = u
	protocolPassword = p
	PSKsecrets = PSK
	[b]
	client = yes
	accept = PORT
	connect = localhost:3128
	protocol = connect
	protocolHost = example.org:443
	protocolAuthentication = basic
	CApath = /etc/ssl/certs
	E
verdict 'volsync' 0 <<-E
	foreground = no
	output = /dev/stdout
	pid = RUN/v.pid
	debug = debug
	syslog = no
	socket = l:SO_KEEPALIVE=1
	socket = l:TCP_KEEPIDLE=180
	socket = r:SO_KEEPALIVE=1
	socket = r:TCP_KEEPIDLE=180
	[rsync]
	ciphers = ALL:PSK
	PSKsecrets = PSK
	accept = :::PORT
	exec = /usr/bin/rsync
	execargs = rsync --server --daemon .
	E
verdict "curl's" 0 <<-E
	CApath = RUN
	debug = 5
	socket = a:SO_REUSEADDR=1
	output = RUN/curl.log
	pid = RUN/curl.pid
	foreground = yes
	[curltest]
	cert = CERT
	key = KEY
	accept = PORT
	connect = 80
	E
verdict 'mig-controller' 0 <<-E
	foreground = no
	pid = RUN/mig.pid
	output = /dev/stdout
	socket = l:TCP_NODELAY=1
	socket = r:TCP_NODELAY=1
	debug = 7
	sslVersion = TLSv1.3
	[rsync]
	accept = localhost:PORT
	connect = 127.0.0.1:22
	cert = CERT
	key = KEY
	CAfile = /etc/ssl/certs/ca-certificates.crt
	verify = 2
	E
verdict "a container's client of Redis" 0 <<-E
	foreground=yes
	pid =
	output=/dev/stdout
	debug=info
	delay = yes
	[redis]
	client=yes
	accept=127.0.0.1:PORT
	connect=localhost:6380
	sni=localhost
	verifyChain=yes
	CApath=HASHED
	checkHost=localhost
	E
verdict 'an RTMP restreamer' 0 <<-E
	setuid = nobody
	setgid = nogroup
	pid = RUN/rtmp.pid
	foreground = yes
	output = /dev/null
	debug = 3
	client = yes
	[live]
	accept = 127.0.0.1:PORT
	connect = localhost:443
	verifyChain = no
	[back]
	accept = 127.0.0.1:PORT1
	connect = localhost:443
	verify = 0
	E
verdict "OpenWrt's" 0 <<-E
	foreground = quiet
	pid = RUN/openwrt.pid
	syslog = yes
	[dummy]
	accept = localhost:PORT
	connect = localhost:6000
	cert = CERT
	key = KEY
	sessionResume = yes
	reset = yes
	retry = no
	libwrap = no
	E
verdict "Debian's jail" 0 <<-E
	chroot = RUN
	setuid = nobody
	setgid = nogroup
	pid = /stunnel4.pid
	debug = 7
	output = /stunnel.log
	socket = l:TCP_NODELAY=1
	socket = r:TCP_NODELAY=1
	;compression = zlib
	[pop3s]
	accept = PORT
	connect = 110
	cert = CERT
	key = KEY
	E
verdict 'a how-to of the old days' 0 <<-E
	; Some security enhancements for UNIX systems
	sslVersion = all
	options = NO_SSLv2
	options = NO_SSLv3
	options = SINGLE_ECDH_USE
	options = SINGLE_DH_USE
	options = DONT_INSERT_EMPTY_FRAGMENTS
	options = CIPHER_SERVER_PREFERENCE
	socket = a:SO_REUSEADDR=1
	socket = l:SO_LINGER=1:60
	socket = r:SO_KEEPALIVE=1
	socket = l:TCP_KEEPIDLE=30
	socket = l:TCP_KEEPINTVL=5
	socket = l:TCP_KEEPCNT=3
	cert = CERT
	key = KEY
	session = 300
	TIMEOUTclose = 0
	[imaps]
	accept  = PORT
	connect = 143
	E
verdict 'SSLv3 and TLSv1, which start and serve nobody' 0 <<-E
	pid =
	[a]
	accept = PORT
	connect = 25
	sslVersion = SSLv3
	cert = CERT
	key = KEY
	[b]
	accept = PORT1
	connect = 25
	sslVersion = TLSv1
	ciphers = HIGH:!DSS:!aNULL@STRENGTH
	cert = CERT
	key = KEY
	E
verdict 'mail over STARTTLS' 0 <<-E
	client = yes
	[smtp]
	accept = 127.0.0.1:PORT
	connect = localhost:587
	protocol = smtp
	[imap]
	accept = 127.0.0.1:PORT1
	connect = localhost:143
	protocol = imap
	local = 127.0.0.1
	E
ok 'a CAfile that is not there, nor needed, is said to be' sh -c "printf '[a]\naccept = 127.0.0.1:1\nconnect = 1\ncert = $pki/server.crt\nkey = $pki/server.key\nCAfile = /nowhere\n[b]\nclient = yes\naccept = 127.0.0.1:1\nconnect = 2\nCApath = /nowhere/dir\n' > $scratch/f.conf; $tunnel --check-config $scratch/f.conf 2>&1 | grep 'nowhere' | sed 's/:.*//' | tr '\n' ' ' | grep -xF '[!] Service [a] [!] Service [b] '"
verdict 'two hosts by name' 0 <<-E
	pid=
	verify=2
	CAfile=/etc/ssl/certs/ca-certificates.crt
	CRLfile=CRL
	[main]
	accept=PORT
	connect=80
	cert=CERT
	key=KEY
	[virtual]
	sni=main:*.example.org
	connect=81
	cert=CERT
	key=KEY
	E
for _bad in 'accept = 443 ; web' 'verify = default' 'server = yes' 'compression = rle' 'sslVersion = SSLv2' 'options = NO_TLSv1.1' 'verify = 2
CAfile = ~/ca.pem'; do
	_accept='accept = 127.0.0.1:PORT'
	case $_bad in accept*) _accept= ;; esac
	printf 'foreground = yes\npid =\n[a]\nconnect = 127.0.0.1:1\ncert = CERT\nkey = KEY\n%s\n%s\n' "$_accept" "$_bad" > "$scratch/bad.conf"
	verdict "never worked: $(printf '%s' "$_bad" | tr '\n' ' ')" 1 < "$scratch/bad.conf"
done
