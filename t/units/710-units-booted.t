#!/bin/sh
# The units under a systemd that was booted for them, on an overlay of this machine's own root: each is started for real, and files
# are pulled through it.  What happens inside is t/lib/booted.sh, which says a line a test.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft openssl rsync stunnel4 haproxy socat capsh ss sshd iptables; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/units.sh"
. "$top_srcdir/t/lib/boot.sh"
# the programs where packages put them, and a directory of what is to be tried
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$at/usr/bin/sallyport" || exit 99
mkdir -p "$at/etc/sallyport" "$at/srv/backups" "$at/srv/pub"
cp -R "$top_srcdir/t/golden" "$top_srcdir/units/samples" "$top_srcdir/examples" "$at/trial"
make_pki
(
	cd "$scratch/pki" || exit 1
	issue backend ca 'subjectAltName=DNS:one.example.org,DNS:two.example.org' /CN=one.example.org
	: > index.txt; : > index.txt.attr; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out clients.crl 2> /dev/null
)
cp -R "$scratch/pki" "$at/trial"
cp "$scratch"/pki/server.* "$scratch/pki/ca.crt" "$at/trial"
cp "$top_srcdir/t/lib/booted.sh" "$at/trial"
boot_run booted.sh
