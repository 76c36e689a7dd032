#!/bin/sh
# sallyport verify in a systemd that was booted for it: green for a deployment as it is installed, and red, with the right word, for each of
# many things that were changed by hand.  What happens inside is t/lib/verified.sh, which says a line a test.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft openssl rsync socat; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$at/usr/bin/sallyport" || exit 99
# many restarts, one after the other
mkdir -p "$at/etc/systemd/system.conf.d" && printf '[Manager]\nDefaultStartLimitIntervalSec=0\n' > "$at/etc/systemd/system.conf.d/often.conf"
make_pki
(
	cd "$scratch/pki" || exit 1
	issue expired ca 'subjectAltName=DNS:localhost' /CN=localhost 0
	issue soon ca 'subjectAltName=DNS:localhost' /CN=localhost 7
	: > index.txt; : > index.txt.attr; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out clients.crl 2> /dev/null
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z \
	    -out old.crl 2> /dev/null
)
cp -R "$scratch/pki" "$at/trial"
cp "$top_srcdir/t/lib/verifying.sh" "$top_srcdir/t/lib/verified.sh" "$at/trial"
boot_run verified.sh
