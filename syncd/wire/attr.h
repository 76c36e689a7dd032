/* ACLs and extended attributes behind a file-list entry (rsync-wire 5.14, 5.15). */
#ifndef SALLYPORT_SYNCD_WIRE_ATTR_H
#define SALLYPORT_SYNCD_WIRE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"

enum {
	ACL_NAMED_MAX = 65536,
	ACL_ABSENT = -1,
	XATTR_INLINE_MAX = 32,	/* longer values are told by their digest and fetched when wanted */
	XATTR_DIGEST = 16,
};

struct acl_named {
	uint32_t id;
	uint8_t perms;		/* rwx, 0..7 */
	bool is_user;
	const char *name;	/* to send along, or NULL */
};

/* One ACL.  The four are perms, or ACL_ABSENT for "not sent". */
struct acl_wire {
	int user_obj, group_obj, mask, other;
	const struct acl_named *named;
	size_t n_named;
};

/* A reference to the ACL or attribute set number `index` sent before. */
void attr_ref_put(struct buf *b, uint32_t index);
void acl_put(struct buf *b, const struct acl_wire *a);	/* a literal */

/* The reading side.  *ret is the number of a set out of `known`, or -1 when a literal follows.  0, E_SHORT, or
 * E_FORMAT for a set that is none. */
int attr_ref_get(struct cursor *c, size_t known, int32_t *ret);

/* A literal up to its named entries, whose number is ret->n_named (ret->named is NULL).  0, E_SHORT, E_FORMAT or
 * E_LIMIT. */
int acl_get(struct cursor *c, struct acl_wire *ret);

/* Those n entries, each given to take (its name is borrowed for the call); what it says ends the reading. */
int acl_named_get(struct cursor *c, size_t n, int (*take)(void *arg, const struct acl_named *), void *arg);

struct xattr_item {
	const char *name;	/* without its NUL */
	const uint8_t *value;
	size_t len;
	uint8_t digest[XATTR_DIGEST];	/* MD5 of the value; only for those that are not inline */
};

void xattr_put(struct buf *b, const struct xattr_item *items, size_t n);	/* a literal set */

/* What a generator asks for: item numbers (from 1) rising, ended by 0.  At most max of them.
 * 0, E_SHORT, or E_FORMAT / E_LIMIT. */
int xattr_request_get(struct cursor *c, uint32_t *nums, size_t max, size_t *ret_n);

/* One value of the answer; an empty answer or its end is xattr_answer_end_put. */
void xattr_answer_put(struct buf *b, uint32_t num_step, const uint8_t *value, size_t len);
void xattr_answer_end_put(struct buf *b);

#endif
