#!/bin/sh
# Who reaches which port through the generated firewalls: nftables, and iptables of both kinds, asked side by side.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in nft ip python3 iptables-nft iptables-legacy; do command -v $_p > /dev/null || skip_all "no $_p"; done
[ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null || skip_all 'no network namespaces of our own'
unshare -n sh -c 'iptables-legacy -t raw -S && nft list ruleset' > /dev/null 2>&1 || skip_all 'this kernel has not both packet filters'
plan 58
kinds='nft iptables-nft iptables-legacy'
for kind in $kinds; do
	mkdir "$scratch/$kind"
	spawn "$scratch/$kind.out" python3 -B "$top_srcdir/t/lib/firewall.py" $kind "$top_srcdir/t/golden/nft" "$scratch/$kind"
done
for _p in $servers; do wait "$_p"; done
servers=
for kind in $kinds; do
	while read -r line; do
		case $line in
		'ok - '*) report 0 "${line#ok - }" ;;
		'not ok - '*) report 1 "${line#not ok - }" ;;
		*) echo "# ${line#'# '}" ;;
		esac
	done < "$scratch/$kind.out"
	is "$(tail -n 1 "$scratch/$kind.out")" 'done' "$kind: asked to the end"
done
