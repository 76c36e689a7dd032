/* Names of temporary files. */
#include "syncd/fs/temp_name.h"

#include <ctype.h>
#include <string.h>
#include <sys/random.h>

static const char mark[] = ".sp~";
enum { MARK_SIZE = sizeof mark - 1, RANDOM_CHARS = 6 };

/* A name has to be new, not secret: one call serves for many. */
static const unsigned char *
take_random(struct random_bytes *r)
{
	if (r->left < RANDOM_CHARS) {
		if (getrandom(r->v, sizeof r->v, 0) != (ssize_t)sizeof r->v)
			memset(r->v, 'x', sizeof r->v);
		r->left = sizeof r->v;
	}
	r->left -= RANDOM_CHARS;
	return r->v + r->left;
}

void
temp_name(struct random_bytes *r, const char *leaf, char dst[NAME_MAX + 1])
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const unsigned char *random = take_random(r);
	size_t n, most = NAME_MAX - 1 - MARK_SIZE - RANDOM_CHARS;

	leaf += leaf[0] == '.';
	n = strlen(leaf);
	n = n > most ? most : n;
	while (n > 0 && n == most && (leaf[n] & 0xc0) == 0x80)	/* do not cut a character in two */
		n--;
	dst[0] = '.';
	memcpy(dst + 1, leaf, n);
	memcpy(dst + 1 + n, mark, MARK_SIZE);
	for (size_t i = 0; i < RANDOM_CHARS; i++)
		dst[1 + n + MARK_SIZE + i] = chars[random[i] % (sizeof chars - 1)];
	dst[1 + n + MARK_SIZE + RANDOM_CHARS] = '\0';
}

bool
temp_name_is(const char *leaf)
{
	size_t n = strlen(leaf);

	if (leaf[0] != '.' || n < 1 + MARK_SIZE + RANDOM_CHARS ||
	    memcmp(leaf + n - RANDOM_CHARS - MARK_SIZE, mark, MARK_SIZE) != 0)
		return false;
	for (size_t i = n - RANDOM_CHARS; i < n; i++)
		if (!isalnum((unsigned char)leaf[i]))
			return false;
	return true;
}
