/* ACLs and attribute sets as they stand behind entries: the first byte of each piece says what comes.  Whatever is
 * taken has a number, permissions and names that are such, and its ACL comes back from the kernel's form. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/push/xattr_cache.h"

static int
learn(void *arg, bool is_user, uint32_t id, const char *name)
{
	(void)arg, (void)is_user, (void)id;
	must(strlen(name) < 256);
	return 0;
}

static bool
may(void *arg, const char *name)
{
	(void)arg;
	return strlen(name) % 2 == 0;
}

static void
comes_back(const struct posix_acl *a)
{
	struct posix_acl copy = *a, back;
	struct buf b = BUF_INIT;

	if (a->n_named > 0 && (copy.named = malloc(a->n_named * sizeof *a->named)) == NULL)
		abort();
	if (a->n_named > 0)
		memcpy(copy.named, a->named, a->n_named * sizeof *a->named);
	posix_acl_complete(&copy, 0754);
	posix_acl_sort(&copy);
	posix_acl_put(&b, &copy);
	if (copy.n_named + 4 <= POSIX_ACL_NAMED_MAX) {
		must(posix_acl_parse(buf_head(&b), buf_len(&b), &back) == 0);
		must(posix_acl_same(&copy, &back));
		posix_acl_done(&back);
	}
	posix_acl_done(&copy);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xattr_cache k = { .n_sets = 0 };
	struct cursor c = cur_of(data, size);
	int32_t n;
	int r = 0;

	while (r == 0 && cur_left(&c) > 0) {
		int kind = cur_u8(&c) % 3;

		if (kind < 2) {
			if ((r = xattr_cache_acl(&k, kind, &c, learn, NULL, &n)) == 0) {
				must(n >= 0 && (size_t)n < k.n_acls[kind]);
				comes_back(&k.acls[kind][n]);
			}
			continue;
		}
		if ((r = xattr_cache_set(&k, &c, &n)) == 0)
			must(n >= 0 && (size_t)n < k.n_sets);
		while (r == 0 && xattr_cache_open(&k))
			r = xattr_cache_item(&k, &c, may, NULL);
		for (uint32_t i = 0; r == 0 && i < k.sets[n].n; i++)
			must((k.sets[n].v[i].value == NULL) == (k.sets[n].v[i].len > XATTR_INLINE_MAX));
	}
	xattr_cache_done(&k);
	return 0;
}
