#include "deploy/status/ends.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/verify/tls.h"
#include "lib/err.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

static void
add(struct status_ends *l, const char *what, const char *name, int64_t days, const char *why)
{
	struct status_end *e;

	if (l->n == ARRAY_LEN(l->v)) {
		l->lost++;
		return;
	}
	e = &l->v[l->n++];
	*e = (struct status_end){ .days = days };
	snprintf(e->what, sizeof e->what, "%s", what);
	snprintf(e->name, sizeof e->name, "%s", name);
	snprintf(e->why.text, sizeof e->why.text, "%s", why);
}

static void
add_file(struct status_ends *l, const char *what, const char *path, int (*look)(const char *path, int *days))
{
	int days = 0, r;

	if (path == NULL)
		return;
	r = look(path, &days);
	add(l, what, path, days, r == 0 ? "" : r == E_FORMAT ? "there is nothing in it" : err_text(r));
}

/* By name, and of one name in the order of their making. */
static int
by_name(const void *a, const void *b)
{
	const struct index_cert *const *x = a, *const *y = b;
	int r = strcmp((*x)->name, (*y)->name);

	return r != 0 ? r : *x < *y ? -1 : *x > *y;
}

/* Those that count, sorted; NULL: no memory. */
static const struct index_cert **
sorted_clients(const struct ca_index *x, int64_t now, size_t *n)
{
	const struct index_cert **v = malloc((x->n + 1) * sizeof *v);

	*n = 0;
	for (size_t i = 0; v != NULL && i < x->n; i++)
		if (x->v[i].kind == CERT_CLIENT && index_holds(&x->v[i], now))
			v[(*n)++] = &x->v[i];
	if (v != NULL)
		qsort(v, *n, sizeof *v, by_name);
	return v;
}

void
ends_clients(const struct ca_index *x, int64_t now, struct status_ends *ret)
{
	size_t n;
	const struct index_cert **v = sorted_clients(x, now, &n);

	ret->clients = v == NULL ? -1 : 0;
	for (size_t i = 0; i < n; i++) {
		const int64_t days = (v[i]->ends - now) / CERT_DAY;

		if (i + 1 < n && strcmp(v[i]->name, v[i + 1]->name) == 0)
			continue;	/* there is a newer one */
		ret->clients++;
		if (days < STATUS_SOON_DAYS)
			add(ret, "client", v[i]->name, days, "");
	}
	free((void *)v);
}

static void
ask_authority(const char *dir, int64_t now, struct status_ends *ret)
{
	char path[PATH_MAX];
	struct buf text = BUF_INIT;
	struct ca_index *x = calloc(1, sizeof *x);
	unsigned line = 0;
	int r;

	snprintf(path, sizeof path, "%s/index", dir);
	r = x == NULL ? -ENOMEM : slurp_trusted(path, INDEX_FILE_MAX, &text);
	if (r != 0)
		add(ret, "clients", path, 0, trusted_error(r));
	else if (index_parse((const char *)buf_head(&text), buf_len(&text), x, &line) != 0)
		add(ret, "clients", path, 0, "not the index of an authority");
	else
		ends_clients(x, now, ret);
	if (x != NULL)
		index_done(x);
	free(x);
	buf_done(&text);
}

void
ends_ask(const struct model *m, int64_t now, struct status_ends *ret)
{
	const struct m_door *d = &m->door;

	ret->n = ret->lost = 0;
	ret->clients = -1;
	if (d->kind.v == M_SSH || model_in_cluster(m))
		return;
	add_file(ret, "certificate", d->cert.v, cert_days);
	add_file(ret, "authority", d->ca.v, cert_days);
	add_file(ret, "revocation list", d->crl.v, crl_days);
	if (model_has_authority(m))
		ask_authority(d->authority_dir.v, now, ret);
}
