/* rsyncd.conf(5): files, sections, includes and settings become typed structs.  Which parameters there are: params.c. */
#include "syncd/policy/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ini.h"
#include "lib/num.h"
#include "lib/opt.h"
#include "lib/trusted.h"
#include "syncd/policy/params.h"
#include "syncd/types.h"

struct loader {
	struct syncd_conf *conf;
	ssize_t module;		/* index being filled, -1 in the global part */
	const struct conf_override *over;
	size_t n_over;
	int over_done;
	int from_memory;
	conf_warn *warn;
	void *warn_arg;
	struct conf_err *e;
};

static int load_file(struct loader *l, const char *path, int depth);

static void
warn_at(const struct loader *l, const struct ini *in, unsigned line, const char *text)
{
	struct conf_err e;
	char out[sizeof e.path + sizeof e.text + 16];

	if (l->warn == NULL)
		return;
	conf_err_set(&e, in->path, line, "%s", text);
	l->warn(l->warn_arg, conf_err_print(&e, out, sizeof out));
}

static void
module_free(struct module_conf *m)
{
	opt_free(conf_params, conf_n_params, m);
	free(m->path_file);
}

void
conf_free(struct syncd_conf *c)
{
	if (c == NULL)
		return;
	opt_free(conf_globals, conf_n_globals, &c->global);
	module_free(&c->defaults);
	for (size_t i = 0; i < c->n_modules; i++)
		module_free(&c->modules[i]);
	free(c->modules);
	for (size_t i = 0; i < c->n_files; i++)
		free(c->files[i].path);
	free(c->files);
	conf_free(c->shadow);
	free(c);
}

static int
copy_defaults(struct module_conf *to, const struct module_conf *from)
{
	memset(to, 0, sizeof *to);
	memcpy(to->places, from->places, sizeof to->places);
	return opt_copy(conf_params, conf_n_params, to, from);
}

static int
new_module(struct loader *l, const struct ini *in, const struct ini_item *it)
{
	struct syncd_conf *c = l->conf;
	struct module_conf *m;

	if (c->n_modules >= CONF_MODULES_MAX)
		return conf_err_set(l->e, in->path, it->line, "more than %d modules", CONF_MODULES_MAX);
	if (strlen(it->name) > MODULE_NAME_MAX)
		return conf_err_set(l->e, in->path, it->line, "module name longer than %d bytes", MODULE_NAME_MAX);
	if ((m = realloc(c->modules, (c->n_modules + 1) * sizeof *m)) == NULL)
		return -ENOMEM;
	c->modules = m;
	m = &c->modules[c->n_modules];
	l->module = (ssize_t)c->n_modules;
	if (copy_defaults(m, &c->defaults) != 0) {
		module_free(m);
		return -ENOMEM;
	}
	c->n_modules++;
	m->line = it->line;
	free(m->name);
	m->name = strdup(it->name);
	m->path_file = strdup(in->path);
	return m->name == NULL || m->path_file == NULL ? -ENOMEM : 0;
}

static int64_t
least(const struct opt *o)
{
	return o->min == 0 && o->max == 0 ? INT64_MIN : o->min;
}

static int64_t
most(const struct opt *o)
{
	return o->min == 0 && o->max == 0 ? INT64_MAX : o->max;
}

static int
set_param(struct loader *l, const struct ini *in, const struct ini_item *it, const struct opt *o, void *conf,
    struct conf_place *place)
{
	char expects[256], text[512];
	int64_t number;
	int r = opt_set(o, conf, it->value);
	bool on = o->type == OPT_BOOL || o->type == OPT_BOOL3 ?
	    strpbrk(it->value, "yYtT1") != NULL && !ini_same_name(INI_RSYNCD, it->value, "-1") : it->value[0] != '\0';

	if (r == E_FORMAT && (o->type == OPT_BOOL || o->type == OPT_BOOL3)) {
		snprintf(text, sizeof text, "Badly formed boolean in configuration file: \"%.200s\".", it->value);
		warn_at(l, in, it->line, text);
		return 0;	/* the previous value stays, as in rsync */
	}
	if (r == E_FORMAT || r == E_LIMIT) {
		snprintf(text, sizeof text, "ignored: %s takes %s", o->name, opt_expects(o, expects, sizeof expects));
		warn_at(l, in, it->line, text);
		return 0;
	}
	if (r != 0)
		return r;
	*place = (struct conf_place){ in->path, it->line };
	if (o->type == OPT_ATOI && it->value[0] != '\0' && num_parse(it->value, least(o), most(o), &number) != 0) {
		snprintf(text, sizeof text, "\"%s\" takes %s: \"%.100s\" is read as %lld", o->name, opt_expects(o, expects, sizeof expects),
		    it->value, (long long)*(const int64_t *)((const char *)conf + o->at));
		warn_at(l, in, it->line, text);
	}
	if (o->flags & PARAM_NO_EFFECT && on) {
		snprintf(text, sizeof text, "\"%s\" has no effect in this version", o->name);
		warn_at(l, in, it->line, text);
	}
	return 0;
}

static int
take_setting(struct loader *l, const struct ini *in, const struct ini_item *it)
{
	const struct opt *o = opt_find(conf_globals, conf_n_globals, INI_RSYNCD, it->name);
	struct module_conf *m = l->module < 0 ? &l->conf->defaults : &l->conf->modules[l->module];
	char text[512];

	if (it->name[0] == '-') {
		snprintf(text, sizeof text, "IGNORING parameter \"%.200s\"", it->name);
		warn_at(l, in, it->line, text);
		return 0;
	}
	if (o != NULL && l->module >= 0) {
		snprintf(text, sizeof text, "Global parameter %s found in module section!", it->name);
		warn_at(l, in, it->line, text);
		return 0;
	}
	if (o != NULL)
		return set_param(l, in, it, o, &l->conf->global, &l->conf->global.places[o - conf_globals]);
	if ((o = opt_find(conf_params, conf_n_params, INI_RSYNCD, it->name)) != NULL)
		return set_param(l, in, it, o, m, &m->places[o - conf_params]);
	snprintf(text, sizeof text, "Unknown Parameter encountered: \"%.200s\"", it->name);
	warn_at(l, in, it->line, text);
	snprintf(text, sizeof text, "IGNORING unknown parameter \"%.200s\"", it->name);
	warn_at(l, in, it->line, text);
	return 0;
}

/* The command line's own settings come last in the global part. */
static int
apply_overrides(struct loader *l, const struct ini *in)
{
	int r = 0;

	if (l->over_done)
		return 0;
	l->over_done = 1;
	for (size_t i = 0; i < l->n_over && r == 0; i++)
		r = take_setting(l, in, &(struct ini_item){ INI_SETTING, 0, l->over[i].name, l->over[i].value });
	return r;
}

static int
take_section(struct loader *l, const struct ini *in, const struct ini_item *it)
{
	int r;

	if (ini_same_name(INI_RSYNCD, it->name, "global")) {
		l->module = -1;
		return 0;
	}
	if ((r = apply_overrides(l, in)) != 0)
		return r;
	for (size_t i = 0; i < l->conf->n_modules; i++)
		if (ini_same_name(INI_RSYNCD, l->conf->modules[i].name, it->name)) {
			l->module = (ssize_t)i;
			return 0;
		}
	return new_module(l, in, it);
}

static int
wanted_entry(const struct dirent *d, const char *suffix)
{
	return fnmatch(suffix, d->d_name, 0) == 0;
}

static int
wants_conf(const struct dirent *d)
{
	return wanted_entry(d, "*.conf");
}

static int
wants_inc(const struct dirent *d)
{
	return wanted_entry(d, "*.inc");
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* &include: the file starts and ends in the global part, and leaves the defaults as they were. */
static int
load_isolated(struct loader *l, const char *path, int depth)
{
	struct module_conf saved;
	int r;

	if ((r = copy_defaults(&saved, &l->conf->defaults)) != 0) {
		module_free(&saved);
		return r;
	}
	l->module = -1;
	r = load_file(l, path, depth);
	l->module = -1;
	module_free(&l->conf->defaults);
	l->conf->defaults = saved;
	return r;
}

static struct conf_file
look_of(const char *path)
{
	struct conf_file f = { .path = NULL };
	struct stat st;

	if (stat(path, &st) == 0)
		f = (struct conf_file){ NULL, st.st_dev, st.st_ino, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
	return f;
}

bool
conf_changed(const struct syncd_conf *c)
{
	for (size_t i = 0; i < c->n_files; i++) {
		const struct conf_file *was = &c->files[i], now = look_of(was->path);

		if (now.dev != was->dev || now.ino != was->ino || now.size != was->size || now.mtime != was->mtime ||
		    now.mtime_nsec != was->mtime_nsec)
			return true;
	}
	return c->shadow != NULL && conf_changed(c->shadow);
}

void
conf_stamp(struct syncd_conf *c)
{
	for (size_t i = 0; i < c->n_files; i++) {
		char *path = c->files[i].path;

		c->files[i] = look_of(path);
		c->files[i].path = path;
	}
	if (c->shadow != NULL)
		conf_stamp(c->shadow);
}

/* Before it is read: what changes meanwhile will be seen. */
static int
remember_file(struct syncd_conf *c, const char *path)
{
	struct conf_file *files = realloc(c->files, (c->n_files + 1) * sizeof *files);

	if (files == NULL)
		return -ENOMEM;
	c->files = files;
	files[c->n_files] = look_of(path);
	if ((files[c->n_files].path = strdup(path)) == NULL)
		return -ENOMEM;
	c->n_files++;
	return 0;
}

static int
load_dir(struct loader *l, const char *dir, int merge, int depth)
{
	struct dirent **names;
	char path[4096 + 256];
	int n, r = remember_file(l->conf, dir), fd;

	if (r != 0)
		return r;
	if ((fd = trusted_dir(dir)) < 0)
		return conf_err_set(l->e, dir, 0, "cannot list: %s", strerror(-fd));
	n = scandirat(fd, ".", &names, merge ? wants_inc : wants_conf, by_bytes);
	close(fd);
	if (n < 0)
		return conf_err_set(l->e, dir, 0, "cannot list: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		if (r == 0)
			r = merge ? load_file(l, path, depth) : load_isolated(l, path, depth);
		free(names[i]);
	}
	free(names);
	return r;
}

static int
take_directive(struct loader *l, const struct ini *in, const struct ini_item *it, int depth)
{
	int merge = strcasecmp(it->name, "merge") == 0;
	char path[4096];
	struct stat st;

	if (!merge && strcasecmp(it->name, "include") != 0)
		return conf_err_set(l->e, in->path, it->line, "Unknown directive: &%.200s.", it->name);
	if (l->from_memory)
		return conf_err_set(l->e, in->path, it->line, "no includes here");
	if (depth >= CONF_INCLUDE_DEPTH)
		return conf_err_set(l->e, in->path, it->line, "includes nested deeper than %d", CONF_INCLUDE_DEPTH);
	snprintf(path, sizeof path, "%s", it->value);	/* it->value dies with the next line */
	if (stat(path, &st) < 0)
		return conf_err_set(l->e, in->path, it->line, "&%s %.200s: %s", it->name, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return load_dir(l, path, merge, depth + 1);
	if (!S_ISREG(st.st_mode))
		return conf_err_set(l->e, in->path, it->line, "&%s %.200s: neither a file nor a directory", it->name, path);
	return merge ? load_file(l, path, depth + 1) : load_isolated(l, path, depth + 1);
}

static int
load_text(struct loader *l, const char *path, const char *text, size_t size, int depth)
{
	struct ini_item it;
	struct ini in;
	int r;

	ini_init(&in, INI_RSYNCD, path, text, size);
	while ((r = ini_next(&in, &it, l->e)) == 0 && it.kind != INI_END) {
		if (it.kind == INI_SECTION)
			r = take_section(l, &in, &it);
		else if (it.kind == INI_SETTING)
			r = take_setting(l, &in, &it);
		else if (it.kind == INI_DIRECTIVE)
			r = take_directive(l, &in, &it, depth);
		else
			warn_at(l, &in, it.line, "ignored: a line without '='");
		if (r != 0)
			break;
	}
	if (r == 0 && depth == 0)
		r = apply_overrides(l, &in);
	ini_done(&in);
	return r;
}

static int
load_file(struct loader *l, const char *path, int depth)
{
	struct buf text = BUF_INIT;
	int r;

	if ((r = remember_file(l->conf, path)) == 0 && (r = ini_slurp(path, &text, l->e)) == 0)
		r = load_text(l, l->conf->files[l->conf->n_files - 1].path, (const char *)buf_head(&text), buf_len(&text), depth);
	buf_done(&text);
	return r;
}

/* A string unset in a module and in the defaults at its line is looked up in the defaults as
 * they are at the end of the file (rsyncd-conf section 1). */
static int
late_strings(struct syncd_conf *c)
{
	for (size_t i = 0; i < c->n_modules; i++) {
		struct module_conf *m = &c->modules[i];

		for (size_t k = 0; k < conf_n_params; k++) {
			char **mine = (char **)((char *)m + conf_params[k].at);
			char *const *late = (char *const *)((const char *)&c->defaults + conf_params[k].at);

			if ((conf_params[k].type != OPT_STR && conf_params[k].type != OPT_PATH) || *mine != NULL || *late == NULL)
				continue;
			if ((*mine = strdup(*late)) == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

static int
remember_once(struct syncd_conf *c, const char *path)
{
	bool known = path == NULL || path[0] == '\0';

	for (size_t k = 0; k < c->n_files && !known; k++)
		known = strcmp(c->files[k].path, path) == 0;
	return known ? 0 : remember_file(c, path);
}

/* What decides beside the configuration is looked at with it. */
static int
remember_others(struct syncd_conf *c)
{
	int r = remember_once(c, c->global.shadow_policy);

	for (size_t i = 0; i < c->n_modules && r == 0; i++)
		r = remember_once(c, c->modules[i].tls_groups_file);
	return r;
}

static int
load(struct loader *l, const char *path, const char *text, size_t size, struct syncd_conf **ret)
{
	struct syncd_conf *c = calloc(1, sizeof *c);
	int r = -ENOMEM;

	memset(l->e, 0, sizeof *l->e);
	l->conf = c;
	l->module = -1;
	if (c == NULL || opt_defaults(conf_globals, conf_n_globals, &c->global) != 0 ||
	    opt_defaults(conf_params, conf_n_params, &c->defaults) != 0)
		goto fail;
	if ((r = text == NULL ? load_file(l, path, 0) : load_text(l, path, text, size, 0)) != 0)
		goto fail;
	if ((r = late_strings(c)) != 0 || (!l->from_memory && (r = remember_others(c)) != 0))
		goto fail;
	*ret = c;
	return 0;
fail:
	conf_free(c);
	return r == E_CONF ? r : conf_err_set(l->e, path, 0, "%s", err_text(r));
}

int
conf_load(const char *path, const struct conf_override *over, size_t n_over, conf_warn *warn, void *arg,
    struct syncd_conf **ret, struct conf_err *e)
{
	struct loader l = { .over = over, .n_over = n_over, .warn = warn, .warn_arg = arg, .e = e };

	return load(&l, path, NULL, 0, ret);
}

int
conf_load_text(const char *path, const char *text, size_t size, conf_warn *warn, void *arg,
    struct syncd_conf **ret, struct conf_err *e)
{
	struct loader l = { .from_memory = 1, .warn = warn, .warn_arg = arg, .e = e };

	return load(&l, path, text, size, ret);
}

const struct module_conf *
conf_module(const struct syncd_conf *c, const char *name)
{
	for (size_t i = c->n_modules; i-- > 0;)
		if (strcmp(c->modules[i].name, name) == 0)
			return &c->modules[i];
	return NULL;
}

struct conf_place
conf_place(const struct syncd_conf *c, const struct module_conf *m, const char *name)
{
	const struct opt *o = m == NULL ? opt_find(conf_globals, conf_n_globals, INI_RSYNCD, name) :
	    opt_find(conf_params, conf_n_params, INI_RSYNCD, name);
	const struct conf_place whole = { c->n_files > 0 ? c->files[0].path : "", 0 };

	if (m == NULL)
		return o != NULL && c->global.places[o - conf_globals].path != NULL ? c->global.places[o - conf_globals] : whole;
	if (o != NULL && m->places[o - conf_params].path != NULL)
		return m->places[o - conf_params];
	if (o != NULL && c->defaults.places[o - conf_params].path != NULL)	/* set at the end of the file */
		return c->defaults.places[o - conf_params];
	return (struct conf_place){ m->path_file, m->line };
}

/* The rows with a field of their own; what has no effect is left out. */
static void
dump_table(const struct opt *table, size_t n, const void *conf, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		if (!(table[i].flags & PARAM_NO_EFFECT))
			opt_dump(&table[i], 1, conf, out);
}

void
conf_dump(const struct syncd_conf *c, struct buf *out)
{
	dump_table(conf_globals, conf_n_globals, &c->global, out);
	for (size_t i = 0; i < c->n_modules; i++) {
		buf_printf(out, "\n[%s]\n", c->modules[i].name);
		dump_table(conf_params + 1, conf_n_params - 1, &c->modules[i], out);	/* all but `name` */
	}
}
