#!/bin/sh
# `sallyport status` of a deployment that runs, in a systemd that was booted for it: before its start, with a slow transfer, and with parts
# that are missing.  What happens inside is t/lib/status-booted.sh.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft ip rsync openssl python3 setpriv; do command -v $_p > /dev/null || skip_all "no $_p"; done
[ -x "$rsyncwrap" ] || skip_all 'our client is not built'
[ -f "$top_builddir/lib/libhttp.a" ] || skip_all 'built without libmicrohttpd'
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$rsyncwrap" "$at/usr/bin/" || exit 99
cp "$top_srcdir/t/lib/status-booted.sh" "$at/trial"
boot_run status-booted.sh
