#!/bin/sh
# What is not there is not missed.
set -eu
for ipt in iptables ip6tables; do
	while $ipt -w -t raw -D PREROUTING -j MIRROR_2-PRE 2> /dev/null; do :; done
	while $ipt -w -t filter -D INPUT -j MIRROR_2-IN 2> /dev/null; do :; done
	while $ipt -w -t filter -D OUTPUT -j MIRROR_2-OUT 2> /dev/null; do :; done
	$ipt-restore --wait --noflush << 'END'
*raw
:MIRROR_2-PRE - [0:0]
:MIRROR_2-DROP - [0:0]
-X MIRROR_2-PRE
-X MIRROR_2-DROP
COMMIT
*filter
:MIRROR_2-IN - [0:0]
:MIRROR_2-TLS - [0:0]
:MIRROR_2-NEW - [0:0]
:MIRROR_2-DROP - [0:0]
:MIRROR_2-OUT - [0:0]
-X MIRROR_2-IN
-X MIRROR_2-TLS
-X MIRROR_2-NEW
-X MIRROR_2-DROP
-X MIRROR_2-OUT
COMMIT
END
done
