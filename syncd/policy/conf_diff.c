#include "syncd/policy/conf_diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "syncd/policy/params.h"

struct diff {
	const struct syncd_conf *was, *is;
	conf_warn *told;
	void *arg;
	unsigned lines;
};

static void __attribute__((format(printf, 3, 4)))
tell(struct diff *d, struct conf_place at, const char *fmt, ...)
{
	char line[1200], where[600] = "";
	va_list ap;
	int n;

	if (++d->lines > CONF_DIFF_LINES)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (at.path != NULL && at.line > 0)
		snprintf(where, sizeof where, " (%.500s:%u)", at.path, at.line);
	else if (at.path != NULL)
		snprintf(where, sizeof where, " (%.500s)", at.path);
	if (n >= 0 && (size_t)n + strlen(where) < sizeof line)
		strcpy(line + n, where);
	d->told(d->arg, line);
}

/* The row's value as --dump-config has it, in dst; a word for none. */
static const char *
value(const struct opt *row, const void *conf, struct buf *space, char dst[CONF_DIFF_VALUE + 8])
{
	const char *text, *end;

	buf_clear(space);
	opt_dump(row, 1, conf, space);
	if (buf_len(space) == 0 || (text = buf_cstr(space)) == NULL)
		return "(unset)";
	text += strlen(row->name) + strlen(" = ");
	end = strchr(text, '\n');
	snprintf(dst, CONF_DIFF_VALUE + 8, "%.*s%s", (int)(end - text < CONF_DIFF_VALUE ? end - text : CONF_DIFF_VALUE), text,
	    end - text > CONF_DIFF_VALUE ? "[...]" : "");
	return dst[0] == '\0' ? "(empty)" : dst;
}

/* Compared as a whole, shown cut. */
static bool
same(const struct opt *row, const void *was, const void *is, struct buf *a, struct buf *b)
{
	buf_clear(a);
	buf_clear(b);
	opt_dump(row, 1, was, a);
	opt_dump(row, 1, is, b);
	return buf_len(a) == buf_len(b) && memcmp(buf_head(a), buf_head(b), buf_len(a)) == 0;
}

/* m: the module that the rows are of, NULL: the global part. */
static void
compare(struct diff *d, const struct opt *rows, size_t n, const void *was, const void *is, const struct module_conf *m)
{
	char before[CONF_DIFF_VALUE + 8], after[CONF_DIFF_VALUE + 8], whose[300] = "";
	struct buf a = BUF_INIT, b = BUF_INIT;

	if (m != NULL)
		snprintf(whose, sizeof whose, "[%s] ", m->name);
	for (size_t i = 0; i < n; i++) {
		const struct opt *row = &rows[i];

		if ((row->flags & PARAM_NO_EFFECT) || same(row, was, is, &a, &b))
			continue;
		if (row->flags & PARAM_SECRET)
			tell(d, conf_place(d->is, m, row->name), "%s%s: changed", whose, row->name);
		else
			tell(d, conf_place(d->is, m, row->name), "%s%s: %s -> %s%s", whose, row->name, value(row, was, &a, before), value(row, is, &b, after),
			    row->flags & PARAM_AT_START ? ", from the next start on" : "");
	}
	buf_done(&a);
	buf_done(&b);
}

/* The module of that name, most likely at the same place. */
static const struct module_conf *
find(const struct syncd_conf *c, const struct module_conf *m, size_t at)
{
	return at < c->n_modules && strcmp(c->modules[at].name, m->name) == 0 ? &c->modules[at] : conf_module(c, m->name);
}

void
conf_diff(const struct syncd_conf *was, const struct syncd_conf *is, conf_warn *told, void *arg)
{
	struct diff d = { .was = was, .is = is, .told = told, .arg = arg };
	const struct module_conf *m, *before;
	char text[64];

	compare(&d, conf_globals, conf_n_globals, &was->global, &is->global, NULL);
	for (size_t i = 0; i < is->n_modules; i++) {
		m = &is->modules[i];
		if ((before = find(was, m, i)) != NULL)
			compare(&d, conf_params + 1, conf_n_params - 1, before, m, m);	/* all but `name` */
		else
			tell(&d, (struct conf_place){ m->path_file, m->line }, "module %s added", m->name);
	}
	for (size_t i = 0; i < was->n_modules; i++)
		if (find(is, &was->modules[i], i) == NULL)
			tell(&d, (struct conf_place){ was->modules[i].path_file, 0 }, "module %s removed", was->modules[i].name);
	if (d.lines > CONF_DIFF_LINES) {
		snprintf(text, sizeof text, "%u more changes", d.lines - CONF_DIFF_LINES);
		told(arg, text);
	}
}
