#!/bin/sh
# Every line that stunnel logs, and in its order: both programs in the same situations, what they say side by side.
. "${top_srcdir:-.}/t/lib/lib.sh"
stock=$(command -v stunnel4) || skip_all "no stunnel4"
command -v python3 > /dev/null || skip_all "no python3"
planned=counted
. "$top_srcdir/t/lib/tunnel.sh"
few=$(sanitized && echo few)
ok 'all situations were gone through' sh -c "python3 '$top_srcdir/t/lib/logs_beside.py' '$tunnel' '$stock' '$pki' '$scratch' $few > '$scratch/rows'"
while IFS='|' read -r number name; do
	is "$(cat "$scratch/beside.$number")" '' "the same lines: $name"
done < "$scratch/rows"
ok 'there were some' test -s "$scratch/rows"
