/* ACLs and extended attributes of the files being listed: each different set is sent once. */
#ifndef SALLYPORT_SYNCD_PULL_XATTR_SEND_H
#define SALLYPORT_SYNCD_PULL_XATTR_SEND_H

#include <stdint.h>

#include "lib/buf.h"
#include "syncd/fs/root.h"
#include "syncd/policy/rules.h"
#include "syncd/session/names.h"

struct xattr_send;

struct xattr_send_conf {
	struct opener *opener;
	const struct rules *rules;	/* 'x' rules leave attributes out */
	bool acls, xattrs, own_too;	/* -A, -X, -XX */
	bool names_inline;		/* names of ids travel with their first use */
	struct names *users, *groups;
};

/* What attributes are asked of: an entry of the list. */
struct xattr_send_of {
	const char *dir, *name;		/* below the module root */
	uint32_t mode;
	bool followed;
};

enum { XATTR_SEND_SETS_MAX = 1 << 20, XATTR_SEND_ITEMS_MAX = 4096 };

/* What a pull sends of attributes and ACLs.  conf is copied; *ret is the caller's to free.  0 or -ENOMEM. */
int xattr_send_new(const struct xattr_send_conf *conf, struct xattr_send **ret);
void xattr_send_free(struct xattr_send *a);

/* Append what belongs behind an entry.  *ret_set is the number of its attribute set plus one.
 * 0, -ENOMEM or E_LIMIT; what cannot be read is sent as "none". */
int xattr_send_put(struct xattr_send *a, struct buf *b, const struct xattr_send_of *of, int32_t *ret_set);

/* How many items set number set-1 has; 0 for none. */
size_t xattr_send_count(const struct xattr_send *a, int32_t set);

/* The values of the items nums[0..n), read now.  0 or -ENOMEM. */
int xattr_send_answer(struct xattr_send *a, struct buf *b, const struct xattr_send_of *of, int32_t set, const uint32_t *nums, size_t n);

#endif
