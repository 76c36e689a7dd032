/* --chmod, "incoming chmod" and "outgoing chmod": parsing and applying changes of modes. */
#include "syncd/policy/chmod.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

enum { CHANGES_MAX = 256 };

struct change {
	bool files, dirs;
	bool masked;		/* nobody was named: the umask bounds what it touches */
	char op;		/* '+', '-', '=' */
	mode_t who;		/* the bits it may touch, but for those in special; '=' clears them */
	mode_t bits;		/* r, w, x of all */
	mode_t special;		/* set-id and sticky bits */
	bool cond_x;		/* 'X': x for directories, and where somebody had it at first */
	mode_t copy;		/* "g=u": 0700, 0070 or 0007; 0: none */
};

struct chmod_list {
	size_t n;
	struct change v[];
};

static const char *
take_who(const char *p, mode_t *who)
{
	static const struct { char c; mode_t bits; } rows[] = { { 'u', 0700 }, { 'g', 0070 }, { 'o', 0007 }, { 'a', 0777 } };

	for (;; p++) {
		size_t i = 0;

		while (i < ARRAY_LEN(rows) && rows[i].c != *p)
			i++;
		if (i == ARRAY_LEN(rows))
			return p;
		*who |= rows[i].bits;
	}
}

/* 's' is the group's where the group was named, else the user's; 't' is nobody's. */
static mode_t
set_ids(mode_t who)
{
	return (who & 0070 ? 02000 : 0) | (who & 0700 || !(who & 0070) ? 04000 : 0);
}

/* Permissions, or somebody to copy them from. */
static const char *
take_what(const char *p, mode_t who, struct change *c)
{
	const char *start = p;

	for (; *p != '\0' && *p != ','; p++)
		switch (*p) {
		case 'r': c->bits |= 0444; break;
		case 'w': c->bits |= 0222; break;
		case 'x': c->bits |= 0111; break;
		case 'X': c->cond_x = true; break;
		case 's': c->special |= set_ids(who); break;
		case 't': c->special |= 01000; break;
		case 'u': c->copy |= 0700; break;
		case 'g': c->copy |= 0070; break;
		case 'o': c->copy |= 0007; break;
		default: return NULL;
		}
	return c->copy != 0 && p - start > 1 ? NULL : p;
}

static const char *
take_octal(const char *p, struct change *c)
{
	mode_t mode = 0;
	size_t n = 0;

	for (; *p >= '0' && *p <= '7' && n < 5; p++, n++)
		mode = mode << 3 | (mode_t)(*p - '0');
	if (n == 0 || mode > 07777)
		return NULL;
	c->op = '=';
	c->who = 07777;
	c->special = mode;
	return p;
}

/* One change, up to a comma or the end; NULL when it is none. */
static const char *
take_change(const char *p, struct change *c)
{
	*c = (struct change){ .files = true, .dirs = true };
	if (*p == 'D' || *p == 'F') {
		c->files = *p == 'F';
		c->dirs = *p == 'D';
		p++;
	}
	if (*p >= '0' && *p <= '9') {
		p = take_octal(p, c);
	} else {
		p = take_who(p, &c->who);
		if (*p != '+' && *p != '-' && *p != '=')
			return NULL;
		c->op = *p;
		p = take_what(p + 1, c->who, c);
		c->masked = c->who == 0;
		if (c->masked)
			c->who = 0777;
		if (c->copy != 0)	/* only a copy takes set-id and sticky bits away */
			c->who |= (c->who & 0700 ? 04000 : 0) | (c->who & 0070 ? 02000 : 0) | (c->who & 0007 ? 01000 : 0);
	}
	return p == NULL || (*p != '\0' && *p != ',') ? NULL : p;
}

int
chmod_parse(const char *text, struct chmod_list **ret)
{
	struct chmod_list *l = calloc(1, sizeof *l + CHANGES_MAX * sizeof l->v[0]);

	if (l == NULL)
		return -ENOMEM;
	for (const char *p = text; p != NULL; p = *p == ',' ? p + 1 : NULL) {
		if (l->n == CHANGES_MAX || (p = take_change(p, &l->v[l->n])) == NULL) {
			chmod_free(l);
			return E_FORMAT;
		}
		l->n++;
	}
	*ret = l;
	return 0;
}

void
chmod_free(struct chmod_list *l)
{
	free(l);
}

static mode_t
bits_of(const struct change *c, mode_t mode, bool x_too, mode_t mask)
{
	mode_t bits = c->bits;

	if (c->cond_x && x_too)
		bits |= 0111;
	if (c->copy & 0700)
		bits |= (mode >> 6 & 7) * 0111;
	if (c->copy & 0070)
		bits |= (mode >> 3 & 7) * 0111;
	if (c->copy & 0007)
		bits |= (mode & 7) * 0111;
	bits &= c->who;
	return (c->masked ? bits & ~mask : bits) | c->special;
}

mode_t
chmod_apply(const struct chmod_list *l, mode_t mode, bool is_dir, mode_t mask)
{
	bool x_too = is_dir || (mode & 0111);

	for (size_t i = 0; i < l->n; i++) {
		const struct change *c = &l->v[i];
		mode_t bits = bits_of(c, mode, x_too, mask);

		if (is_dir ? !c->dirs : !c->files)
			continue;
		if (c->op == '+')
			mode |= bits;
		else if (c->op == '-')
			mode &= ~bits;
		else
			mode = (mode & ~c->who) | bits;
	}
	return mode & 07777;
}
