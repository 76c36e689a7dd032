#!/bin/sh
# sallyport verify for deployments of other programs, in a systemd that was booted for it: a port and iptables, rsync and stunnel, HAProxy.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in systemd-nspawn nft openssl rsync socat iptables stunnel4 haproxy; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$at/usr/bin/sallyport" || exit 99
make_pki
cp -R "$scratch/pki" "$at/trial"
cp "$top_srcdir/t/lib/verifying.sh" "$top_srcdir/t/lib/verified-others.sh" "$top_srcdir/t/golden/kubernetes.conf" "$at/trial"
boot_run verified-others.sh
