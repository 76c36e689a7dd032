/* ACLs and extended attributes that a client's list carries: every different set is held once, by number
 * (rsync-wire 5.14, 5.15).  Long values are named by their digest until the client was asked for them. */
#ifndef SALLYPORT_SYNCD_PUSH_XATTR_CACHE_H
#define SALLYPORT_SYNCD_PUSH_XATTR_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cursor.h"
#include "syncd/policy/posix_acl.h"
#include "syncd/wire/attr.h"

enum {
	XATTR_CACHE_SETS_MAX = 1 << 20,	/* of each kind */
	XATTR_CACHE_LIST_MAX = 64 << 20,	/* bytes that came with lists */
	XATTR_CACHE_VALUES_MAX = 128 << 20,	/* bytes that were asked for and are still held */
	XATTR_CACHE_VALUE_MAX = 65536,	/* what a file system can store */
};

struct xattr_value {
	char *name;
	uint8_t *value;		/* heap; NULL: none, or not here */
	size_t len;		/* as the list has it, or of the value that came */
	enum { VALUE_HERE, VALUE_ABBREVIATED, VALUE_ASKED, VALUE_LOST } state;
	int32_t asked_by;	/* the index whose answer brings it */
	bool ours;		/* it may be stored here */
	uint8_t digest[XATTR_DIGEST];
};

struct xattr_list {
	struct xattr_value *v;
	uint32_t n, want;	/* of want items n have come */
	size_t cap;
};

struct xattr_cache {
	struct posix_acl *acls[2];	/* access and default; ids as on the wire */
	size_t n_acls[2], cap_acls[2];
	struct xattr_list *sets;
	size_t n_sets, cap_sets;
	size_t list_bytes, value_bytes;
};

/* Learns what an id in an ACL is called.  0 or an error. */
typedef int xattr_cache_learn(void *arg, bool is_user, uint32_t id, const char *name);
/* May an attribute of this name be stored here? */
typedef bool xattr_cache_may(void *arg, const char *name);

/* Free all that was received. */
void xattr_cache_done(struct xattr_cache *k);

/* An ACL behind an entry: access (0) or default (1); *ret is its number.  0, E_SHORT (nothing is changed, call
 * again with more), E_FORMAT, E_LIMIT or -ENOMEM. */
int xattr_cache_acl(struct xattr_cache *k, int kind, struct cursor *c, xattr_cache_learn *learn, void *arg, int32_t *ret);

/* The head of an attribute set, then its items one by one while xattr_cache_open says that there are more. */
int xattr_cache_set(struct xattr_cache *k, struct cursor *c, int32_t *ret);
bool xattr_cache_open(const struct xattr_cache *k);
int xattr_cache_item(struct xattr_cache *k, struct cursor *c, xattr_cache_may *may, void *arg);

/* The item number num (from 1) of a set, if it was asked for on behalf of ndx; else NULL. */
struct xattr_value *xattr_cache_asked(struct xattr_cache *k, int32_t set, uint32_t num, int32_t ndx);

/* Is anything still due that was asked for on behalf of ndx? */
bool xattr_cache_due(const struct xattr_cache *k, int32_t set, int32_t ndx);

/* Room for a value of len bytes of that item.  False: it is not kept (and the item is lost). */
bool xattr_cache_room(struct xattr_cache *k, struct xattr_value *it, size_t len);

/* A new answer begins: when values take too much, those of earlier answers are given up. */
void xattr_cache_trim(struct xattr_cache *k);

#endif
