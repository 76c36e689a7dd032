#include "tunnel/proto/identd.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

enum { PORTS, KIND, SYSTEM, USER, PARTS };

const char *
identd_question(const struct identd_ports *ports, char *dst, size_t size)
{
	snprintf(dst, size, "%u , %u\r\n", (unsigned)ports->theirs, (unsigned)ports->ours);
	return dst;
}

static char *
trim(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	for (n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]) != NULL;)
		text[--n] = '\0';
	return text;
}

/* "PORT , PORT : USERID : SYSTEM : USER"; a user's name may have colons. */
static int
split(char *line, char *part[PARTS])
{
	char *colon;

	for (int i = 0; i < PARTS; i++) {
		part[i] = line;
		if (i == USER || (colon = strchr(line, ':')) == NULL) {
			part[i] = trim(part[i]);
			return i + 1;
		}
		*colon = '\0';
		part[i] = trim(part[i]);
		line = colon + 1;
	}
	return PARTS;
}

static int
are_ports(char *text, const struct identd_ports *ports)
{
	char *comma = strchr(text, ',');
	int64_t theirs, ours;

	if (comma == NULL)
		return 0;
	*comma = '\0';
	return num_parse(trim(text), 0, UINT16_MAX, &theirs) == 0 && num_parse(trim(comma + 1), 0, UINT16_MAX, &ours) == 0 &&
	    theirs == ports->theirs && ours == ports->ours;
}

int
identd_answer(const void *bytes, size_t n, const struct identd_ports *ports, char user[IDENTD_USER_SIZE])
{
	const char *nl = memchr(bytes, '\n', n);
	char line[IDENTD_LINE_MAX + 1], *part[PARTS];
	int got;

	if (nl != NULL)
		n = (size_t)(nl - (const char *)bytes);
	if (n > IDENTD_LINE_MAX || memchr(bytes, '\0', n) != NULL)
		return E_FORMAT;
	memcpy(line, bytes, n);
	line[n] = '\0';
	got = split(line, part);
	if (got <= KIND || !are_ports(part[PORTS], ports))
		return E_FORMAT;
	if (strcmp(part[KIND], "USERID") != 0)
		return E_DENIED;
	if (got < PARTS || part[USER][0] == '\0' || strlen(part[USER]) >= IDENTD_USER_SIZE)
		return E_FORMAT;
	memcpy(user, part[USER], strlen(part[USER]) + 1);
	return 0;
}
