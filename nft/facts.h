/* What the firewall's texts are made from, and what may stand in it.  The room prints: it reads no configuration, asks no
 * kernel, and knows neither the deployment model nor the clock. */
#ifndef SALLYPORT_NFT_FACTS_H
#define SALLYPORT_NFT_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/* Bounds: the name makes a chain's of iptables (28 characters with "-OUT" and "-PRE"); of the others more is a mistake. */
enum { NFT_NAME_MAX = 20, NFT_OWNER_MAX = 32, NFT_SOURCES_MAX = 4096, NFT_CONNECTIONS_MAX = 65535, NFT_RATE_MAX = 100000 };

struct nft_facts {
	const char *table;		/* a letter, then letters, digits or "_"; chains of iptables have it in capitals */
	uint16_t plain_port;		/* the daemon's: closed to every interface but lo; 0: it has none */
	uint16_t tls_port;		/* the tunnel's: for the sources below, and silent to all others */
	int anyone;			/* every source is one of those; the lists are not used */
	const char *const *sources4;	/* as nft_source_check wants them; overlaps are harmless */
	size_t n_sources4;
	const char *const *sources6;
	size_t n_sources6;
	unsigned connections;		/* that a source (an IPv4 address, 64 bits of an IPv6 one) may hold; 0: no limit */
	unsigned per_minute;		/* new connections of a source; 0: no limit */
	unsigned burst;			/* and as many at once before that counts, at least 1 */
	const char *const *owners;	/* names or numbers of the users who, beside root, may reach plain_port on this machine */
	size_t n_owners;		/* 0: everybody may */
	int quiet;			/* refused sources are counted, and not logged */
};

/* May text stand in a list of sources?  A literal address or address/bits of that family (AF_INET or AF_INET6).
 * 0; E_FORMAT: no such address (names are looked up when rules are loaded, or not at all); E_LIMIT: bits that the family has
 * not, or 0 of them, which is spelled "anyone"; E_DENIED: bits are set behind the network's. */
int nft_source_check(const char *text, int family);

/* The source in the lists that lets a peer in, as the rules match it; NULL: none does.  Where every source is let in there is none either:
 * f->anyone says it. */
const char *nft_source_of(const struct nft_facts *f, const struct addr *peer);

/* 0; E_FORMAT or E_LIMIT or E_DENIED: a fact that must not be printed.  What makes text from facts asks this first. */
int nft_facts_check(const struct nft_facts *f);

#endif
