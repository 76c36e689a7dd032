#include "syncd/socket_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "syncd/policy/list.h"

static const struct option {
	const char *name;
	int level, opt;
	enum { NUMBER, SWITCH, FIXED, SECONDS } kind;
	int value;	/* of a SWITCH without a number, and of what is FIXED */
} options[] = {
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, SWITCH, 1 }, { "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, SWITCH, 1 },
	{ "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, SWITCH, 1 }, { "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, SWITCH, 1 },
	{ "IPTOS_LOWDELAY", IPPROTO_IP, IP_TOS, FIXED, IPTOS_LOWDELAY }, { "IPTOS_THROUGHPUT", IPPROTO_IP, IP_TOS, FIXED, IPTOS_THROUGHPUT },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, NUMBER, 0 }, { "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, NUMBER, 0 },
	{ "SO_SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT, NUMBER, 0 }, { "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, NUMBER, 0 },
	{ "SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO, SECONDS, 0 }, { "SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO, SECONDS, 0 },
};

/* The option of a word "NAME" or "NAME=NUMBER", and where its number begins (NULL: there is none). */
static const struct option *
find(const char *word, const char **ret_number)
{
	size_t n = strcspn(word, "=");

	*ret_number = word[n] == '=' ? word + n + 1 : NULL;
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strlen(options[i].name) == n && memcmp(options[i].name, word, n) == 0)
			return &options[i];
	return NULL;
}

/* Is there a number where one is needed, and nothing else where one may be? */
static bool
has_number(const struct option *o, const char *number)
{
	int64_t n;

	return number == NULL ? o->kind == SWITCH || o->kind == FIXED : num_parse(number, INT32_MIN, INT32_MAX, &n) == 0;
}

static int
apply(int fd, const struct option *o, int value)
{
	const struct timeval seconds = { value, 0 };

	if (o->kind == SECONDS)
		return setsockopt(fd, o->level, o->opt, &seconds, sizeof seconds);
	return setsockopt(fd, o->level, o->opt, &value, sizeof value);
}

static bool
is_unix(int fd)
{
	int domain = 0;
	socklen_t len = sizeof domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

static void
set_word(int fd, const char *word)
{
	const char *number;
	const struct option *o = find(word, &number);

	if (o == NULL) {
		log_error("Unknown socket option %s", word);
		return;
	}
	if (!has_number(o, number)) {
		log_error("Socket option %s takes a number", word);
		return;
	}
	if (o->level != SOL_SOCKET && is_unix(fd))
		return;
	if (apply(fd, o, number == NULL || o->kind == FIXED ? o->value : atoi(number)) < 0)
		log_error("failed to set socket option %s: %s", word, strerror(errno));
}

void
socket_options_set(int fd, const char *text)
{
	char *copy = text == NULL ? NULL : strdup(text), *word;
	struct list words;

	if (copy == NULL)
		return;
	words = list_of(copy);
	while ((word = list_next(&words)) != NULL)
		set_word(fd, word);
	free(copy);
}

int
socket_options_fault(const char *text, char *bad, size_t size)
{
	char *copy = text == NULL ? NULL : strdup(text), *word;
	const struct option *o;
	const char *number;
	struct list words;
	int found = 0;

	if (copy == NULL)
		return 0;
	words = list_of(copy);
	while (!found && (word = list_next(&words)) != NULL)
		if ((o = find(word, &number)) == NULL || !has_number(o, number)) {
			snprintf(bad, size, "%s", word);
			found = 1;
		}
	free(copy);
	return found;
}
