/* Compatibility flags and the choice between two lists of names (rsync-wire 2.2, 2.3). */
#include "syncd/wire/compat.h"

#include <string.h>

#include "lib/err.h"
#include "syncd/types.h"

unsigned
compat_flags(const char *letters, unsigned want)
{
	static const struct { char letter; unsigned flag; } table[] = {
		{ 'i', CF_INC_RECURSE }, { 'f', CF_SAFE_FLIST }, { 'x', CF_AVOID_XATTR_OPTIM },
		{ 'C', CF_CHKSUM_SEED_FIX }, { 'I', CF_INPLACE_PARTIAL_DIR }, { 'v', CF_VARINT_FLIST_FLAGS },
		{ 'u', CF_ID0_NAMES },
	};
	unsigned flags = want & (CF_SYMLINK_TIMES | CF_SYMLINK_ICONV);	/* statements about the server alone */

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strchr(letters, table[i].letter) != NULL)
			flags |= want & table[i].flag;
	return flags;
}

static bool
same_word(const char *a, size_t n, const char *b, size_t m)
{
	static const char alias[] = "xxhash", name[] = "xxh64";

	if (n == sizeof alias - 1 && memcmp(a, alias, n) == 0) {
		a = name;
		n = sizeof name - 1;
	}
	return n == m && memcmp(a, b, n) == 0;
}

bool
negotiate_name(const char *client, const char *server, char *dst, size_t size)
{
	for (const char *c = client; *c != '\0'; c += strspn(c, " ")) {
		size_t n = strcspn(c, " "), m;

		for (const char *s = server; *s != '\0'; s += m, s += strspn(s, " ")) {
			m = strcspn(s, " ");
			if (n > 0 && m < size && same_word(c, n, s, m)) {
				memcpy(dst, s, m);
				dst[m] = '\0';
				return true;
			}
		}
		c += n;
	}
	return false;
}
