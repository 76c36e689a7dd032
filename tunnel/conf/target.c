#include "tunnel/conf/target.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

enum { RETRIES = 3 };

static int
append(struct targets *t, const struct addr *a)
{
	struct addr *v = realloc(t->v, (t->n + 1) * sizeof *v);

	if (v == NULL)
		return -ENOMEM;
	t->v = v;
	t->v[t->n++] = *a;
	return 0;
}

void
targets_done(struct targets *t)
{
	free(t->v);
	*t = (struct targets){ NULL, 0 };
}

int
target_split(const char *text, char *host, size_t size, const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);

	if (n >= 2 && text[0] == '[' && text[n - 1] == ']')
		text++, n -= 2;
	if (n >= size)
		return E_FORMAT;
	memcpy(host, text, n);
	host[n] = '\0';
	*ret_port = colon == NULL ? text : colon + 1;
	return 0;
}

int
target_is_literal(const char *text)
{
	char host[NI_MAXHOST];
	const char *port;
	struct addr a;

	return text[0] == '/' || (target_split(text, host, sizeof host, &port) == 0 &&
	    (host[0] == '\0' || addr_parse(host, 0, &a) == 0));
}

/* stunnel lets numbers beyond 65535 wrap; the resolver does too. */
static int
port_is_sane(const char *port)
{
	int64_t v;

	return port[0] != '\0' && (port[strspn(port, "0123456789")] != '\0' || num_parse(port, 0, 65535, &v) == 0);
}

const char *
target_fault(const char *text)
{
	char host[NI_MAXHOST];
	const char *port;

	if (text[0] == '/' || target_split(text, host, sizeof host, &port) != 0 || port_is_sane(port))
		return "";
	return ": a port is a number from 0 to 65535, or the name of a service";
}

static int
look_up(const char *host, const char *port, enum target_use use, struct addrinfo **ret)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_ADDRCONFIG | (use == TARGET_ACCEPT ? AI_PASSIVE : 0) };
	const char *name = host[0] == '\0' ? NULL : host;
	int r = EAI_AGAIN;

	for (int i = 0; i < RETRIES && r == EAI_AGAIN; i++)
		r = getaddrinfo(name, port, &hints, ret);
	if (r == 0)
		return 0;
	hints.ai_flags &= ~AI_ADDRCONFIG;	/* a family may be there without an address yet */
	return getaddrinfo(name, port, &hints, ret);
}

static int
rank(const struct addrinfo *ai, enum target_use use)
{
	return use == TARGET_ACCEPT ? ai->ai_family != AF_INET : 0;
}

static int
resolve_one(const char *text, enum target_use use, struct targets *t)
{
	struct addrinfo *all, *ai;
	const char *port;
	char host[NI_MAXHOST];
	struct addr a;
	int r = 0;

	if (text[0] == '/')
		return (r = addr_parse(text, 0, &a)) != 0 ? r : append(t, &a);
	if (target_split(text, host, sizeof host, &port) != 0 || !port_is_sane(port) || look_up(host, port, use, &all) != 0)
		return E_FORMAT;
	for (int turn = 0; turn <= 1; turn++)	/* 0.0.0.0 before ::, as stunnel binds them */
		for (ai = all; ai != NULL && r == 0; ai = ai->ai_next)
			if (rank(ai, use) == turn) {
				addr_from(ai->ai_addr, ai->ai_addrlen, &a);
				r = append(t, &a);
			}
	freeaddrinfo(all);
	return r;
}

int
targets_resolve(const struct opt_list *list, enum target_use use, struct targets *ret, const char **ret_bad)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++)
		if ((r = resolve_one(list->v[i], use, ret)) != 0)
			*ret_bad = list->v[i];
	if (r != 0)
		targets_done(ret);
	return r;
}
