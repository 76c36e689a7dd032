#!/bin/sh
# A deployment in a machine that is booted for it: each of its processes is killed, and the machine is booted once more.  What happens inside is
# t/lib/lives.sh, which says a line a test.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft openssl rsync; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$rsyncwrap" "$at/usr/bin" || exit 99
cp "$top_srcdir/t/lib/lives.sh" "$at/trial"
boot_run lives.sh
