#include "lib/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "lib/err.h"
#include "lib/num.h"

static struct sockaddr_in *
in4(struct addr *a)
{
	return (struct sockaddr_in *)&a->ss;
}

static struct sockaddr_in6 *
in6(struct addr *a)
{
	return (struct sockaddr_in6 *)&a->ss;
}

static int
parse_unix(const char *path, struct addr *ret)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&ret->ss;

	if (strlen(path) >= sizeof un->sun_path)
		return E_LIMIT;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	ret->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
	return 0;
}

static int
parse_v6(const char *text, struct addr *ret)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2];
	char *zone;
	size_t n = strlen(text);

	if (text[0] == '[' && text[n - 1] == ']')
		text++, n -= 2;
	if (n >= sizeof host)
		return E_FORMAT;
	memcpy(host, text, n);
	host[n] = '\0';
	if ((zone = strchr(host, '%')) != NULL)
		*zone++ = '\0';
	if (inet_pton(AF_INET6, host, &in6(ret)->sin6_addr) != 1)
		return E_FORMAT;
	if (zone != NULL && (in6(ret)->sin6_scope_id = if_nametoindex(zone)) == 0)
		return E_FORMAT;
	in6(ret)->sin6_family = AF_INET6;
	ret->len = sizeof(struct sockaddr_in6);
	return 0;
}

int
addr_parse(const char *text, uint16_t port, struct addr *ret)
{
	struct addr a;
	int r = 0;

	memset(&a, 0, sizeof a);
	if (text[0] == '\0')
		return E_FORMAT;
	if (text[0] == '/') {
		r = parse_unix(text, &a);
	} else if (inet_pton(AF_INET, text, &in4(&a)->sin_addr) == 1) {
		in4(&a)->sin_family = AF_INET;
		a.len = sizeof(struct sockaddr_in);
	} else {
		r = parse_v6(text, &a);
	}
	if (r != 0)
		return r;
	addr_set_port(&a, port);
	*ret = a;
	return 0;
}

void
addr_from(const struct sockaddr *sa, socklen_t len, struct addr *ret)
{
	struct sockaddr_in6 six;

	memset(ret, 0, sizeof *ret);
	ret->len = len < (socklen_t)sizeof ret->ss ? len : (socklen_t)sizeof ret->ss;
	memcpy(&ret->ss, sa, ret->len);
	if (ret->ss.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&in6(ret)->sin6_addr))
		return;
	six = *in6(ret);
	memset(ret, 0, sizeof *ret);
	in4(ret)->sin_family = AF_INET;
	in4(ret)->sin_port = six.sin6_port;
	memcpy(&in4(ret)->sin_addr, six.sin6_addr.s6_addr + 12, 4);
	ret->len = sizeof(struct sockaddr_in);
}

uint16_t
addr_port(const struct addr *a)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->ss;

	return a->ss.ss_family == AF_INET ? ntohs(four->sin_port) :
	    a->ss.ss_family == AF_INET6 ? ntohs(six->sin6_port) : 0;
}

void
addr_set_port(struct addr *a, uint16_t port)
{
	if (a->ss.ss_family == AF_INET)
		in4(a)->sin_port = htons(port);
	else if (a->ss.ss_family == AF_INET6)
		in6(a)->sin6_port = htons(port);
}

const char *
addr_host(const struct addr *a, char *dst, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "", zone[IF_NAMESIZE];
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->ss;

	if (a->ss.ss_family == AF_INET) {
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
		snprintf(dst, size, "%s", host);
	} else if (a->ss.ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
		if (six->sin6_scope_id != 0 && if_indextoname(six->sin6_scope_id, zone) != NULL)
			snprintf(dst, size, "%s%%%s", host, zone);
		else
			snprintf(dst, size, "%s", host);
	} else {
		snprintf(dst, size, "localhost");
	}
	return dst;
}

const char *
addr_text(const struct addr *a, char *dst, size_t size)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&a->ss;
	char host[ADDR_TEXT_SIZE];

	if (a->ss.ss_family == AF_UNIX)
		snprintf(dst, size, "%s", a->len > (socklen_t)offsetof(struct sockaddr_un, sun_path) &&
		    un->sun_path[0] != '\0' ? un->sun_path : "unnamed socket");
	else
		snprintf(dst, size, "%s:%u", addr_host(a, host, sizeof host), addr_port(a));
	return dst;
}

int
addr_is_loopback(const struct addr *a)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->ss;

	switch (a->ss.ss_family) {
	case AF_UNIX:
		return 1;
	case AF_INET:
		return (ntohl(four->sin_addr.s_addr) >> 24) == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
		    (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127);
	default:
		return 0;
	}
}

/* The address bytes of a, and how many. */
static size_t
raw_bytes(const struct addr *a, const uint8_t **ret)
{
	if (a->ss.ss_family == AF_INET) {
		*ret = (const uint8_t *)&((const struct sockaddr_in *)&a->ss)->sin_addr;
		return 4;
	}
	*ret = (const uint8_t *)&((const struct sockaddr_in6 *)&a->ss)->sin6_addr;
	return a->ss.ss_family == AF_INET6 ? 16 : 0;
}

/* The mask after the slash, as bytes: a count of bits, or an address of the same family. */
static int
parse_mask(const char *text, const struct addr *net, uint8_t mask[16])
{
	const uint8_t *raw;
	size_t n = raw_bytes(net, &raw);
	struct addr m;
	int64_t bits;

	if (strpbrk(text, ".:") != NULL) {
		if (addr_parse(text, 0, &m) != 0 || m.ss.ss_family != net->ss.ss_family)
			return E_LIMIT;
		raw_bytes(&m, &raw);
		memcpy(mask, raw, n);
		return 0;
	}
	if (num_parse(text, 0, (int64_t)n * 8, &bits) != 0)
		return E_LIMIT;
	for (size_t i = 0; i < n; i++, bits = bits > 8 ? bits - 8 : 0)
		mask[i] = bits >= 8 ? 0xff : (uint8_t)(0xff00 >> bits);
	return 0;
}

int
addr_in(const struct addr *a, const char *net)
{
	const uint8_t *mine, *theirs;
	uint8_t mask[16];
	char host[ADDR_TEXT_SIZE];
	const char *slash = strchr(net, '/');
	size_t n = slash == NULL ? strlen(net) : (size_t)(slash - net);
	struct addr want;
	int r;

	if (n == 0 || n >= sizeof host)
		return E_FORMAT;
	memcpy(host, net, n);
	host[n] = '\0';
	if (addr_parse(host, 0, &want) != 0)
		return E_FORMAT;
	memset(mask, 0xff, sizeof mask);
	if (slash != NULL && (r = parse_mask(slash + 1, &want, mask)) != 0)
		return r;
	if (want.ss.ss_family != a->ss.ss_family)
		return 0;
	n = raw_bytes(a, &mine);
	raw_bytes(&want, &theirs);
	for (size_t i = 0; i < n; i++)
		if ((mine[i] & mask[i]) != (theirs[i] & mask[i]))
			return 0;
	return n > 0;
}

uint64_t
addr_network(const struct addr *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	uint64_t net;
	uint32_t mapped;

	if (a->ss.ss_family == AF_INET)
		return UINT64_C(1) << 32 | v4->sin_addr.s_addr;
	if (a->ss.ss_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		memcpy(&mapped, &v6->sin6_addr.s6_addr[12], sizeof mapped);
		return UINT64_C(1) << 32 | mapped;
	}
	memcpy(&net, &v6->sin6_addr, sizeof net);
	return net | 1;
}
