/* The greeting, the request line, early input (rsync-wire 1.1 to 1.5). */
#include "syncd/wire/hello.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "syncd/types.h"

int
line_get(struct cursor *c, char *dst, size_t size)
{
	const uint8_t *nl = memchr(c->at, '\n', cur_left(c));
	size_t n = 0;

	for (const uint8_t *p = c->at; p < (nl != NULL ? nl : c->end); p++) {
		if (*p == '\0')
			return E_FORMAT;
		if (*p == '\r')
			continue;
		if (n + 1 >= size)
			return E_LIMIT;
		dst[n++] = (char)*p;
	}
	if (nl == NULL)
		return cur_left(c) > 2 * size ? E_LIMIT : E_SHORT;	/* a flood of CR is a flood */
	dst[n] = '\0';
	c->at = nl + 1;
	return 0;
}

void
hello_put(struct buf *b, const char *digests)
{
	buf_printf(b, "@RSYNCD: %d.0%s%s\n", PROTO_MAX, digests[0] != '\0' ? " " : "", digests);
}

enum hello_fault
hello_get(const char *line, struct hello *ret)
{
	static const char intro[] = "@RSYNCD: ";
	char *end;
	long version, sub = 0;

	if (strncmp(line, intro, sizeof intro - 1) != 0 || !isdigit((unsigned char)line[sizeof intro - 1]))
		return HELLO_NOT_RSYNC;
	version = strtol(line + sizeof intro - 1, &end, 10);
	if (version > 1000)		/* far beyond anything: keep the arithmetic small */
		version = 1000;
	if (*end == '.' && isdigit((unsigned char)end[1]))
		sub = strtol(end + 1, &end, 10);
	else if (version >= 30)
		return HELLO_NO_SUBPROTOCOL;
	end = strchr(end, ' ');
	ret->has_digests = end != NULL && end[1] != '\0';
	if (version > 31 && !ret->has_digests)
		return HELLO_NO_DIGESTS;
	snprintf(ret->digests, sizeof ret->digests, "%s", ret->has_digests ? end + 1 : "");
	ret->version = version > PROTO_MAX ? PROTO_MAX : (int)version;
	if (sub != 0 && version <= PROTO_MAX)	/* pre-releases never agree with the final version */
		ret->version = (int)version - 1;
	return ret->version < PROTO_MIN ? HELLO_TOO_OLD : HELLO_OK;
}

enum request_kind
request_kind(const char *line, long *ret_early)
{
	static const char early[] = "#early_input=";
	int64_t n;

	if (line[0] == '\0' || strcmp(line, "#list") == 0)
		return REQUEST_LIST;
	if (strncmp(line, early, sizeof early - 1) == 0) {
		*ret_early = num_parse(line + sizeof early - 1, 1, EARLY_INPUT_MAX, &n) == 0 ? (long)n : -1;
		return REQUEST_EARLY_INPUT;
	}
	return line[0] == '#' ? REQUEST_COMMAND : REQUEST_MODULE;
}

void
listing_put(struct buf *b, const char *name, const char *comment)
{
	buf_printf(b, "%-15s\t%s\n", name, comment);
}
