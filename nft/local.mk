# libnft.a: checked facts in, a firewall's text out
noinst_LIBRARIES += nft/libnft.a
nft_libnft_a_SOURCES = nft/facts.c nft/facts.h nft/iptables.c nft/iptables.h nft/ruleset.c nft/ruleset.h

NFT_UNITS = t/unit/check_nft_facts t/unit/check_nft_ruleset t/unit/check_nft_iptables
UNITS += $(NFT_UNITS)
t_unit_check_nft_facts_LDADD = nft/libnft.a $(UNIT_LIBS)
t_unit_check_nft_ruleset_LDADD = nft/libnft.a $(UNIT_LIBS)
t_unit_check_nft_iptables_LDADD = nft/libnft.a $(UNIT_LIBS)

SCRIPTS_T += t/firewall/800-firewall-texts.t t/firewall/801-firewall-verdicts.t
EXTRA_DIST += t/lib/firewall.py t/golden
