#include "nft/facts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

/* Any bit set from that one on? */
static int
has_bits(const uint8_t *at, size_t size, size_t from)
{
	for (size_t bit = from; bit < size * 8; bit++)
		if ((at[bit / 8] & 0x80 >> bit % 8) != 0)
			return 1;
	return 0;
}

int
nft_source_check(const char *text, int family)
{
	size_t size = family == AF_INET ? 4 : 16, n = strcspn(text, "/");
	char host[INET6_ADDRSTRLEN];
	int64_t bits = (int64_t)size * 8;
	uint8_t at[16];

	if (n >= sizeof host)
		return E_FORMAT;
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(family, host, at) != 1)
		return E_FORMAT;
	if (text[n] == '/' && num_parse(text + n + 1, 1, (int64_t)size * 8, &bits) != 0)
		return E_LIMIT;
	return has_bits(at, size, (size_t)bits) ? E_DENIED : 0;
}

const char *
nft_source_of(const struct nft_facts *f, const struct addr *peer)
{
	const int six = peer->ss.ss_family == AF_INET6;
	const char *const *v = six ? f->sources6 : f->sources4;
	const size_t n = six ? f->n_sources6 : peer->ss.ss_family == AF_INET ? f->n_sources4 : 0;

	for (size_t i = 0; i < n && !f->anyone; i++)
		if (addr_in(peer, v[i]) == 1)
			return v[i];
	return NULL;
}

static int
check_sources(const char *const *v, size_t n, int family)
{
	int r = n > NFT_SOURCES_MAX ? E_LIMIT : 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = nft_source_check(v[i], family);
	return r;
}

/* One name of users, tables: nothing that the reader of the text could take for more than a word. */
static int
check_name(const char *text, size_t max, const char *besides)
{
	size_t n = strlen(text);

	if (n == 0 || n > max)
		return E_LIMIT;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(besides, text[i]) == NULL)
			return E_FORMAT;
	return text[0] == '-' || text[0] == '.' ? E_FORMAT : 0;
}

/* A name, or a number and nothing behind it. */
static int
check_owner(const char *text)
{
	int r = check_name(text, NFT_OWNER_MAX, "_-.");

	return r == 0 && isdigit((unsigned char)text[0]) && text[strspn(text, "0123456789")] != '\0' ? E_FORMAT : r;
}

static int
check_owners(const struct nft_facts *f)
{
	int r = f->n_owners > NFT_SOURCES_MAX ? E_LIMIT : 0;

	for (size_t i = 0; i < f->n_owners && r == 0; i++)
		r = check_owner(f->owners[i]);
	return r;
}

int
nft_facts_check(const struct nft_facts *f)
{
	int r;

	if ((r = check_name(f->table, NFT_NAME_MAX, "_")) != 0)
		return r;
	if (!isalpha((unsigned char)f->table[0]))
		return E_FORMAT;
	if (f->tls_port == 0 || f->plain_port == f->tls_port || (f->plain_port == 0 && f->n_owners > 0))
		return E_LIMIT;
	if (f->connections > NFT_CONNECTIONS_MAX || f->per_minute > NFT_RATE_MAX || f->burst > NFT_RATE_MAX ||
	    (f->per_minute > 0 && f->burst == 0))
		return E_LIMIT;
	if ((r = check_sources(f->sources4, f->n_sources4, AF_INET)) != 0 ||
	    (r = check_sources(f->sources6, f->n_sources6, AF_INET6)) != 0)
		return r;
	return check_owners(f);
}
