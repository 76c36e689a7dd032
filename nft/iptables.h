/* The same verdicts for machines whose firewall is iptables, of either kind ("nf_tables" and "legacy"). */
#ifndef SALLYPORT_NFT_IPTABLES_H
#define SALLYPORT_NFT_IPTABLES_H

#include "lib/buf.h"
#include "nft/facts.h"

/* A file for `iptables-restore --noflush` (family AF_INET) or `ip6tables-restore --noflush` (AF_INET6): fills chains of our own,
 * named after the table, and touches no other.  Both are needed: either is silent on the other's packets.
 * Appended to out.  0; what nft_facts_check says, or out's own error. */
int iptables_put(const struct nft_facts *f, int family, struct buf *out);

/* A script for sh, with the two files as its arguments, IPv4's first: loads them and then jumps to the chains from the
 * machine's own, once however often it runs. */
int iptables_put_script(const struct nft_facts *f, struct buf *out);

/* A script for sh that takes away the jumps and the chains, and does nothing where there are none. */
int iptables_put_removal(const struct nft_facts *f, struct buf *out);

#endif
