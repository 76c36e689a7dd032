#include "lib/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/num.h"

static void *
field(const struct opt *o, void *conf)
{
	return (char *)conf + o->at;
}

static const void *
field_of(const struct opt *o, const void *conf)
{
	return (const char *)conf + o->at;
}

static int64_t
opt_min(const struct opt *o)
{
	return o->min == 0 && o->max == 0 ? INT32_MIN : o->min;
}

static int64_t
opt_max(const struct opt *o)
{
	return o->min == 0 && o->max == 0 ? INT32_MAX : o->max;
}

const struct opt *
opt_find(const struct opt *table, size_t n, enum ini_dialect dialect, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (ini_same_name(dialect, table[i].name, name))
			return &table[i];
	return NULL;
}

static int
list_append(struct opt_list *l, const char *value)
{
	char **v = realloc(l->v, (l->n + 1) * sizeof *v);

	if (v == NULL)
		return -ENOMEM;
	l->v = v;
	if ((l->v[l->n] = strdup(value)) == NULL)
		return -ENOMEM;
	l->n++;
	return 0;
}

/* It may be a password. */
static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
list_free(struct opt_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		wipe(l->v[i]);
	free(l->v);
	*l = (struct opt_list){ NULL, 0 };
}

static int
set_string(const struct opt *o, char **at, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return -ENOMEM;
	if (o->type == OPT_PATH)
		for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
			copy[n - 1] = '\0';
	wipe(*at);
	*at = copy;
	return 0;
}

static int
set_number(const struct opt *o, int64_t *at, const char *value)
{
	int64_t v;
	int r;

	if (o->type == OPT_INT) {
		if ((r = num_parse(value, opt_min(o), opt_max(o), &v)) != 0)
			return r;
	} else {
		v = num_atoi(value);
		v = v < opt_min(o) ? opt_min(o) : v > opt_max(o) ? opt_max(o) : v;
	}
	*at = v;
	return 0;
}

static int
set_word(const struct opt *o, int *at, const char *value)
{
	for (int i = 0; o->words[i] != NULL; i++)
		if (strcasecmp(o->words[i], value) == 0) {
			*at = i;
			return 0;
		}
	return E_FORMAT;
}

static int
set_bool3(int *at, const char *value)
{
	if (ini_same_name(INI_RSYNCD, value, "unset") || ini_same_name(INI_RSYNCD, value, "-1")) {
		*at = -1;
		return 0;
	}
	return num_bool(value, at);
}

int
opt_set(const struct opt *o, void *conf, const char *value)
{
	switch (o->type) {
	case OPT_STR:
	case OPT_PATH:
		return set_string(o, field(o, conf), value);
	case OPT_INT:
	case OPT_ATOI:
		return set_number(o, field(o, conf), value);
	case OPT_BOOL:
		return num_bool(value, field(o, conf));
	case OPT_BOOL3:
		return set_bool3(field(o, conf), value);
	case OPT_WORD:
		return set_word(o, field(o, conf), value);
	case OPT_LIST:
		return list_append(field(o, conf), value);
	}
	return E_FORMAT;
}

int
opt_defaults(const struct opt *table, size_t n, void *conf)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (table[i].def != NULL)
			r = opt_set(&table[i], conf, table[i].def);
	return r;
}

static int
copy_one(const struct opt *o, void *to, const void *from)
{
	const struct opt_list *list;
	const char *text;
	int r = 0;

	switch (o->type) {
	case OPT_STR:
	case OPT_PATH:
		text = *(char *const *)field_of(o, from);
		return text == NULL ? 0 : set_string(o, field(o, to), text);
	case OPT_INT:
	case OPT_ATOI:
		memcpy(field(o, to), field_of(o, from), sizeof(int64_t));
		return 0;
	case OPT_LIST:
		list = field_of(o, from);
		for (size_t i = 0; i < list->n && r == 0; i++)
			r = list_append(field(o, to), list->v[i]);
		return r;
	default:
		memcpy(field(o, to), field_of(o, from), sizeof(int));
		return 0;
	}
}

int
opt_copy(const struct opt *table, size_t n, void *to, const void *from)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = copy_one(&table[i], to, from);
	return r;
}

void
opt_free(const struct opt *table, size_t n, void *conf)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i].type == OPT_LIST) {
			list_free(field(&table[i], conf));
		} else if (table[i].type == OPT_STR || table[i].type == OPT_PATH) {
			char **at = field(&table[i], conf);

			wipe(*at);
			*at = NULL;
		}
	}
}

static void
dump_one(const struct opt *o, const void *conf, struct buf *out)
{
	static const char *const bools[] = { "unset", "no", "yes" };
	const void *at = field_of(o, conf);
	const struct opt_list *list;

	switch (o->type) {
	case OPT_STR:
	case OPT_PATH:
		if (*(char *const *)at != NULL)
			buf_printf(out, "%s = %s\n", o->name, *(char *const *)at);
		break;
	case OPT_INT:
	case OPT_ATOI:
		buf_printf(out, "%s = %" PRId64 "\n", o->name, *(const int64_t *)at);
		break;
	case OPT_BOOL:
	case OPT_BOOL3:
		buf_printf(out, "%s = %s\n", o->name, bools[*(const int *)at + 1]);
		break;
	case OPT_WORD:
		buf_printf(out, "%s = %s\n", o->name, o->words[*(const int *)at]);
		break;
	case OPT_LIST:
		list = at;
		for (size_t i = 0; i < list->n; i++)
			buf_printf(out, "%s = %s\n", o->name, list->v[i]);
		break;
	}
}

void
opt_dump(const struct opt *table, size_t n, const void *conf, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		dump_one(&table[i], conf, out);
}

const char *
opt_expects(const struct opt *o, char *dst, size_t size)
{
	size_t n = 0;

	switch (o->type) {
	case OPT_INT:
	case OPT_ATOI:
		snprintf(dst, size, "a number from %" PRId64 " to %" PRId64, opt_min(o), opt_max(o));
		break;
	case OPT_BOOL:
	case OPT_BOOL3:
		snprintf(dst, size, "yes or no");
		break;
	case OPT_WORD:
		snprintf(dst, size, "one of");
		for (int i = 0; o->words[i] != NULL && (n = strlen(dst)) < size; i++)
			snprintf(dst + n, size - n, " %s", o->words[i]);
		break;
	default:
		snprintf(dst, size, "a text");
	}
	return dst;
}
