#!/bin/sh
# What stops a start, with which words and status.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 20
. "$top_srcdir/t/lib/tunnel.sh"
conf() { cat > "$scratch/x.conf"; }
last() { printf '%s\n' "$out" | tail -n 1; }
has_line() { printf '%s\n' "$out" | grep -qxF -- "$1"; }

echo 'frob = 1' | conf
fails 1 'an unknown option stops the start' "$tunnel" "$scratch/x.conf"
ok 'with path, line and text' has_line "[!] $scratch/x.conf:1: \"frob = 1\": Specified option name is not valid here"
is "$(last)" '[!] Configuration failed' 'and says so last'

conf <<-EOF
	foreground = yes
	[a]
	accept = 127.0.0.1:0
	connect = 127.0.0.1:1
	cert = $scratch/none.pem
	EOF
fails 1 'a certificate that is not there stops the start' "$tunnel" "$scratch/x.conf"
like "$out" "*[[]!] Failed to load certificate from: $scratch/none.pem: No such file or directory*" 'the file is named'
ok 'and the service' has_line '[!] Service [a]: Failed to initialize TLS context'

echo garbage > "$scratch/none.pem"
fails 1 'a certificate that is none stops the start' "$tunnel" "$scratch/x.conf"
sed "s#cert = .*#cert = $pki/server.crt\nkey = $pki/client.key#" "$scratch/x.conf" > "$scratch/y.conf"
fails 1 'so does the key of another certificate' "$tunnel" "$scratch/y.conf"
ok 'in the known words' has_line "[!] Private key does not match the certificate: the key is in $pki/client.key, the certificate in $pki/server.crt"

sed "s#cert = .*#cert = $pki/server.crt\nkey = $pki/server.key#" "$scratch/x.conf" > "$scratch/y.conf"
fails 0 'a good file passes the check' "$tunnel" --check-config "$scratch/y.conf"
"$tunnel" --dump-config "$scratch/y.conf" > "$scratch/dump.conf" 2> /dev/null
"$tunnel" --dump-config "$scratch/dump.conf" > "$scratch/dump2.conf" 2> /dev/null
ok 'a dump is a configuration with the same dump' cmp "$scratch/dump.conf" "$scratch/dump2.conf"

fails 1 'a file that is not there' "$tunnel" "$scratch/nowhere.conf"
like "$out" '*Invalid configuration file name "*nowhere.conf"*realpath: No such file or directory (2)*' 'is said to be'
fails 0 '-version ends with 0' "$tunnel" -version "$scratch/whatever"
like "$out" '*stunnel 5.75 on *Compiled/running with OpenSSL 3*' 'in the shape scripts look for'
fails 0 '-help ends with 0' "$tunnel" -help
is "$(printf '%s\n' "$out" | grep -c '^checkHost  ')" 1 'and has a line per option'
printf '[a]\nclient = yes\naccept = 127.0.0.1:1\nconnect = 127.0.0.1:2\nprotocol = smtp\nprotocolUsername = me\nprotocolPassword = hush\n' > "$scratch/secret.conf"
fails 0 'a dump of a file with a password' "$tunnel" --dump-config "$scratch/secret.conf"
like "$out" '*protocolPassword = ...*' 'says that there is one'
is "$(printf '%s' "$out" | grep -c hush)" 0 'and not which'
