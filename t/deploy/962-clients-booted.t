#!/bin/sh
# From nothing to a client that is in and out again, in a systemd that was booted for it: init, install, start, client add, a pull from
# another network namespace, client remove, the timer's service, verify.  What happens inside is t/lib/clients-booted.sh.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft ip rsync openssl; do command -v $_p > /dev/null || skip_all "no $_p"; done
[ -x "$rsyncwrap" ] || skip_all 'our client is not built'
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$rsyncwrap" "$at/usr/bin/" || exit 99
mv "$at/usr/bin/openssl" "$at/trial" || exit 99	# nobody needs it, but for an old certificate
cp "$top_srcdir/t/lib/clients-booted.sh" "$at/trial"
boot_run clients-booted.sh
