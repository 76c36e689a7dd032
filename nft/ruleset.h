/* The firewall as a table of nftables. */
#ifndef SALLYPORT_NFT_RULESET_H
#define SALLYPORT_NFT_RULESET_H

#include "lib/buf.h"
#include "nft/facts.h"

/* A file for `nft -f`: one transaction that makes the table anew whatever was in it, so that it can be loaded as often as one
 * likes, and no packet meets half a table.  Appended to out, which is the caller's.
 * 0; what nft_facts_check says, or out's own error: then nothing of use is in out. */
int ruleset_put(const struct nft_facts *f, struct buf *out);

/* A file for `nft -f` that removes the table, and does nothing where there is none.  Likewise. */
int ruleset_put_removal(const struct nft_facts *f, struct buf *out);

#endif
