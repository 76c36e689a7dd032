#!/bin/sh
# sallyport: takes the rules away.
# Written by sallyport; change the deployment file and install again.
# What is not there is not missed.
set -eu
for ipt in iptables ip6tables; do
	while $ipt -w -t raw -D PREROUTING -j SALLYPORT-PRE 2> /dev/null; do :; done
	while $ipt -w -t filter -D INPUT -j SALLYPORT-IN 2> /dev/null; do :; done
	while $ipt -w -t filter -D OUTPUT -j SALLYPORT-OUT 2> /dev/null; do :; done
	$ipt-restore --wait --noflush << 'END'
*raw
:SALLYPORT-PRE - [0:0]
:SALLYPORT-DROP - [0:0]
-X SALLYPORT-PRE
-X SALLYPORT-DROP
COMMIT
*filter
:SALLYPORT-IN - [0:0]
:SALLYPORT-TLS - [0:0]
:SALLYPORT-NEW - [0:0]
:SALLYPORT-DROP - [0:0]
:SALLYPORT-OUT - [0:0]
-X SALLYPORT-IN
-X SALLYPORT-TLS
-X SALLYPORT-NEW
-X SALLYPORT-DROP
-X SALLYPORT-OUT
COMMIT
END
done
