#!/bin/sh
# sallyport verify where certificates are the users, in a systemd that was booted for it: green, and red for each thing that is changed by hand.
# What happens inside is t/lib/verified-identity.sh.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$at/usr/bin/sallyport" || exit 99
cp "$top_srcdir/t/lib/verifying.sh" "$top_srcdir/t/lib/verified-identity.sh" "$at/trial"
boot_run verified-identity.sh
