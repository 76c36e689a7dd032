#include "client-wrap/operand.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/num.h"

size_t
operand_scheme(const char *text)
{
	static const char *const schemes[] = { "rsync://", "rsyncs://" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

static int
copy(char dst[OPERAND_HOST_SIZE], const char *from, const char *end)
{
	size_t n = (size_t)(end - from);

	if (n >= OPERAND_HOST_SIZE)
		return E_FORMAT;
	memcpy(dst, from, n);
	dst[n] = '\0';
	return 0;
}

static int
take_port(const char *text, const char *end, uint16_t *ret)
{
	char digits[8];
	size_t n = (size_t)(end - text);
	int64_t v;

	if (n == 0 || n >= sizeof digits || *text < '0' || *text > '9')
		return E_FORMAT;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (num_parse(digits, 1, 65535, &v) != 0)
		return E_FORMAT;
	*ret = (uint16_t)v;
	return 0;
}

/* Where the host ends: behind it are end, ":" or a mistake.  NULL: a bracket that nobody closes. */
static const char *
host_end(const char *host, const char *end)
{
	const char *at;

	if (host < end && *host == '[')
		return (at = memchr(host, ']', (size_t)(end - host))) == NULL ? NULL : at + 1;
	at = memchr(host, ':', (size_t)(end - host));
	return at == NULL ? end : at;
}

/* A host without its brackets; one that begins like an option, or is none, is refused. */
static int
take_host(const char *host, const char *end, struct operand *ret)
{
	if (host < end && *host == '[') {
		host++;
		end--;
	}
	return host == end || *host == '-' ? E_FORMAT : copy(ret->host, host, end);
}

int
operand_authority(const char *text, size_t n, struct operand *ret)
{
	const char *end = text + n, *at = memrchr(text, '@', n), *host = at == NULL ? text : at + 1, *stop = host_end(host, end);

	ret->user[0] = ret->host[0] = '\0';
	ret->port = 0;
	if (stop == NULL || take_host(host, stop, ret) != 0 || (at != NULL && copy(ret->user, text, at) != 0))
		return E_FORMAT;
	if (stop == end)
		return 0;
	return *stop == ':' ? take_port(stop + 1, end, &ret->port) : E_FORMAT;
}

/* "[user@]host:" before any slash; the colon, or NULL: this is a file's name. */
static const char *
host_colon(const char *text)
{
	const char *slash = text + strcspn(text, "/"), *at = memrchr(text, '@', (size_t)(slash - text)), *colon;
	const char *bracket = at == NULL ? text : at + 1;

	if (*bracket == '[' && (colon = memchr(bracket, ']', (size_t)(slash - bracket))) != NULL && colon[1] == ':')
		return colon + 1;
	colon = memchr(text, ':', (size_t)(slash - text));
	return colon;
}

int
operand_parse(const char *text, struct operand *ret)
{
	size_t scheme = operand_scheme(text);
	const char *colon;

	*ret = (struct operand){ .kind = OPERAND_LOCAL };
	if (scheme > 0) {
		ret->kind = OPERAND_DAEMON;
		ret->is_url = 1;
		return operand_authority(text + scheme, strcspn(text + scheme, "/"), ret);
	}
	if ((colon = host_colon(text)) == NULL)
		return 0;
	ret->kind = colon[1] == ':' ? OPERAND_DAEMON : OPERAND_SHELL;
	if (colon == text || ret->kind == OPERAND_SHELL)
		return 0;
	return operand_authority(text, (size_t)(colon - text), ret);
}

static int
complain(char *why, const char *text, const char *instead)
{
	snprintf(why, OPERAND_WHY_SIZE, "%.150s%s%s", text, text[0] == '\0' ? "" : ": ", instead);
	return E_FORMAT;
}

/* May o stand beside the first one that a daemon serves? */
static int
same_place(const struct operand *first, const struct operand *o)
{
	return (o->host[0] == '\0' && !o->is_url) ||
	    (strcasecmp(first->host, o->host) == 0 && strcmp(first->user, o->user) == 0 && first->port == o->port);
}

/* How many of the operands are served by daemons, -1 with why when they cannot be told or do not fit to each other. */
static int
count_daemons(char *const *v, size_t n, int *ret_last, char *why)
{
	struct operand first = { .host = "" }, o = { .host = "" };
	int daemons = 0;

	for (size_t i = 0; i < n; i++) {
		if (operand_parse(v[i], &o) != 0)
			return complain(why, v[i], "not a host and port; write rsyncs://HOST[:PORT]/MODULE/PATH, an IPv6 address in brackets");
		if (o.kind == OPERAND_SHELL)
			return complain(why, v[i], "this goes to a remote shell, not through TLS; write rsyncs://HOST/MODULE/PATH or HOST::MODULE/PATH");
		if (o.kind == OPERAND_DAEMON && daemons == 0 && o.host[0] == '\0')
			return complain(why, v[i], "no host; write rsyncs://HOST/MODULE/PATH");
		if (o.kind == OPERAND_DAEMON && daemons++ == 0)
			first = o;
		else if (o.kind == OPERAND_DAEMON && i + 1 < n && !same_place(&first, &o))
			return complain(why, v[i], "another host, port or user than before; run one command for each");
	}
	*ret_last = n > 0 && o.kind == OPERAND_DAEMON;
	return daemons;
}

int
operands_check(char *const *v, size_t n, char *why)
{
	int last = 0, daemons = count_daemons(v, n, &last, why);

	if (daemons < 0)
		return daemons;
	if (daemons == 0)
		return complain(why, "", n == 0 ? "no host; write rsyncs://HOST/MODULE/PATH" :
		    "nothing here is behind TLS; write rsyncs://HOST/MODULE/PATH for one side, or run rsync itself");
	if (n == 1 || (last ? daemons == 1 : (size_t)daemons == n - 1))
		return 0;
	return complain(why, "", last ? "source and destination are both remote; copy to this machine first, then from it" :
	    "local and remote sources in one command; run one command for each");
}
