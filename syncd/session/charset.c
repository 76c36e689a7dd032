/* --iconv with "charset": names between UTF-8 on the wire and the module's character set (iconv(3); rsync-wire 5.13). */
#include "syncd/session/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct charset {
	iconv_t to, from;	/* the wire */
};

#define NO_ICONV ((iconv_t)-1)

int
charset_new(const char *name, struct charset **ret)
{
	struct charset *c = calloc(1, sizeof *c);
	int r;

	if (c == NULL)
		return -ENOMEM;
	c->from = NO_ICONV;
	if ((c->to = iconv_open("UTF-8", name)) != NO_ICONV && (c->from = iconv_open(name, "UTF-8")) != NO_ICONV) {
		*ret = c;
		return 0;
	}
	r = -errno;
	charset_free(c);
	return r;
}

void
charset_free(struct charset *c)
{
	if (c == NULL)
		return;
	if (c->to != NO_ICONV)
		iconv_close(c->to);
	if (c->from != NO_ICONV)
		iconv_close(c->from);
	free(c);
}

/* keep_bad: a byte that means nothing is copied. */
static int
convert(iconv_t cd, const char *text, char *dst, size_t size, bool keep_bad)
{
	char *in = (char *)text, *out = dst;
	size_t n = strlen(text), left = size - 1;
	int r = 0;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (r == 0 && n > 0) {
		if (iconv(cd, &in, &n, &out, &left) != (size_t)-1)
			break;
		r = -errno;
		if (keep_bad && r != -E2BIG && left > 0) {
			*out++ = *in++;
			n--, left--;
			r = 0;
		}
	}
	if (r == 0 && iconv(cd, NULL, NULL, &out, &left) == (size_t)-1)	/* back to the first shift state */
		r = -errno;
	*out = '\0';
	return r;
}

static size_t
slashes(const char *text)
{
	size_t n = 0;

	while ((text = strchr(text, '/')) != NULL)
		text++, n++;
	return n;
}

/* Where a slash comes of something else, a name would be a path, or a path one name (IBM037, UTF-16). */
static int
convert_path(iconv_t cd, const char *text, char *dst, size_t size)
{
	int r = convert(cd, text, dst, size, false);

	return r == 0 && slashes(text) != slashes(dst) ? -EILSEQ : r;
}

int
charset_to_wire(struct charset *c, const char *text, char *dst, size_t size)
{
	return convert_path(c->to, text, dst, size);
}

int
charset_from_wire(struct charset *c, const char *text, char *dst, size_t size)
{
	return convert_path(c->from, text, dst, size);
}

char *
charset_message(struct charset *c, const char *text, char *dst, size_t size)
{
	convert(c->to, text, dst, size, true);
	return dst;
}
