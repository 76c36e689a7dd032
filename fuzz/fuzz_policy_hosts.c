/* ACLs as attributes hold them: an even first byte is the kernel's form, an odd one that which is kept beside a file.
 * What is taken has permissions that are such, and comes back from either form. */
#include <stdint.h>
#include <stdlib.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/policy/posix_acl.h"

static void
is_sound(const struct posix_acl *a)
{
	const int base[] = { a->user_obj, a->group_obj, a->mask, a->other };

	for (size_t i = 0; i < ARRAY_LEN(base); i++)
		must(base[i] >= POSIX_ACL_ABSENT && base[i] <= 7);
	must(a->n_named <= POSIX_ACL_NAMED_MAX);
	for (size_t i = 0; i < a->n_named; i++)
		must(a->named[i].perms <= 7 && a->named[i].is_user <= 1);
}

static void
comes_back(const struct posix_acl *a, int (*parse)(const uint8_t *, size_t, struct posix_acl *),
    void (*put)(struct buf *, const struct posix_acl *))
{
	struct buf b = BUF_INIT;
	struct posix_acl back;

	put(&b, a);
	must(b.err == 0 && parse(buf_head(&b), buf_len(&b), &back) == 0);
	is_sound(&back);
	must(posix_acl_same(a, &back));
	posix_acl_done(&back);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct posix_acl a;
	int r;

	if (size == 0)
		return 0;
	r = data[0] & 1 ? posix_acl_parse_kept(data + 1, size - 1, &a) : posix_acl_parse(data + 1, size - 1, &a);
	if (r != 0)
		return 0;
	is_sound(&a);
	posix_acl_strip(&a, data[0]);
	posix_acl_complete(&a, 0754);
	posix_acl_sort(&a);
	if (a.n_named + 4 <= POSIX_ACL_NAMED_MAX) {
		comes_back(&a, posix_acl_parse, posix_acl_put);
		comes_back(&a, posix_acl_parse_kept, posix_acl_put_kept);
	}
	posix_acl_done(&a);
	return 0;
}
