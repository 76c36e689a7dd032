/* The kernel's form of a POSIX ACL (the value of system.posix_acl_*), taken apart. */
#ifndef SALLYPORT_SYNCD_POLICY_POSIX_ACL_H
#define SALLYPORT_SYNCD_POLICY_POSIX_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct posix_acl_named {
	uint32_t id;
	uint8_t perms;
	uint8_t is_user;
};

enum { POSIX_ACL_ABSENT = -1, POSIX_ACL_NAMED_MAX = 4096 };

struct posix_acl {
	int user_obj, group_obj, mask, other;	/* perms or POSIX_ACL_ABSENT */
	struct posix_acl_named *named;		/* heap; posix_acl_done */
	size_t n_named;
};

/* 0, E_FORMAT, E_LIMIT or -ENOMEM (nothing to free then). */
int posix_acl_parse(const uint8_t *value, size_t n, struct posix_acl *ret);
void posix_acl_done(struct posix_acl *a);

/* The form that rsync keeps beside a file ("fake super"): four numbers, 0x80 for what is absent, and pairs of id
 * and perms with the highest bit for users. */
int posix_acl_parse_kept(const uint8_t *value, size_t n, struct posix_acl *ret);
void posix_acl_put_kept(struct buf *b, const struct posix_acl *a);

/* Drop from an access ACL what the file's mode says anyway (rsync-wire 5.14). */
void posix_acl_strip(struct posix_acl *a, uint32_t mode);

/* Fill in what was left out of an access ACL, from the mode. */
void posix_acl_complete(struct posix_acl *a, uint32_t mode);

/* Does it say more than a mode can?  An empty one does not. */
bool posix_acl_extended(const struct posix_acl *a);

/* Bring the named entries into the kernel's order, users first, each by id. */
void posix_acl_sort(struct posix_acl *a);

/* The same entries; both sorted. */
bool posix_acl_same(const struct posix_acl *a, const struct posix_acl *b);

/* The kernel's form, of a complete and sorted one. */
void posix_acl_put(struct buf *b, const struct posix_acl *a);

#endif
