/* The options of a client, parsed (rsync(1)); the table of them is option_table.c, what is refused of them refuse.c. */
#include "syncd/policy/options.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/num.h"
#include "syncd/policy/option_table.h"
#include "syncd/policy/refuse.h"

struct parse {
	char *const *v;
	size_t n, i;		/* i: the argument being read */
	struct options *o;
	char *message;
	bool implied;		/* by an option that stands for others */
};

static int
refuse(struct parse *p, const struct option_row *row)
{
	char letter[8] = "";

	if (row->name[0] == '\0') {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: The server is configured to refuse -%c", row->letter);
		return E_UNSUPPORTED;
	}
	if (row->letter != 0)
		snprintf(letter, sizeof letter, " (-%c)", row->letter);
	snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: The server is configured to refuse --%s%s", row->name, letter);
	return E_UNSUPPORTED;
}

static int
bad_value(struct parse *p, const struct option_row *row, const char *value)
{
	snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: --%s=%.64s is invalid", row->name, value);
	return E_FORMAT;
}

static bool
takes_value(enum option_kind k)
{
	return k == K_TEXT || k == K_NUMBER || k == K_SIZE || k == K_DEST || k == K_RULE || k == K_CHOWN || k == K_MAP || k == K_REFUSE_TEXT;
}

/* All alternate directories of one request are of one kind (rsync-wire 1.10). */
static int
add_dest(struct parse *p, const struct option_row *row, const char *value)
{
	struct options *o = p->o;

	if (o->alt_kind != ALT_NONE && o->alt_kind != (enum alt_kind)row->at) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "You may not mix --compare-dest, --copy-dest, and --link-dest.");
		return E_FORMAT;
	}
	if (o->n_alt == ALT_DEST_MAX) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "ERROR: at most %d --%s args may be specified", ALT_DEST_MAX, row->name);
		return E_FORMAT;
	}
	o->alt_kind = (enum alt_kind)row->at;
	o->alt_dest[o->n_alt++] = value;
	return 0;
}

static int
add_rule(struct parse *p, const struct option_row *row, const char *value)
{
	struct options *o = p->o;

	if (o->n_rules == OPTION_RULES_MAX) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: at most %d rules may be options", OPTION_RULES_MAX);
		return E_FORMAT;
	}
	o->rules[o->n_rules++] = (struct option_rule){ (enum option_rule_kind)row->at, value };
	return 0;
}

/* --usermap or --groupmap, of which there is one, and none beside a --chown of the same. */
static int
set_map(struct parse *p, const struct option_row *row, const char *value)
{
	struct options *o = p->o;
	const char **map = (const char **)((char *)o + row->at);
	bool by_chown = *map == o->chown_user || *map == o->chown_group;

	if (*map == NULL) {
		*map = value;
		return 0;
	}
	snprintf(p->message, OPTIONS_MESSAGE_MAX, by_chown ? "rsync: --%s conflicts with prior --chown." :
	    "rsync: You can only specify --%s once.", row->name);
	return E_UNSUPPORTED;
}

/* One half of --chown, as a map: into text[OPTION_NAME_MAX + 3]. */
static int
chown_half(struct parse *p, const char **map, char *text, const char *what, const char *name, size_t n)
{
	if (n == 0)
		return 0;
	if (*map == text) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: You can only specify a %s-affecting --chown once.", what);
		return E_UNSUPPORTED;
	}
	if (*map != NULL) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: --chown conflicts with prior --%smap.", what);
		return E_UNSUPPORTED;
	}
	if (n > OPTION_NAME_MAX) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: --chown has a name that is too long");
		return E_FORMAT;
	}
	snprintf(text, OPTION_NAME_MAX + 3, "*:%.*s", (int)n, name);
	*map = text;
	return 0;
}

/* "USER:GROUP", of which either may be missing. */
static int
chown_all(struct parse *p, const char *value)
{
	struct options *o = p->o;
	const char *colon = strchr(value, ':');
	int r = chown_half(p, &o->usermap, o->chown_user, "user", value, colon == NULL ? strlen(value) : (size_t)(colon - value));

	return r != 0 || colon == NULL ? r : chown_half(p, &o->groupmap, o->chown_group, "group", colon + 1, strlen(colon + 1));
}

/* A size as clients write it: digits with a fraction, a unit (b, k, m, g, t, p; with "iB" or "B" behind
 * it, the latter in powers of 1000), and "+1" or "-1" at the end.  False when it is none. */
static bool
parse_size(const char *text, int64_t *ret)
{
	static const char units[] = "bkmgtp";
	char *end;
	const char *u;
	double v, step = 1024;
	int64_t extra = 0;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return false;
	v = strtod(text, &end);
	if (*end != '\0' && (u = strchr(units, tolower((unsigned char)*end))) != NULL) {
		end++;
		if (strncasecmp(end, "ib", 2) == 0)
			end += 2;
		else if (tolower((unsigned char)*end) == 'b') {
			step = 1000;
			end++;
		}
		for (ptrdiff_t i = u - units; i > 0; i--)
			v *= step;
	}
	if ((*end == '+' || *end == '-') && end[1] == '1') {
		extra = *end == '+' ? 1 : -1;
		end += 2;
	}
	if (*end != '\0' || v < 0 || v > 9e18)
		return false;
	*ret = (int64_t)v + extra;
	return true;
}

static int apply(struct parse *p, const struct option_row *row, const char *value);

/* None of them takes a value or stands for others. */
static int
apply_also(struct parse *p, const char *also)
{
	int r = 0;

	p->implied = true;	/* whether they are refused was asked with the one that stands for them */
	while (*also != '\0' && r == 0) {
		size_t n = strcspn(also, " ");

		r = apply(p, option_by_name(also, n), NULL);
		also += n + (also[n] == ' ');
	}
	p->implied = false;
	return r;
}

static int
apply_number(struct parse *p, const struct option_row *row, const char *value)
{
	int64_t number;

	if (num_parse(value, row->min, row->max, &number) != 0)
		return bad_value(p, row, value);
	*(int64_t *)((char *)p->o + row->at) = number;
	p->o->level_given |= row->at == offsetof(struct options, compress_level);
	return 0;
}

static int
apply_size(struct parse *p, const struct option_row *row, const char *value)
{
	int64_t number;

	if (!parse_size(value, &number))
		return bad_value(p, row, value);
	if (number != 0 && number < row->min) {	/* 0 is no bound of the client's; ours holds all the same */
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: --%s=%.64s is too small (min: %" PRId64 ")", row->name, value, row->min);
		return E_UNSUPPORTED;
	}
	*(int64_t *)((char *)p->o + row->at) = number;
	return 0;
}

static int
take_effect(struct parse *p, const struct option_row *row, const char *value)
{
	char *base = (char *)p->o;

	switch (row->kind) {
	case K_COUNT:
		++*(int *)(base + row->at);
		return 0;
	case K_CLEAR:
		*(int *)(base + row->at) = 0;
		return 0;
	case K_TEXT:
		*(const char **)(base + row->at) = value;
		return 0;
	case K_CLEAR_APPEND:
		p->o->append = p->o->append_verify = 0;
		return 0;
	case K_CLEAR_TEXT:
		*(const char **)(base + row->at) = NULL;
		return 0;
	case K_CLEAR_NUMBER:
		*(int64_t *)(base + row->at) = 0;
		return 0;
	case K_ALSO:
		return apply_also(p, row->also);
	case K_RULE:
		return add_rule(p, row, value);
	case K_OWN_RULE:
		return add_rule(p, row, row->also);
	case K_CHOWN:
		return chown_all(p, value);
	case K_MAP:
		return set_map(p, row, value);
	case K_NUMBER:
		return apply_number(p, row, value);
	case K_SIZE:
		return apply_size(p, row, value);
	case K_DEST:
		return add_dest(p, row, value);
	case K_DAEMON:
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: Attempt to hack rsync thwarted!");
		return E_UNSUPPORTED;
	case K_REFUSE:
	case K_REFUSE_TEXT:
		break;
	}
	return refuse(p, row);
}

/* value: behind the '=', or NULL: then a valued option takes the next argument.  One that is refused has its effect all the same: the
 * refusal is told in the set-up that the client expects. */
static int
apply(struct parse *p, const struct option_row *row, const char *value)
{
	const struct option_row *refused = p->implied ? NULL : refuse_row(p->o->refused, row);
	int r;

	if (takes_value(row->kind)) {
		if (value == NULL && p->i + 1 < p->n)
			value = p->v[++p->i];
		if (value == NULL)
			return bad_value(p, row, "");
	}
	r = take_effect(p, row, value);
	return refused == NULL ? r : refuse(p, refused);
}

static int
unknown(struct parse *p, const char *arg)
{
	snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: on remote machine: %.128s: unknown option", arg);
	return E_UNSUPPORTED;
}

static int
long_option(struct parse *p, const char *arg)
{
	const char *name = arg + 2, *eq = strchr(name, '=');
	size_t n = eq == NULL ? strlen(name) : (size_t)(eq - name);
	const struct option_row *row;

	if (strcmp(name, "sender") == 0)
		p->o->sender = true;
	row = option_by_name(name, n);
	return row == NULL ? unknown(p, arg) : apply(p, row, eq == NULL ? NULL : eq + 1);
}

static void
take_letters(struct options *o, const char *text)
{
	const char *dot = strchr(text, '.');	/* "VER.SUB" or "." stands before the letters */
	const char *from = dot == NULL ? text : dot + 1;

	while (*from >= '0' && *from <= '9')
		from++;
	snprintf(o->letters, sizeof o->letters, "%s", from);
}

static int
bundle(struct parse *p, const char *arg)
{
	char text[8];
	int r = 0;

	for (const char *s = arg + 1; *s != '\0' && r == 0; s++) {
		const struct option_row *row = option_by_letter(*s);

		if (*s == 'e' && refuse_row(p->o->refused, option_by_name("rsh", 3)) == NULL) {
			if (s[1] != '\0' || p->i + 1 < p->n)
				take_letters(p->o, s[1] != '\0' ? s + 1 : p->v[++p->i]);
			return 0;
		}
		if (*s == 's')
			p->o->secluded = true;
		if (row == NULL) {
			snprintf(text, sizeof text, "-%c", *s);
			return unknown(p, text);
		}
		if (takes_value(row->kind))	/* the rest */
			return apply(p, row, s[1] != '\0' ? s + 1 : NULL);
		r = apply(p, row, NULL);
	}
	return r;
}

void
options_init(struct options *o, const struct refusals *refused)
{
	*o = (struct options){ .refused = refused, .max_delete = OPTION_UNSET, .min_size = OPTION_UNSET, .max_size = OPTION_UNSET };
}

bool
options_pretend(const struct options *o)
{
	return o->dry_run > 0 || o->only_write_batch != NULL;
}

bool
options_info(const struct options *o, const char *word)
{
	size_t n = strlen(word);
	bool on = false;

	for (const char *p = o->info; p != NULL && *p != '\0'; p += *p == ',') {
		size_t len = strcspn(p, ",");

		if (len >= n && strncasecmp(p, word, n) == 0 && (len == n || (len == n + 1 && isdigit((unsigned char)p[n]))))
			on = len == n || p[n] != '0';
		p += len;
	}
	return on;
}

enum delete_when
options_delete_when(const struct options *o, int version)
{
	if (!options_deletes(o))
		return DELETE_NEVER;
	if (o->del_before > 0)
		return DELETE_BEFORE;
	if (o->del_delay > 0)
		return DELETE_DELAY;
	if (o->del_after > 0)
		return DELETE_AFTER;
	return o->del_during > 0 || version >= 30 ? DELETE_DURING : DELETE_BEFORE;
}

int
options_parse(char *const *v, size_t n, struct options *o, size_t *ret_paths, char message[OPTIONS_MESSAGE_MAX])
{
	struct parse p = { v, n, 0, o, message, false };
	int r = 0, first = 0;
	char first_message[OPTIONS_MESSAGE_MAX];

	*ret_paths = n;
	for (; p.i < n; p.i++) {
		const char *arg = v[p.i];

		if (strcmp(arg, ".") == 0) {
			*ret_paths = p.i + 1;
			break;
		}
		if (arg[0] == '-' && arg[1] == '-')
			r = long_option(&p, arg);
		else if (arg[0] == '-' && arg[1] != '\0')
			r = bundle(&p, arg);
		else		/* a stray word: 3.5.0 sends "(null)" when secluded below protocol 30 */
			continue;
		if (r != 0 && first == 0) {	/* read on: the refusal must travel in a complete set-up */
			first = r;
			memcpy(first_message, message, OPTIONS_MESSAGE_MAX);
		}
	}
	if (first != 0)
		memcpy(message, first_message, OPTIONS_MESSAGE_MAX);
	return first;
}

int
options_check(const struct options *o, char message[OPTIONS_MESSAGE_MAX])
{
	struct parse p = { .message = message };
	const struct option_row *row = refuse_implied(o->refused, o);

	return row == NULL ? 0 : refuse(&p, row);
}
