/* -A and -X on a pull: every set of attributes and every ACL is sent once, then by number (rsync-wire 5.14, 5.15). */
#include "syncd/pull/xattr_send.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "syncd/delta/strong.h"
#include "syncd/session/acls.h"
#include "syncd/types.h"
#include "syncd/wire/attr.h"

/* Literals sent so far, by content; the number of a set is its place. */
struct sent {
	struct sent_row {
		uint8_t key[XATTR_DIGEST];	/* MD5 of what stands for it */
		char *names;			/* attribute sets: the items' names, NUL-ended each */
		uint32_t n;
	} *rows;
	size_t n, cap;
	uint32_t *table;		/* 1 + row, open addressing */
	size_t size;
};

struct xattr_send {
	struct xattr_send_conf conf;
	struct strong *md5;
	struct sent access, dflt, sets;
	struct buf names, value, literal;
};

int
xattr_send_new(const struct xattr_send_conf *conf, struct xattr_send **ret)
{
	struct xattr_send *a = calloc(1, sizeof *a);
	int r;

	if (a == NULL)
		return -ENOMEM;
	a->conf = *conf;
	if ((r = strong_new(SUM_MD5, 0, 0, &a->md5)) != 0) {
		free(a);
		return r;
	}
	*ret = a;
	return 0;
}

static void
sent_done(struct sent *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->rows[i].names);
	free(t->rows);
	free(t->table);
}

void
xattr_send_free(struct xattr_send *a)
{
	if (a == NULL)
		return;
	sent_done(&a->access);
	sent_done(&a->dflt);
	sent_done(&a->sets);
	strong_free(a->md5);
	buf_done(&a->names);
	buf_done(&a->value);
	buf_done(&a->literal);
	free(a);
}

/* --- what was sent before --------------------------------------------------------------------- */

static size_t
slot_of(const struct sent *t, const uint8_t *key)
{
	size_t i;

	memcpy(&i, key, sizeof i);
	for (i &= t->size - 1; t->table[i] != 0 && memcmp(t->rows[t->table[i] - 1].key, key, XATTR_DIGEST) != 0;)
		i = (i + 1) & (t->size - 1);
	return i;
}

static int
sent_grow(struct sent *t)
{
	size_t size = t->size == 0 ? 64 : t->size * 2, cap = size / 2;
	struct sent_row *rows = reallocarray(t->rows, cap, sizeof *rows);
	uint32_t *table;

	if (rows == NULL)
		return -ENOMEM;
	t->rows = rows;
	t->cap = cap;
	if ((table = calloc(size, sizeof *table)) == NULL)
		return -ENOMEM;
	free(t->table);
	t->table = table;
	t->size = size;
	for (size_t i = 0; i < t->n; i++)
		t->table[slot_of(t, t->rows[i].key)] = (uint32_t)i + 1;
	return 0;
}

/* The row of this content.  *ret_known: it was sent before; else the row is new.  0 or an error. */
static int
sent_find(struct xattr_send *a, struct sent *t, const void *content, size_t n, uint32_t *ret_row, bool *ret_known)
{
	uint8_t key[DIGEST_MAX];
	size_t at;

	if (t->n >= XATTR_SEND_SETS_MAX)
		return E_LIMIT;
	if (t->n * 2 >= t->size && sent_grow(t) != 0)
		return -ENOMEM;
	strong_block(a->md5, content, n, key);
	at = slot_of(t, key);
	*ret_known = t->table[at] != 0;
	if (!*ret_known) {
		memset(&t->rows[t->n], 0, sizeof t->rows[t->n]);
		memcpy(t->rows[t->n].key, key, XATTR_DIGEST);
		t->table[at] = (uint32_t)++t->n;
	}
	*ret_row = t->table[at] - 1;
	return 0;
}

/* --- ACLs ------------------------------------------------------------------------------------- */

/* The name to send with an id, where names travel inline. */
static const char *
acl_name(const struct xattr_send *a, const struct posix_acl_named *n)
{
	struct name_row *row = names_get(n->is_user ? a->conf.users : a->conf.groups, n->id);

	if (row == NULL || row->sent || !a->conf.names_inline)
		return NULL;
	row->sent = true;
	return row->name;
}

static int
put_acl_literal(struct xattr_send *a, struct buf *b, const struct posix_acl *acl)
{
	struct acl_named *named = calloc(acl->n_named + 1, sizeof *named);
	struct acl_wire w = { acl->user_obj, acl->group_obj, acl->mask, acl->other, named, acl->n_named };

	if (named == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < acl->n_named; i++)
		named[i] = (struct acl_named){ acl->named[i].id, acl->named[i].perms, acl->named[i].is_user,
		    acl_name(a, &acl->named[i]) };
	acl_put(b, &w);
	free(named);
	return 0;
}

/* One ACL of an object; what is not there is an empty one. */
static int
put_acl(struct xattr_send *a, struct buf *b, const struct attr_of *of, enum acl_kind kind, struct sent *t, uint32_t mode)
{
	struct posix_acl acl;
	uint32_t row;
	bool known;
	int r = acls_load(of, kind, &a->value, &acl);

	if (r == -ENOMEM)
		return r;
	if (kind == ACL_ACCESS)
		posix_acl_strip(&acl, mode);
	buf_clear(&a->literal);		/* what stands for it: the numbers, without names */
	for (size_t i = 0; i < 4; i++)
		buf_u8(&a->literal, (uint8_t)(const int[]){ acl.user_obj, acl.group_obj, acl.mask, acl.other }[i]);
	for (size_t i = 0; i < acl.n_named; i++) {
		buf_le32(&a->literal, acl.named[i].id);
		buf_u8(&a->literal, acl.named[i].perms);
		buf_u8(&a->literal, acl.named[i].is_user);
	}
	if ((r = a->literal.err) == 0)
		r = sent_find(a, t, buf_head(&a->literal), buf_len(&a->literal), &row, &known);
	if (r == 0 && known)
		attr_ref_put(b, row);
	else if (r == 0)
		r = put_acl_literal(a, b, &acl);
	posix_acl_done(&acl);
	return r;
}

/* --- extended attributes ------------------------------------------------------------------------ */

static bool
wanted(const struct xattr_send *a, const char *name)
{
	if (!a->conf.own_too && (strncmp(name, "user.rsync.%", 12) == 0 || strncmp(name, "rsync.%", 7) == 0))
		return false;
	return rules_match_xattr(a->conf.rules, name) != RULES_EXCLUDE;
}

static int
by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The names of an object's attributes that are sent, sorted: pointers into a->names. */
static size_t
list_names(struct xattr_send *a, const struct attr_of *of, const char *names[XATTR_SEND_ITEMS_MAX])
{
	const char *p, *end;
	size_t n = 0;

	if (attr_names(of, &a->names) != 0)
		return 0;
	p = (const char *)buf_head(&a->names);
	for (end = p + buf_len(&a->names); p < end && n < XATTR_SEND_ITEMS_MAX; p += strlen(p) + 1)
		if (wanted(a, p))
			names[n++] = p;
	qsort(names, n, sizeof *names, by_name);
	return n;
}

/* Read the values, and what each stands for. */
static int
read_items(struct xattr_send *a, const struct attr_of *of, const char **names, size_t *n, struct xattr_item *items)
{
	uint8_t digest[DIGEST_MAX];
	size_t kept = 0;
	uint8_t *copy;

	for (size_t i = 0; i < *n; i++) {
		if (attr_value(of, names[i], &a->value) != 0)
			continue;	/* gone, or not ours to read: as if it were not there */
		if ((copy = malloc(buf_len(&a->value) + 1)) == NULL)
			break;
		memcpy(copy, buf_head(&a->value), buf_len(&a->value));
		items[kept] = (struct xattr_item){ .name = names[i], .value = copy, .len = buf_len(&a->value) };
		if (items[kept].len > XATTR_INLINE_MAX) {
			strong_block(a->md5, copy, items[kept].len, digest);
			memcpy(items[kept].digest, digest, XATTR_DIGEST);
		}
		kept++;
	}
	*n = kept;
	return 0;
}

/* Keep the names of a new set, so that its items can be asked for by number. */
static int
keep_names(struct sent_row *row, const struct xattr_item *items, size_t n)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_put(&b, items[i].name, strlen(items[i].name) + 1);
	row->names = (char *)b.data;
	row->n = (uint32_t)n;
	return b.err;
}

static int
put_xattrs(struct xattr_send *a, struct buf *b, const struct attr_of *of, int32_t *ret_set)
{
	const char **names = calloc(XATTR_SEND_ITEMS_MAX, sizeof *names);
	struct xattr_item *items = NULL;
	uint32_t row = 0;
	size_t n = 0;
	bool known = false;
	int r = names == NULL ? -ENOMEM : 0;

	if (r == 0) {
		n = list_names(a, of, names);
		items = calloc(n + 1, sizeof *items);
		r = items == NULL ? -ENOMEM : read_items(a, of, names, &n, items);
	}
	if (r == 0) {
		buf_clear(&a->literal);
		xattr_put(&a->literal, items, n);
		r = sent_find(a, &a->sets, buf_head(&a->literal), buf_len(&a->literal), &row, &known);
	}
	if (r == 0 && known)
		attr_ref_put(b, row);
	else if (r == 0 && (r = keep_names(&a->sets.rows[row], items, n)) == 0)
		buf_put(b, buf_head(&a->literal), buf_len(&a->literal));
	*ret_set = (int32_t)row + 1;
	for (size_t i = 0; items != NULL && i < n; i++)
		free((void *)items[i].value);
	free(items);
	free(names);
	return r;
}

/* Where they are to be had; attr_done when done with it. */
static struct attr_of
object(const struct xattr_send *a, const struct xattr_send_of *of)
{
	struct opener *o = a->conf.opener;
	char path[NAME_BYTES_MAX];
	struct attr_of at = { .fd = -1, .dir = -1, .name = of->name, .fake = o->root->fake };

	if (!of->followed)
		at.dir = opener_dir(o, of->dir);
	else if ((S_ISREG(of->mode) || S_ISDIR(of->mode)) &&
	    snprintf(path, sizeof path, "%s%s%s", of->dir, of->dir[0] == '\0' ? "" : "/", of->name) < (int)sizeof path)
		at.fd = root_open_follow(o->root, path, O_RDONLY | O_NONBLOCK);
	return at;
}

static void
object_done(const struct attr_of *of)
{
	if (of->fd >= 0)
		close(of->fd);
}

int
xattr_send_put(struct xattr_send *a, struct buf *b, const struct xattr_send_of *of, int32_t *ret_set)
{
	struct attr_of at = object(a, of);
	int r = 0;

	if (a->conf.acls && !S_ISLNK(of->mode)) {
		r = put_acl(a, b, &at, ACL_ACCESS, &a->access, of->mode);
		if (r == 0 && S_ISDIR(of->mode))
			r = put_acl(a, b, &at, ACL_DEFAULT, &a->dflt, of->mode);
	}
	if (r == 0 && a->conf.xattrs)
		r = put_xattrs(a, b, &at, ret_set);
	object_done(&at);
	return r;
}

size_t
xattr_send_count(const struct xattr_send *a, int32_t set)
{
	return set < 1 || (size_t)set > a->sets.n ? 0 : a->sets.rows[set - 1].n;
}

int
xattr_send_answer(struct xattr_send *a, struct buf *b, const struct xattr_send_of *of, int32_t set, const uint32_t *nums, size_t n)
{
	const struct sent_row *row = &a->sets.rows[set - 1];
	const char *name = row->names;
	uint32_t at = 1, prev = 0;
	struct attr_of obj = n > 0 ? object(a, of) : ATTR_OF_NONE;

	for (size_t i = 0; i < n; i++) {
		for (; at < nums[i]; at++)
			name += strlen(name) + 1;
		if (attr_value(&obj, name, &a->value) != 0)
			buf_clear(&a->value);	/* vanished: no bytes */
		xattr_answer_put(b, nums[i] - prev, buf_head(&a->value), buf_len(&a->value));
		prev = nums[i];
	}
	xattr_answer_end_put(b);
	object_done(&obj);
	return b->err;
}
