#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libconfig.h>

#include "deploy/model/check.h"
#include "deploy/model/keys.h"
#include "deploy/model/model.h"
#include "deploy/model/scan.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

/* What the model's texts are part of. */
struct model_source {
	config_t conf;
	char path[PATH_MAX], dir[PATH_MAX];
	char *files[MODEL_INCLUDES_MAX];	/* those it includes, with the directory, as messages name them */
};

struct reader {
	struct model *m;
	struct faults *l;
	int err;		/* no memory: sticks */
};

/* libconfig's name of a file as one with its directory; NULL is the file itself. */
static const char *
file_name(struct model_source *s, const char *file)
{
	char path[PATH_MAX + 256];

	if (file == NULL)
		return s->path;
	snprintf(path, sizeof path, "%s/%s", s->dir, file);
	for (size_t i = 0; i < MODEL_INCLUDES_MAX; i++) {
		if (s->files[i] == NULL && (s->files[i] = strdup(path)) == NULL)
			break;
		if (strcmp(s->files[i], path) == 0)
			return s->files[i];
	}
	return file;
}

static struct where
place(const struct reader *r, const config_setting_t *s)
{
	return (struct where){ file_name(r->m->source, config_setting_source_file(s)), config_setting_source_line(s) };
}

/* "door.cert", or "name" of the file itself. */
static const char *
spell(const struct group *g, const struct key *k, char dst[64])
{
	snprintf(dst, 64, "%s%s%s", g->name, g->name[0] == '\0' ? "" : ".", k->name);
	return dst;
}

static void
wrong_type(struct reader *r, const struct group *g, const struct key *k, struct where at)
{
	char name[64], takes[256];

	fault_add(r->l, at, "%s takes %s", spell(g, k, name), key_takes(k, takes, sizeof takes));
}

static void
take_text(struct reader *r, const struct group *g, const struct key *k, const config_setting_t *s, struct m_text *ret)
{
	const char *text = config_setting_get_string(s), *fault = NULL;
	char name[64];

	ret->at = place(r, s);
	if (text == NULL) {
		wrong_type(r, g, k, ret->at);
		return;
	}
	ret->v = text;
	if (text[0] == '\0')
		fault = "is empty; take the line out";
	else if (k->fault != NULL)
		fault = k->fault(text);
	if (fault != NULL && strcmp(k->name, "secret") == 0)
		fault_add(r->l, ret->at, "%s %s", spell(g, k, name), fault);	/* secrets are not repeated */
	else if (fault != NULL)
		fault_add(r->l, ret->at, "%s: \"%s\" %s", spell(g, k, name), text, fault);
}

static void
take_texts(struct reader *r, const struct group *g, const struct key *k, const config_setting_t *s, struct m_texts *ret)
{
	int n = config_setting_length(s);
	char name[64];

	ret->at = place(r, s);
	if (!config_setting_is_array(s) && !config_setting_is_list(s)) {
		wrong_type(r, g, k, ret->at);
		return;
	}
	if (n == 0)
		fault_add(r->l, ret->at, "%s: the list is empty; %s", spell(g, k, name), k->required ? "name at least one" : "take the line out");
	if (n > MODEL_LIST_MAX) {
		fault_add(r->l, ret->at, "%s: the list has more than %d texts; shorten it", spell(g, k, name),
		    MODEL_LIST_MAX);
		n = 0;
	}
	if (n > 0 && (ret->v = calloc((size_t)n, sizeof *ret->v)) == NULL)
		r->err = -ENOMEM;
	if (ret->v == NULL)
		return;
	for (int i = 0; i < n; i++) {
		take_text(r, g, k, config_setting_get_elem(s, (unsigned)i), &ret->v[ret->n]);
		for (size_t old = 0; old < ret->n && ret->v[ret->n].v != NULL; old++)
			if (strcmp(ret->v[old].v, ret->v[ret->n].v) == 0)
				fault_add(r->l, ret->v[ret->n].at, "%s: \"%s\" is there twice; take one out", spell(g,
				    k, name), ret->v[old].v);
		if (ret->v[ret->n].v != NULL)
			ret->n++;
	}
}

static void
take_word(struct reader *r, const struct group *g, const struct key *k, const config_setting_t *s, struct m_number *ret)
{
	const char *text = config_setting_get_string(s);
	char name[64], takes[256];

	if (text == NULL) {
		wrong_type(r, g, k, ret->at);
		return;
	}
	for (int i = 0; k->words[i] != NULL; i++)
		if (strcmp(k->words[i], text) == 0) {
			ret->v = i;
			return;
		}
	fault_add(r->l, ret->at, "%s: \"%s\" is unknown; it takes %s", spell(g, k, name), text,
	    key_takes(k, takes, sizeof takes));
}

static void
take_number(struct reader *r, const struct group *g, const struct key *k, const config_setting_t *s,
    struct m_number *ret)
{
	int type = config_setting_type(s);
	long long v = type == CONFIG_TYPE_INT64 ? config_setting_get_int64(s) : config_setting_get_int(s);
	char name[64], takes[256];

	ret->at = place(r, s);
	if (k->type == KEY_WORD)
		take_word(r, g, k, s, ret);
	else if (k->type == KEY_BOOL && type == CONFIG_TYPE_BOOL)
		ret->v = config_setting_get_bool(s);
	else if (k->type == KEY_BOOL || (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64))
		wrong_type(r, g, k, ret->at);
	else if (v < k->min || v > k->max)
		fault_add(r->l, ret->at, "%s: %lld is out of range; it takes %s", spell(g, k, name), v, key_takes(k,
		    takes, sizeof takes));
	else
		ret->v = v;
}

static void
take(struct reader *r, const struct group *g, const struct key *k, const config_setting_t *s, void *field)
{
	if (k->type == KEY_TEXT)
		take_text(r, g, k, s, field);
	else if (k->type == KEY_TEXTS)
		take_texts(r, g, k, s, field);
	else
		take_number(r, g, k, s, field);
}

static int64_t
default_number(const struct key *k)
{
	int64_t v = 0;

	if (k->type == KEY_BOOL)
		return strcmp(k->def, "true") == 0;
	if (k->type == KEY_NUMBER)
		num_parse(k->def, k->min, k->max, &v);
	for (int i = 0; k->type == KEY_WORD && k->words[i] != NULL; i++)
		if (strcmp(k->words[i], k->def) == 0)
			v = i;
	return v;
}

static int
default_texts(const struct key *k, struct m_texts *ret)
{
	size_t n = 0;

	while (k->defs != NULL && k->defs[n] != NULL)
		n++;
	if (n == 0)
		return 0;
	if ((ret->v = calloc(n, sizeof *ret->v)) == NULL)
		return -ENOMEM;
	for (ret->n = 0; ret->n < n; ret->n++)
		ret->v[ret->n].v = k->defs[ret->n];
	return 0;
}

/* The key is not in the file, or (for numbers) not yet read. */
static int
set_default(const struct key *k, void *field)
{
	if (k->type == KEY_TEXT)
		((struct m_text *)field)->v = k->def;
	else if (k->type == KEY_TEXTS)
		return default_texts(k, field);
	else
		((struct m_number *)field)->v = default_number(k);
	return 0;
}

static int
read_key(struct reader *r, const struct group *g, const struct key *k, const config_setting_t *s, struct where at,
    void *base)
{
	const config_setting_t *own = s == NULL ? NULL : config_setting_get_member(s, k->name);
	void *field = (char *)base + k->at;
	char name[64];
	int e = 0;

	if (own == NULL || k->type == KEY_NUMBER || k->type == KEY_BOOL || k->type == KEY_WORD)
		e = set_default(k, field);
	if (e != 0)
		return e;
	if (own != NULL)
		take(r, g, k, own, field);
	else if (k->required && s != NULL)
		fault_add(r->l, at, k->type == KEY_TEXTS ? "%s is missing; add %s = %s;" : "%s is missing; add %s = \"%s\";", spell(g, k, name),
		    k->name, k->example);
	return 0;
}

static const struct group *
find_group(const char *name)
{
	for (size_t i = 1; i < model_groups_n; i++)
		if (strcmp(model_groups[i].name, name) == 0)
			return &model_groups[i];
	return NULL;
}

static const struct key *
find_key(const struct group *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(g->keys[i].name, name) == 0)
			return &g->keys[i];
	return NULL;
}

static void
unknown(struct reader *r, const struct group *g, const config_setting_t *s)
{
	char known[400] = "";
	size_t n = 0;

	for (size_t i = 0; i < g->n && n < sizeof known; i++)
		n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n == 0 ? "" : ", ", g->keys[i].name);
	for (size_t i = 1; g == model_groups && i < model_groups_n && n < sizeof known; i++)
		n += (size_t)snprintf(known + n, sizeof known - n, ", %s", model_groups[i].name);
	fault_add(r->l, place(r, s), "unknown key \"%.60s\"%s%s; there are %s", config_setting_name(s),
	    g->name[0] == '\0' ? "" : " in ",
	    g->name, known);
}

/* One group of the file, or s NULL: its defaults. */
static int
read_group(struct reader *r, const struct group *g, const config_setting_t *s, void *base)
{
	struct where at = { NULL, 0 };
	int e = 0;

	if (s != NULL)
		at = place(r, s);
	for (int i = 0; s != NULL && i < config_setting_length(s); i++) {
		const config_setting_t *own = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(own);

		if (find_key(g, name) == NULL && (g != model_groups || find_group(name) == NULL))
			unknown(r, g, own);
	}
	for (size_t i = 0; i < g->n && e == 0; i++)
		e = read_key(r, g, &g->keys[i], s, at, base);
	if (g != model_groups)
		*(struct where *)base = at;	/* the first member of each */
	return e;
}

/* A list of groups is a pointer and a count, whatever it points to. */
struct many {
	void *v;
	size_t n;
};

static int
read_many(struct reader *r, const struct group *g, const config_setting_t *s, void *base)
{
	int n = config_setting_length(s), e = 0;
	struct many list = { NULL, 0 };

	if (!config_setting_is_list(s)) {
		fault_add(r->l, place(r, s), "%s takes a list of groups, ( { ... }, { ... } )", g->name);
		return 0;
	}
	if (n > 0 && (list.v = calloc((size_t)n, g->size)) == NULL)
		return -ENOMEM;
	for (int i = 0; i < n && e == 0; i++) {
		const config_setting_t *one = config_setting_get_elem(s, (unsigned)i);

		if (!config_setting_is_group(one))
			fault_add(r->l, place(r, one), "%s takes groups in its list, { ... }", g->name);
		else
			e = read_group(r, g, one, (char *)list.v + g->size * list.n++);
	}
	memcpy(base, &list, sizeof list);
	return e;
}

static int
read_model(struct reader *r)
{
	const config_setting_t *root = config_root_setting(&r->m->source->conf);
	int e = read_group(r, model_groups, root, r->m);

	for (size_t i = 1; i < model_groups_n && e == 0; i++) {
		const struct group *g = &model_groups[i];
		const config_setting_t *s = config_setting_get_member(root, g->name);
		void *base = (char *)r->m + g->at;

		if (g->many)
			e = s == NULL ? 0 : read_many(r, g, s, base);
		else if (s != NULL && !config_setting_is_group(s))
			fault_add(r->l, place(r, s), "%s is a group; write %s = { ... };", g->name, g->name),
			    e = read_group(r, g, NULL, base);
		else
			e = read_group(r, g, s, base);
	}
	return e != 0 ? e : r->err;
}

static void
free_group(const struct group *g, void *base)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->keys[i].type == KEY_TEXTS)
			free(((struct m_texts *)((char *)base + g->keys[i].at))->v);
}

void
model_free(struct model *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < model_groups_n; i++) {
		const struct group *g = &model_groups[i];
		struct many list = { NULL, 0 };

		if (!g->many) {
			free_group(g, (char *)m + g->at);
			continue;
		}
		memcpy(&list, (char *)m + g->at, sizeof list);
		for (size_t k = 0; k < list.n; k++)
			free_group(g, (char *)list.v + g->size * k);
		free(list.v);
	}
	for (size_t i = 0; m->source != NULL && i < MODEL_INCLUDES_MAX; i++)
		free(m->source->files[i]);
	if (m->source != NULL)
		config_destroy(&m->source->conf);
	free(m->source);
	free(m);
}

/* --- the source ------------------------------------------------------------------------ */

struct includes {
	const char *dir;	/* NULL: none are allowed */
	struct faults *l;
	int n, depth;
	size_t left;		/* bytes that may come yet */
};

static void scan_include(void *arg, const char *name, struct where at);

static void
scan_file(struct includes *in, const char *path, struct where at)
{
	struct buf text = BUF_INIT;
	int r = slurp_trusted(path, in->left, &text);

	if (r != 0) {
		fault_add(in->l, at, "%s cannot be included: %s", path,
		    r == -EFBIG ? "all files together are larger than 128 KiB" : trusted_error(r));
	} else {
		in->left -= buf_len(&text);
		in->depth++;
		scan_text(path, (const char *)buf_head(&text), buf_len(&text), in->l, scan_include, in);
		in->depth--;
	}
	buf_wipe(&text);
}

static void
scan_include(void *arg, const char *name, struct where at)
{
	struct includes *in = arg;
	char path[PATH_MAX];

	if (in->dir == NULL || name[0] == '/' || name[0] == '\0' || strstr(name, "..") != NULL) {
		fault_add(in->l, at, "\"%s\" cannot be included; name a file in the directory of this one", name);
		return;
	}
	if (++in->n > MODEL_INCLUDES_MAX || in->depth > 4) {
		fault_add(in->l, at, "too many files are included");
		return;
	}
	snprintf(path, sizeof path, "%s/%s", in->dir, name);
	scan_file(in, path, at);
}

static int
parse(struct model *m, const char *text, const char *dir, struct faults *l)
{
	config_t *conf = &m->source->conf;

	config_set_include_dir(conf, dir == NULL ? "/nowhere" : dir);
	if (config_read_string(conf, text) == CONFIG_TRUE)
		return 0;
	fault_add(l, (struct where){ file_name(m->source, config_error_file(conf)), (unsigned)config_error_line(conf) },
	    "%s; a setting is NAME = VALUE; and texts stand in quotes", config_error_text(conf));
	return E_CONF;
}

static int
build(const char *path, const char *text, size_t n, const char *dir, struct model *m, struct faults *l)
{
	struct includes in = { dir, l, 0, 0, MODEL_FILE_MAX - n };
	struct reader r = { m, l, 0 };
	int e;

	snprintf(m->source->path, sizeof m->source->path, "%s", path);
	snprintf(m->source->dir, sizeof m->source->dir, "%s", dir == NULL ? "" : dir);
	m->at = (struct where){ m->source->path, 0 };
	scan_text(m->source->path, text, n, l, scan_include, &in);
	if (faults_any(l) || parse(m, text, dir, l) != 0)
		return E_CONF;
	if ((e = read_model(&r)) != 0)
		return e;
	model_complete(m);
	model_check(m, l);
	faults_sort(l);
	return faults_any(l) ? E_CONF : 0;
}

/* text has a NUL behind its n bytes. */
static int
load_text(const char *path, const char *text, size_t n, const char *dir, struct model **ret, struct faults *l)
{
	struct model *m = calloc(1, sizeof *m);
	int r = -ENOMEM;

	if (m == NULL || (m->source = calloc(1, sizeof *m->source)) == NULL)
		goto err;
	config_init(&m->source->conf);
	if ((r = build(path, text, n, dir, m, l)) != 0)
		goto err;
	*ret = m;
	return 0;
err:	model_free(m);
	return r;
}

int
model_parse(const char *path, const char *text, size_t n, struct model **ret, struct faults *l)
{
	struct buf copy = BUF_INIT;
	int r;

	if (n > MODEL_FILE_MAX) {
		fault_add(l, (struct where){ path, 0 }, "is larger than 128 KiB");
		return E_CONF;
	}
	buf_put(&copy, text, n);
	if (buf_cstr(&copy) == NULL)
		r = -ENOMEM;
	else
		r = load_text(path, buf_cstr(&copy), n, NULL, ret, l);
	buf_wipe(&copy);
	return r;
}

int
model_load(const char *path, struct model **ret, struct faults *l)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	struct buf text = BUF_INIT;
	int r;

	if (slash != NULL)
		snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if ((r = slurp_trusted(path, MODEL_FILE_MAX, &text)) != 0) {
		fault_add(l, (struct where){ path, 0 }, "%s", r == -EFBIG ? "is larger than 128 KiB" :
		    trusted_error(r));
		r = E_CONF;
	} else if (buf_cstr(&text) == NULL) {
		r = -ENOMEM;
	} else {
		r = load_text(path, buf_cstr(&text), buf_len(&text), dir, ret, l);
	}
	buf_wipe(&text);
	return r;
}
