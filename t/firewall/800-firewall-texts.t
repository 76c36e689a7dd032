#!/bin/sh
# The firewall's texts as their readers see them: nft and both kinds of iptables take every one.  t/unit/check_nft_* hold the generators
# to the files that are read here.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in nft iptables-nft-restore iptables-legacy-restore; do command -v $_p > /dev/null || skip_all "no $_p"; done
unshare -rn true 2> /dev/null || skip_all 'no namespaces of our own'
plan 4
cd "$top_srcdir/t/golden/nft" || exit 99

# taken CASE...: the names of those that a reader refused, or had a word to say about
in_private() { unshare -rn sh -c "$1" 2>&1; }
is "$(in_private 'for c in *; do nft -f $c/table.nft; nft -s list ruleset > '"$scratch"'/once; nft -f $c/table.nft
    nft -s list ruleset | cmp - '"$scratch"'/once; nft -f $c/remove.nft; nft list ruleset; done')" '' \
    'nft has nothing to say: twice is the same table, and removed is none'
for kind in nft legacy; do
	unshare -rn iptables-$kind -t raw -S > /dev/null 2>&1 || { skip "iptables-$kind" 'not in this kernel'; continue; }
	is "$(in_private "for c in *; do iptables-$kind-restore --test --noflush \$c/rules.4 && ip6tables-$kind-restore --test --noflush \$c/rules.6; done")" \
	    '' "iptables-$kind takes both families"
done
is "$(for f in */*.sh; do sh -n "$f"; done 2>&1)" '' 'the scripts are sh'
