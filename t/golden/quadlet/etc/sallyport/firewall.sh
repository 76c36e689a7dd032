#!/bin/sh
# sallyport: loads the rules.
# Written by sallyport; change the deployment file and install again.
# Usage: RULES4 RULES6.  Loads both, then jumps to them from the machine's own chains: once, however often it runs.
set -eu
iptables-restore --wait --noflush "$1"
ip6tables-restore --wait --noflush "$2"
for ipt in iptables ip6tables; do
	$ipt -w -t raw -C PREROUTING -j SALLYPORT-PRE 2> /dev/null || $ipt -w -t raw -I PREROUTING 1 -j SALLYPORT-PRE
	$ipt -w -t filter -C INPUT -j SALLYPORT-IN 2> /dev/null || $ipt -w -t filter -I INPUT 1 -j SALLYPORT-IN
	$ipt -w -t filter -C OUTPUT -j SALLYPORT-OUT 2> /dev/null || $ipt -w -t filter -I OUTPUT 1 -j SALLYPORT-OUT
done
