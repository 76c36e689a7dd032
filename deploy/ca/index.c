#include "deploy/ca/index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "lib/num.h"

enum { LINE_SIZE = PATH_MAX + INDEX_NAME_SIZE + 64, WORDS_MAX = 6 };

static const char HEAD[] = "sallyport-ca 1";
static const char *const kinds[] = { [CERT_CLIENT] = "client", [CERT_SERVER] = "server" };
static const char *const copied[] = { [INDEX_OF_CRL] = "crl", [INDEX_OF_CA] = "ca", [INDEX_OF_CERT] = "cert" };

bool
index_name_ok(const char *name)
{
	static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(name);

	if (n == 0 || n >= INDEX_NAME_SIZE || strchr(alnum, name[0]) == NULL || strstr(name, "..") != NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strchr(alnum, name[i]) == NULL && strchr("._@-", name[i]) == NULL)
			return false;
	return true;
}

static bool
serial_ok(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < CERT_SERIAL_SIZE && strspn(text, "0123456789ABCDEF") == n;
}

static bool
path_ok(const char *path)
{
	size_t n = strlen(path);

	if (n >= PATH_MAX || path[0] != '/' || path[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
			return false;
	return true;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* Cut a line at single blanks, into at most max words; the last one may hold blanks. */
static size_t
cut(char *line, char *words[], size_t max)
{
	size_t n = 0;

	for (char *at = line; at != NULL; n++) {
		words[n] = at;
		at = n + 1 < max ? strchr(at, ' ') : NULL;
		if (at != NULL)
			*at++ = '\0';
	}
	return n;
}

static int
word_of(const char *const *all, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i], word) == 0)
			return (int)i;
	return -1;
}

static int
take_cert(struct ca_index *x, char *rest)
{
	struct index_cert c;
	char *w[5];
	int kind;

	if (cut(rest, w, ARRAY_LEN(w)) != ARRAY_LEN(w) || !serial_ok(w[0]) || (kind = word_of(kinds, ARRAY_LEN(kinds), w[1])) < 0 ||
	    num_parse(w[2], 1, INT64_MAX, &c.ends) != 0 || num_parse(w[3], 0, INT64_MAX, &c.revoked) != 0 || !index_name_ok(w[4]))
		return E_FORMAT;
	strcpy(c.serial, w[0]);
	strcpy(c.name, w[4]);
	c.kind = (enum cert_kind)kind;
	return index_add(x, &c);
}

static int
take_copy(struct ca_index *x, char *rest)
{
	char *w[2], *named[2] = { (char *)"", NULL };
	int of;

	if (cut(rest, w, 2) != 2 || (of = word_of(copied, ARRAY_LEN(copied), w[0])) < 0)
		return E_FORMAT;
	named[1] = w[1];
	if (of == INDEX_OF_CERT && (cut(w[1], named, 2) != 2 || !index_name_ok(named[0])))
		return E_FORMAT;
	return index_copy(x, (enum index_of)of, named[0], named[1]) == 0 ? 0 : E_FORMAT;
}

/* One line without its end; the first one says what it is, so that another file is not taken for an empty index. */
static int
take_line(struct ca_index *x, char *line, unsigned number)
{
	if (number == 1)
		return strcmp(line, HEAD) == 0 ? 0 : E_FORMAT;
	if (strncmp(line, "cert ", 5) == 0)
		return take_cert(x, line + 5);
	if (strncmp(line, "copy ", 5) == 0)
		return take_copy(x, line + 5);
	if (strncmp(line, "deployment ", 11) == 0 && x->deployment[0] == '\0')
		return index_deployment(x, line + 11);
	if (strncmp(line, "crl ", 4) == 0 && x->crl == 0)
		return num_parse(line + 4, 0, INT64_MAX - 1, &x->crl);
	return E_FORMAT;
}

int
index_parse(const char *text, size_t n, struct ca_index *ret, unsigned *ret_line)
{
	char line[LINE_SIZE];
	const char *at = text, *end = text + n;
	int r = 0;

	*ret = (struct ca_index){ .n = 0 };
	*ret_line = 1;
	if (n == 0)
		return E_FORMAT;
	for (*ret_line = 0; at < end && r == 0; ) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		++*ret_line;
		if (stop == NULL || (size_t)(stop - at) >= sizeof line || memchr(at, '\0', (size_t)(stop - at)) != NULL)
			return E_FORMAT;
		memcpy(line, at, (size_t)(stop - at));
		line[stop - at] = '\0';
		r = take_line(ret, line, *ret_line);
		at = stop + 1;
	}
	return r == 0 || r == -ENOMEM ? r : E_FORMAT;
}

/* --- writing ------------------------------------------------------------------------------------ */

void
index_put(const struct ca_index *x, struct buf *out)
{
	buf_printf(out, "%s\ncrl %" PRId64 "\n", HEAD, x->crl);
	if (x->deployment[0] != '\0')
		buf_printf(out, "deployment %s\n", x->deployment);
	for (size_t i = 0; i < x->n_copies; i++) {
		const struct index_copy *c = &x->copies[i];

		buf_printf(out, "copy %s %s%s%s\n", copied[c->of], c->name, c->name[0] == '\0' ? "" : " ", c->path);
	}
	for (size_t i = 0; i < x->n; i++) {
		const struct index_cert *c = &x->v[i];

		buf_printf(out, "cert %s %s %" PRId64 " %" PRId64 " %s\n", c->serial, kinds[c->kind], c->ends, c->revoked, c->name);
	}
}

void
index_done(struct ca_index *x)
{
	free(x->v);
	*x = (struct ca_index){ .n = 0 };
}

int
index_deployment(struct ca_index *x, const char *path)
{
	if (!path_ok(path))
		return E_FORMAT;
	memcpy(x->deployment, path, strlen(path) + 1);
	return 0;
}

int
index_add(struct ca_index *x, const struct index_cert *one)
{
	if (!grow(&x->v, sizeof *x->v, x->n, &x->cap))
		return -ENOMEM;
	x->v[x->n++] = *one;
	return 0;
}

/* The same thing at another place, or another thing at this one. */
static bool
is_in_the_way(const struct index_copy *c, const struct index_copy *by)
{
	return (c->of == by->of && strcmp(c->name, by->name) == 0) || strcmp(c->path, by->path) == 0;
}

int
index_copy(struct ca_index *x, enum index_of of, const char *name, const char *path)
{
	struct index_copy one = { .of = of };
	size_t n = 0;

	if (!path_ok(path))
		return E_FORMAT;
	snprintf(one.name, sizeof one.name, "%s", name);
	memcpy(one.path, path, strlen(path) + 1);
	for (size_t i = 0; i < x->n_copies; i++)
		n += !is_in_the_way(&x->copies[i], &one);
	if (n == INDEX_COPIES_MAX)
		return E_LIMIT;
	n = 0;
	for (size_t i = 0; i < x->n_copies; i++)
		if (!is_in_the_way(&x->copies[i], &one))
			x->copies[n++] = x->copies[i];
	x->copies[n++] = one;
	x->n_copies = n;
	return 0;
}

/* --- questions ---------------------------------------------------------------------------------- */

bool
index_copies_to(const struct ca_index *x, const char *path)
{
	for (size_t i = 0; i < x->n_copies; i++)
		if (strcmp(x->copies[i].path, path) == 0)
			return true;
	return false;
}

bool
index_holds(const struct index_cert *c, int64_t now)
{
	return c->revoked == 0 && c->ends > now;
}

const struct index_cert *
index_find(const struct ca_index *x, const char *name, int64_t now)
{
	for (size_t i = x->n; i-- > 0; )
		if (strcmp(x->v[i].name, name) == 0 && index_holds(&x->v[i], now))
			return &x->v[i];
	return NULL;
}

int
index_revoke(struct ca_index *x, const char *what, int64_t now)
{
	int noted = 0, known = 0, by_name = 0;

	for (size_t i = 0; i < x->n; i++)
		by_name = by_name || strcmp(x->v[i].name, what) == 0;
	for (size_t i = 0; i < x->n; i++) {
		struct index_cert *c = &x->v[i];

		if (by_name ? strcmp(c->name, what) != 0 : strcasecmp(c->serial, what) != 0)
			continue;
		known = 1;
		if (index_holds(c, now)) {
			c->revoked = now;
			noted++;
		}
	}
	return known ? noted : -ENOENT;
}
