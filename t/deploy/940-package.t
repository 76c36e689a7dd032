#!/bin/sh
# The Debian packages in a machine that is booted for them (t/lib/packaged.sh): installed, used, upgraded under a transfer, removed, purged.
# PACKAGES=DIR is where "make deb" put them; tools/check makes them and runs this afterwards.
. "${top_srcdir:-.}/t/lib/lib.sh"
packages=${PACKAGES:-$top_builddir/packages/deb}
ls "$packages"/sallyport_*.deb > /dev/null 2>&1 || skip_all 'no packages: make deb'
for _p in systemd-nspawn nft openssl rsync ss dpkg-deb; do command -v $_p > /dev/null || skip_all "no $_p"; done
own_mounts
. "$top_srcdir/t/lib/boot.sh"
boot_box
rm -f "$at/usr/sbin/sallyport-syncd" "$at/usr/bin/sallyport-tunnel" "$at/usr/bin/sallyport" "$at/usr/bin/sallyport-rsync"
mkdir -p "$at/packages/next"
cp "$packages"/sallyport_*.deb "$packages"/sallyport-syncd_*.deb "$packages"/sallyport-tunnel_*.deb "$at/packages"
for _p in "$at"/packages/*.deb; do # the same again, as the version after it
	rm -rf "$scratch/next"
	dpkg-deb -R "$_p" "$scratch/next" && sed -i 's/^Version: .*/Version: 9:9.9-1/; s/(= [^)]*)/(>= 0)/g' "$scratch/next/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone -b "$scratch/next" "$at/packages/next" > /dev/null
done
cp "$top_srcdir/t/lib/packaged.sh" "$at/trial"
boot_run packaged.sh
