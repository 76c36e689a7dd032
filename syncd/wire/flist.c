/* One entry of a file list, encoded and decoded for protocols 27 to 32 (rsync-wire 5.2 to 5.8). */
#include "syncd/wire/flist.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "syncd/wire/int.h"

enum {	/* entry flags; some bits change their meaning with the version or the file type */
	F_TOP_DIR = 0x0001,
	F_SAME_MODE = 0x0002,
	F_SAME_RDEV = 0x0004,		/* 27 */
	F_EXTENDED = 0x0004,		/* 28 and newer */
	F_SAME_UID = 0x0008,
	F_SAME_GID = 0x0010,
	F_SAME_NAME = 0x0020,
	F_LONG_NAME = 0x0040,
	F_SAME_TIME = 0x0080,
	F_SAME_RDEV_MAJOR = 0x0100,	/* devices, specials */
	F_NO_CONTENT_DIR = 0x0100,	/* directories, 30 and newer */
	F_HLINKED = 0x0200,
	F_USER_NAME = 0x0400,		/* 30 and newer */
	F_GROUP_NAME = 0x0800,		/* 30 and newer */
	F_RDEV_MINOR_8 = 0x0800,	/* 28, 29 */
	F_SAME_DEV = 0x0400,		/* 28, 29: hard-link data */
	F_HLINK_FIRST = 0x1000,		/* with F_HLINKED, 30 and newer */
	F_ERROR_END = 0x1000,		/* the end of a list, with its error */
	F_MOD_NSEC = 0x2000,		/* 31 and newer */
	F_SAME_ATIME = 0x4000,		/* -U */
	F_CRTIME_EQ_MTIME = 0x20000,	/* -N */
	F_KNOWN = 0x27fff,
};

static bool
is_device(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

static bool
is_special(uint32_t mode)
{
	return S_ISFIFO(mode) || S_ISSOCK(mode);
}

static bool
varint_flags(const struct flist_form *form)
{
	return form->version >= 30 && (form->compat & CF_VARINT_FLIST_FLAGS) != 0;
}

/* Is there a device number behind the entry?  Specials carry a useless one below 31. */
static bool
has_rdev(const struct flist_form *form, uint32_t mode)
{
	return (form->devices && is_device(mode)) || (form->specials && is_special(mode) && form->version < 31);
}

/* Linux's own coding of a device number, the form of protocol 27. */
static uint32_t
rdev_native(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static unsigned
rdev_flags(const struct flist_form *form, const struct flist_state *st, const struct entry *e)
{
	bool special = is_special(e->mode);

	if (form->version < 28)
		return special || rdev_native(e->rdev_major, e->rdev_minor) == st->rdev ? F_SAME_RDEV : 0;
	if (special)
		return F_SAME_RDEV_MAJOR | (form->version < 30 ? F_RDEV_MINOR_8 : 0);
	return (e->rdev_major == st->rdev_major ? F_SAME_RDEV_MAJOR : 0) |
	    (form->version < 30 && e->rdev_minor <= 0xff ? F_RDEV_MINOR_8 : 0);
}

static unsigned
flags_of(const struct flist_form *form, const struct flist_state *st, const struct entry *e)
{
	unsigned f = 0;

	if (S_ISDIR(e->mode)) {
		if (e->top_dir)
			f |= F_TOP_DIR;
		if (e->no_content && form->version >= 30)
			f |= F_NO_CONTENT_DIR;
	}
	if (e->mode == st->mode)
		f |= F_SAME_MODE;
	if (e->mtime == st->mtime)
		f |= F_SAME_TIME;
	if (!form->uid || (st->any && e->uid == st->uid))
		f |= F_SAME_UID;
	else if (e->user != NULL && form->version >= 30)
		f |= F_USER_NAME;
	if (!form->gid || (st->any && e->gid == st->gid))
		f |= F_SAME_GID;
	else if (e->group != NULL && form->version >= 30)
		f |= F_GROUP_NAME;
	if (e->nsec != 0 && form->version >= 31)
		f |= F_MOD_NSEC;
	if (form->atimes && !S_ISDIR(e->mode) && e->atime == st->atime)
		f |= F_SAME_ATIME;
	if (form->crtimes && e->crtime == e->mtime)
		f |= F_CRTIME_EQ_MTIME;
	if (form->hard_links && e->linked && form->version >= 28)
		f |= F_HLINKED | (form->version >= 30 ? (e->link_first ? F_HLINK_FIRST : 0) :
		    e->dev == st->dev ? F_SAME_DEV : 0);
	return has_rdev(form, e->mode) ? f | rdev_flags(form, st, e) : f;
}

static void
flags_put(struct buf *b, const struct flist_form *form, unsigned f, bool dir)
{
	if (varint_flags(form)) {
		put_varint(b, (int32_t)(f == 0 ? F_EXTENDED : f));
	} else if (form->version >= 28) {
		if (f == 0 && !dir)
			f = F_TOP_DIR;		/* means nothing there, and is not 0 */
		if ((f & 0xff00) != 0 || f == 0)
			buf_le16(b, (uint16_t)(f | F_EXTENDED));
		else
			buf_u8(b, (uint8_t)f);
	} else {
		buf_u8(b, (uint8_t)f);
	}
}

static void
rdev_put(struct buf *b, const struct flist_form *form, unsigned f, const struct entry *e)
{
	uint32_t minor = is_special(e->mode) ? 0 : e->rdev_minor;

	if (form->version < 28) {
		if (!(f & F_SAME_RDEV))
			buf_le32(b, rdev_native(e->rdev_major, e->rdev_minor));
		return;
	}
	if (!(f & F_SAME_RDEV_MAJOR))
		put_num(b, form->version, (int32_t)e->rdev_major);
	if (form->version < 30 && (f & F_RDEV_MINOR_8))
		buf_u8(b, (uint8_t)minor);
	else
		put_num(b, form->version, (int32_t)minor);
}

static void
rdev_remember(const struct flist_form *form, struct flist_state *st, const struct entry *e)
{
	bool known = (form->devices && is_device(e->mode)) || (form->specials && is_special(e->mode));

	if (form->version < 28)
		st->rdev = !known ? 0 : is_special(e->mode) ? st->rdev : rdev_native(e->rdev_major, e->rdev_minor);
	else if (form->devices && is_device(e->mode))
		st->rdev_major = e->rdev_major;
}

static void
name_put(struct buf *b, const char *name)
{
	size_t n = strlen(name);

	n = n > 255 ? 255 : n;
	buf_u8(b, (uint8_t)n);
	buf_put(b, name, n);
}

/* The full path of e into dst; its length, or 0 when it does not fit. */
static size_t
path_of(const struct entry *e, char dst[NAME_BYTES_MAX])
{
	size_t d = strlen(e->dir), n = strlen(e->name), at = 0;

	if (d + (d > 0) + n >= NAME_BYTES_MAX)
		return 0;
	memcpy(dst, e->dir, d);
	at = d;
	if (d > 0)
		dst[at++] = '/';
	memcpy(dst + at, e->name, n + 1);
	return at + n;
}

static void
state_remember(const struct flist_form *form, struct flist_state *st, const struct entry *e)
{
	st->mode = e->mode;
	st->mtime = e->mtime;
	st->uid = e->uid;
	st->gid = e->gid;
	if (!S_ISDIR(e->mode))
		st->atime = e->atime;
	rdev_remember(form, st, e);
	st->any = true;
}

void
flist_follow(const struct flist_form *form, struct flist_state *st, const struct entry *first)
{
	state_remember(form, st, first);
}

/* Flags, and the name as what is new behind the previous one. */
static void
name_part_put(struct buf *b, const struct flist_form *form, const struct flist_state *st, unsigned *f,
    const char *path, size_t len, bool dir)
{
	size_t same = 0;

	while (same < st->path_len && same < len && same < 255 && st->path[same] == path[same])
		same++;
	if (same > 0)
		*f |= F_SAME_NAME;
	if (len - same > 255 || (form->version < 28 && *f == 0 && dir))
		*f |= F_LONG_NAME;
	else if (form->version < 28 && *f == 0)
		*f |= F_TOP_DIR;
	flags_put(b, form, *f, dir);
	if (*f & F_SAME_NAME)
		buf_u8(b, (uint8_t)same);
	if (*f & F_LONG_NAME)
		put_num(b, form->version, (int32_t)(len - same));
	else
		buf_u8(b, (uint8_t)(len - same));
	buf_put(b, path + same, len - same);
}

static void
times_and_mode_put(struct buf *b, const struct flist_form *form, unsigned f, const struct entry *e)
{
	put_size(b, form->version, e->size);
	if (!(f & F_SAME_TIME) && form->version >= 30)
		put_varlong(b, e->mtime, 4);
	else if (!(f & F_SAME_TIME))
		buf_le32(b, (uint32_t)e->mtime);
	if (f & F_MOD_NSEC)
		put_varint(b, (int32_t)e->nsec);
	if (form->crtimes && !(f & F_CRTIME_EQ_MTIME))
		put_varlong(b, e->crtime, 4);
	if (!(f & F_SAME_MODE))
		buf_le32(b, e->mode);
	if (form->atimes && !S_ISDIR(e->mode) && !(f & F_SAME_ATIME))
		put_varlong(b, e->atime, 4);
}

static void
ids_put(struct buf *b, const struct flist_form *form, unsigned f, const struct entry *e)
{
	if (!(f & F_SAME_UID)) {
		put_num(b, form->version, (int32_t)e->uid);
		if (form->version >= 30 && (f & F_USER_NAME))
			name_put(b, e->user);
	}
	if (!(f & F_SAME_GID)) {
		put_num(b, form->version, (int32_t)e->gid);
		if (form->version >= 30 && (f & F_GROUP_NAME))
			name_put(b, e->group);
	}
}

/* Below 30 hard links are told by device and inode: at 27 of every regular file. */
static bool
has_inode(const struct flist_form *form, bool linked, uint32_t mode)
{
	return form->hard_links && form->version < 30 && (form->version < 28 ? S_ISREG(mode) : linked);
}

static void
content_put(struct buf *b, const struct flist_form *form, struct flist_state *st, unsigned f, const struct entry *e,
    const uint8_t *sum)
{
	static const uint8_t zeros[DIGEST_MAX];
	size_t n;

	if (has_rdev(form, e->mode))
		rdev_put(b, form, f, e);
	if (form->links && S_ISLNK(e->mode)) {
		n = strlen(e->link);
		put_num(b, form->version, (int32_t)n);
		buf_put(b, e->link, n);
	}
	if (has_inode(form, e->linked, e->mode)) {
		if (!(f & F_SAME_DEV) || form->version < 28)
			put_longint(b, (int64_t)e->dev + 1);
		put_longint(b, (int64_t)e->ino);
		st->dev = e->dev;
	}
	if (form->sum_len > 0 && (S_ISREG(e->mode) || form->version < 28))
		buf_put(b, sum == NULL ? zeros : sum, form->sum_len);
}

int
flist_put(struct buf *b, const struct flist_form *form, struct flist_state *st, const struct entry *e,
    const uint8_t *sum)
{
	char path[NAME_BYTES_MAX];
	size_t len = path_of(e, path);
	unsigned f = flags_of(form, st, e);

	if (len == 0)
		return E_LIMIT;
	name_part_put(b, form, st, &f, path, len, S_ISDIR(e->mode));
	if (form->version >= 30 && (f & F_HLINKED) && !e->link_first)
		put_varint(b, e->link_ndx);
	if (!e->abbreviated) {
		times_and_mode_put(b, form, f, e);
		ids_put(b, form, f, e);
		content_put(b, form, st, f, e, sum);
	}
	memcpy(st->path, path, len + 1);
	st->path_len = len;
	state_remember(form, st, e);
	return 0;
}

void
flist_end_put(struct buf *b, const struct flist_form *form, int io_error)
{
	bool may_say = form->version >= 31 || (form->version == 30 && (form->compat & CF_SAFE_FLIST) != 0);

	if (varint_flags(form)) {
		put_varint(b, 0);
		put_varint(b, io_error);
	} else if (io_error != 0 && may_say) {
		buf_le16(b, F_EXTENDED | F_ERROR_END);
		put_varint(b, io_error);
	} else {
		buf_u8(b, 0);
	}
}

static unsigned
flags_get(struct cursor *c, const struct flist_form *form)
{
	unsigned f;

	if (varint_flags(form))
		return (unsigned)get_varint(c);
	f = cur_u8(c);
	if (form->version >= 28 && (f & F_EXTENDED))
		f |= (unsigned)cur_u8(c) << 8;
	return f;
}

static void
text_get(struct cursor *c, size_t n, char *dst, size_t size)
{
	const uint8_t *p;

	if (c->err == 0 && (n == 0 || n >= size)) {
		cur_fail(c, E_LIMIT);
		return;
	}
	if ((p = cur_bytes(c, n)) == NULL)
		return;
	if (memchr(p, '\0', n) != NULL) {
		cur_fail(c, E_FORMAT);
		return;
	}
	memcpy(dst, p, n);
	dst[n] = '\0';
}

static size_t
path_get(struct cursor *c, const struct flist_form *form, const struct flist_state *st, unsigned f, char *path)
{
	size_t same = f & F_SAME_NAME ? cur_u8(c) : 0;
	int64_t n = f & F_LONG_NAME ? get_num(c, form->version) : cur_u8(c);

	if (c->err == 0 && (same > st->path_len || n < 0 || (size_t)n >= NAME_BYTES_MAX - same))
		cur_fail(c, E_LIMIT);
	if (c->err != 0)
		return 0;
	memcpy(path, st->path, same);
	path[same] = '\0';
	if (n > 0 || same == 0)		/* "foo" behind "foobar" adds nothing to what both begin with */
		text_get(c, (size_t)n, path + same, NAME_BYTES_MAX - same);
	return same + (size_t)n;
}

static void
rdev_get(struct cursor *c, const struct flist_form *form, const struct flist_state *st, unsigned f, struct entry *e)
{
	uint32_t native;

	if (form->version < 28) {
		native = f & F_SAME_RDEV ? st->rdev : cur_le32(c);
		e->rdev_major = native >> 8 & 0xfff;
		e->rdev_minor = (native & 0xff) | (native >> 12 & ~0xffu);
		return;
	}
	e->rdev_major = f & F_SAME_RDEV_MAJOR ? st->rdev_major : (uint32_t)get_num(c, form->version);
	e->rdev_minor = form->version < 30 && (f & F_RDEV_MINOR_8) ? cur_u8(c) : (uint32_t)get_num(c, form->version);
}

static bool
known_type(uint32_t mode)
{
	return mode <= 0177777 && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || is_device(mode) || is_special(mode));
}

static void
ids_get(struct cursor *c, const struct flist_form *form, const struct flist_state *st, unsigned f,
    struct flist_entry *ret)
{
	struct entry *e = &ret->e;

	if (!form->uid)		/* openrsync leaves the flags of ids that are not asked for clear */
		f |= F_SAME_UID;
	if (!form->gid)
		f |= F_SAME_GID;
	e->uid = f & F_SAME_UID ? st->uid : (uint32_t)get_num(c, form->version);
	if (!(f & F_SAME_UID) && form->version >= 30 && (f & F_USER_NAME)) {
		text_get(c, cur_u8(c), ret->user, sizeof ret->user);
		e->user = ret->user;
	}
	e->gid = f & F_SAME_GID ? st->gid : (uint32_t)get_num(c, form->version);
	if (!(f & F_SAME_GID) && form->version >= 30 && (f & F_GROUP_NAME)) {
		text_get(c, cur_u8(c), ret->group, sizeof ret->group);
		e->group = ret->group;
	}
}

static void
times_and_mode_get(struct cursor *c, const struct flist_form *form, const struct flist_state *st, unsigned f,
    struct entry *e)
{
	e->size = get_size(c, form->version);
	e->mtime = f & F_SAME_TIME ? st->mtime : form->version >= 30 ? get_varlong(c, 4) : (int64_t)cur_le32(c);
	e->nsec = f & F_MOD_NSEC && form->version >= 31 ? (uint32_t)get_varint(c) : 0;
	if (form->crtimes)
		e->crtime = f & F_CRTIME_EQ_MTIME ? e->mtime : get_varlong(c, 4);
	e->mode = f & F_SAME_MODE ? st->mode : cur_le32(c);
	if (c->err == 0 && (e->size < 0 || e->nsec > 999999999 || !(known_type(e->mode) || (form->missing && e->mode == 0))))
		cur_fail(c, E_FORMAT);
	if (form->atimes && !S_ISDIR(e->mode))
		e->atime = f & F_SAME_ATIME ? st->atime : get_varlong(c, 4);
}

static void
content_get(struct cursor *c, const struct flist_form *form, struct flist_state *st, unsigned f,
    struct flist_entry *ret)
{
	struct entry *e = &ret->e;
	const uint8_t *p;
	int64_t n;

	if (has_rdev(form, e->mode))
		rdev_get(c, form, st, f, e);
	if (form->links && S_ISLNK(e->mode)) {
		n = get_num(c, form->version);
		text_get(c, n < 0 ? SIZE_MAX : (size_t)n, ret->link, sizeof ret->link);
		e->link = ret->link;
	}
	if (has_inode(form, e->linked, e->mode)) {
		e->dev = form->version >= 28 && (f & F_SAME_DEV) ? st->dev : (uint64_t)get_longint(c) - 1;
		e->ino = (uint64_t)get_longint(c);
	}
	if (form->sum_len > 0 && (S_ISREG(e->mode) || form->version < 28) && (p = cur_bytes(c, form->sum_len)) != NULL)
		memcpy(ret->sum, p, form->sum_len);
}

/* Flags for features that are not in force break the protocol (hardening W9). */
static bool
flags_fit(const struct flist_form *form, unsigned f)
{
	unsigned allowed = F_KNOWN;

	if (!form->atimes)
		allowed &= ~(unsigned)F_SAME_ATIME;
	if (!form->crtimes)
		allowed &= ~(unsigned)F_CRTIME_EQ_MTIME;
	if (!form->hard_links)
		allowed &= ~(unsigned)(F_HLINKED | F_HLINK_FIRST);
	return (f & ~allowed) == 0 && ((f & F_HLINK_FIRST) == 0 || (f & F_HLINKED) != 0);
}

static void
hlink_get(struct cursor *c, const struct flist_form *form, unsigned f, int32_t list_first, struct entry *e)
{
	e->linked = form->version >= 28 && (f & F_HLINKED) != 0;
	e->link_first = form->version >= 30 && (f & F_HLINK_FIRST) != 0;
	if (form->version < 30 || !e->linked || e->link_first)
		return;
	if ((e->link_ndx = get_varint(c)) < 0)
		cur_fail(c, E_LIMIT);
	e->abbreviated = e->link_ndx >= list_first;
}

int
flist_get(struct cursor *c, const struct flist_form *form, struct flist_state *st, struct flist_entry *ret,
    int32_t list_first, enum flist_item *ret_item, int32_t *ret_io_error)
{
	unsigned f = flags_get(c, form);
	struct entry *e = &ret->e;
	size_t len;

	memset(e, 0, sizeof *e);
	if (c->err == 0 && (f == 0 || (!varint_flags(form) && f == (F_EXTENDED | F_ERROR_END)))) {
		*ret_io_error = varint_flags(form) || f != 0 ? get_varint(c) & IOERR_KNOWN : 0;
		*ret_item = FLIST_END;
		return c->err;
	}
	if (c->err == 0 && !flags_fit(form, f))
		cur_fail(c, E_FORMAT);
	len = path_get(c, form, st, f, ret->path);
	hlink_get(c, form, f, list_first, e);
	if (!e->abbreviated) {
		times_and_mode_get(c, form, st, f, e);
		ids_get(c, form, st, f, ret);
		content_get(c, form, st, f, ret);
		e->top_dir = S_ISDIR(e->mode) && (f & F_TOP_DIR) != 0;
		e->no_content = S_ISDIR(e->mode) && form->version >= 30 && (f & F_NO_CONTENT_DIR) != 0;
	}
	if (c->err != 0)
		return c->err;
	memcpy(st->path, ret->path, len + 1);
	st->path_len = len;
	if (has_inode(form, e->linked, e->mode))
		st->dev = e->dev;
	if (!e->abbreviated)
		state_remember(form, st, e);
	e->name = ret->path;
	*ret_item = FLIST_ENTRY;
	return 0;
}

void
idlist_put(struct buf *b, const struct flist_form *form, uint32_t id, const char *name)
{
	put_num(b, form->version, (int32_t)id);
	name_put(b, name);
}

void
idlist_end_put(struct buf *b, const struct flist_form *form, const char *name_of_zero)
{
	put_num(b, form->version, 0);
	if (form->version >= 30 && (form->compat & CF_ID0_NAMES) != 0)
		name_put(b, name_of_zero == NULL ? "" : name_of_zero);
}

int
idlist_get(struct cursor *c, const struct flist_form *form, uint32_t *ret_id, char name[256], bool *ret_end)
{
	const uint8_t *p;
	size_t n;

	*ret_id = (uint32_t)get_num(c, form->version);
	*ret_end = *ret_id == 0;
	name[0] = '\0';
	if (*ret_end && (form->version < 30 || !(form->compat & CF_ID0_NAMES)))
		return c->err;
	n = cur_u8(c);
	if ((p = cur_bytes(c, n)) == NULL)
		return c->err;
	if (memchr(p, '\0', n) != NULL)
		return cur_fail(c, E_FORMAT);
	memcpy(name, p, n);
	name[n] = '\0';
	return 0;
}
