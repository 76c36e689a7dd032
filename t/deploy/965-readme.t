#!/bin/sh
# Every line of README.md that is for a shell is run as it stands there, in a machine that is booted for it (t/lib/readme.sh).
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft ip rsync openssl; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$rsyncwrap" "$at/usr/bin/" || exit 99
awk '/^```sh$/ { is = 1; next } /^```$/ { is = 0 } is' "$top_srcdir/README.md" | sed 's/  *#.*//' > "$at/trial/lines"
cp "$top_srcdir/t/lib/readme.sh" "$at/trial"
boot_run readme.sh
