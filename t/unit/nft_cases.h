/* Facts whose texts are in t/golden/nft/NAME/: the scripts load those. */
#ifndef SALLYPORT_T_NFT_CASES_H
#define SALLYPORT_T_NFT_CASES_H

#include "lib/err.h"
#include "nft/facts.h"

static const char *const nets4[] = { "198.51.100.0/24", "198.51.100.0/25" };	/* overlaps must do no harm */
static const char *const nets6[] = { "2001:db8::/32" };
static const char *const one6[] = { "2001:db8:1::10" };
static const char *const daemon_user[] = { "daemon" };
static const char *const doors_users[] = { "1", "daemon" };	/* one twice */

#define SOURCES .sources4 = nets4, .n_sources4 = ARRAY_LEN(nets4), .sources6 = nets6, .n_sources6 = ARRAY_LEN(nets6)
#define PORTS .plain_port = 873, .tls_port = 874

static const struct nft_case {
	const char *name;
	struct nft_facts facts;
} nft_cases[] = {
	{ "listed", { .table = "sallyport", PORTS, SOURCES, .owners = daemon_user, .n_owners = 1 } },
	{ "limits", { .table = "sallyport", PORTS, SOURCES, .connections = 4, .per_minute = 6, .burst = 8, .owners = doors_users, .n_owners = 2 } },
	{ "rate", { .table = "sallyport", PORTS, SOURCES, .per_minute = 6, .burst = 8 } },
	{ "anyone", { .table = "sallyport", PORTS, .anyone = 1 } },
	{ "anyone-limits", { .table = "sallyport", PORTS, SOURCES, .anyone = 1, .connections = 16, .per_minute = 120, .burst = 30 } },
	{ "nobody", { .table = "sallyport", PORTS } },
	{ "socket", { .table = "sallyport", .tls_port = 874, SOURCES, .connections = 4, .quiet = 1 } },
	{ "ports", { .table = "mirror_2", .plain_port = 8873, .tls_port = 8874, .sources6 = one6, .n_sources6 = 1, .per_minute = 60, .burst = 10 } },
};

#endif
