#include "syncd/policy/identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/utf8.h"
#include "syncd/policy/list.h"

enum kind { KIND_CN, KIND_DNS, KIND_EMAIL, KIND_URI, KIND_KEY, KIND_GROUP };

static const struct {
	const char *prefix;
	char boundary;		/* that a "*" does not cross; '\0': none */
	size_t least;		/* bytes that one stands for */
} kinds[] = {
	[KIND_CN] = { "cn:", '\0', 0 }, [KIND_DNS] = { "dns:", '.', 1 }, [KIND_EMAIL] = { "email:", '@', 1 }, [KIND_URI] = { "uri:", '/', 0 },
	[KIND_KEY] = { "key:", '\0', 0 }, [KIND_GROUP] = { "@", '\0', 0 },
};

/* One word of a list. */
struct rule_word {
	enum kind kind;
	const char *value;	/* behind the kind */
	enum login_access access;
	bool denied;
};

/* --- words ------------------------------------------------------------------------------------- */

static bool
cut_suffix(char *word, const char *suffix)
{
	size_t n = strlen(word), tail = strlen(suffix);

	if (n <= tail || strcmp(word + n - tail, suffix) != 0)
		return false;
	word[n - tail] = '\0';
	return true;
}

static bool
is_group_name(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* NULL, or why no certificate has such a name. */
static const char *
value_fault(const struct rule_word *e)
{
	const char *at = strchr(e->value, '@');

	if (e->value[0] == '\0')
		return "nothing stands behind the kind";
	if (e->kind == KIND_CN)
		return utf8_is_text((const unsigned char *)e->value, strlen(e->value)) ? NULL : "this is no UTF-8, or has control characters";
	if (e->kind == KIND_GROUP)
		return is_group_name(e->value) ? NULL : "a group's name has letters, digits and \"_.-\"";
	if (e->kind == KIND_KEY)
		return strspn(e->value, "0123456789abcdefABCDEF") == IDENTITY_KEY_SIZE - 1 && strlen(e->value) == IDENTITY_KEY_SIZE - 1 ? NULL :
		    "a key has 64 hexadecimal digits";
	if (!is_visible(e->value))
		return "such a name is visible ASCII";
	return e->kind == KIND_EMAIL && (at == NULL || at[1] == '\0' || at == e->value) ? "an address of mail is NAME@DOMAIN" : NULL;
}

/* WORD, which is cut up and has to outlive *E.  NULL, or what is wrong. */
static const char *
parse(char *word, bool within_group, struct rule_word *e)
{
	size_t k = 0;

	*e = (struct rule_word){ .access = LOGIN_AS_MODULE };
	if (!within_group && cut_suffix(word, ":deny"))
		e->denied = true;
	else if (!within_group && cut_suffix(word, ":ro"))
		e->access = LOGIN_READ_ONLY;
	else if (!within_group && cut_suffix(word, ":rw"))
		e->access = LOGIN_READ_WRITE;
	while (k < ARRAY_LEN(kinds) && strncmp(word, kinds[k].prefix, strlen(kinds[k].prefix)) != 0)
		k++;
	if (k == ARRAY_LEN(kinds))
		return "it begins with none of cn: dns: email: uri: key: @";
	if (within_group && k == KIND_GROUP)
		return "a group has no groups in it";
	e->kind = (enum kind)k;
	e->value = word + strlen(kinds[k].prefix);
	return value_fault(e);
}

/* --- groups ------------------------------------------------------------------------------------ */

/* A line of the groups' text that says something: *RET_N bytes without blanks around them; *AT is behind it then.  NULL at the end. */
static const char *
next_text(const char **at, unsigned *number, size_t *ret_n)
{
	const char *begin, *end;

	while (**at != '\0') {
		begin = *at + strspn(*at, " \t\r");
		end = strchrnul(begin, '\n');
		*at = *end == '\0' ? end : end + 1;
		++*number;
		while (end > begin && strchr(" \t\r", end[-1]) != NULL)
			end--;
		*ret_n = (size_t)(end - begin);
		if (end > begin && *begin != '#')
			return begin;
	}
	return NULL;
}

/* The same as a text of its own, the caller's to free.  NULL at the end, or for lack of memory: errno is 0 at the end. */
static char *
next_line(const char **at, unsigned *number)
{
	size_t n;
	const char *text = next_text(at, number, &n);

	errno = 0;
	return text == NULL ? NULL : strndup(text, n);
}

/* "group: entry entry": the entries, the name cut off before them; NULL: it is none. */
static char *
cut_group(char *line)
{
	char *colon = strchr(line, ':'), *end = colon;

	if (colon == NULL)
		return NULL;
	while (end > line && strchr(" \t", end[-1]) != NULL)
		end--;
	*end = '\0';
	return is_group_name(line) ? colon + 1 + strspn(colon + 1, " \t") : NULL;
}

/* The line of the group, the caller's to free, with its entries at *RET.  E_DENIED: there is no such group; -ENOMEM. */
static int
find_group(const char *groups, const char *name, char **ret_line, char **ret)
{
	unsigned number = 0;
	char *line;

	while (groups != NULL && (line = next_line(&groups, &number)) != NULL) {
		if ((*ret = cut_group(line)) != NULL && strcmp(line, name) == 0) {
			*ret_line = line;
			return 0;
		}
		free(line);
	}
	return groups != NULL && errno != 0 ? -ENOMEM : E_DENIED;
}

struct group_name {
	const char *at;
	size_t n;
	unsigned line;
};

static int
by_name(const void *a, const void *b)
{
	const struct group_name *x = a, *y = b;
	int r = memcmp(x->at, y->at, x->n < y->n ? x->n : y->n);

	if (r != 0 || x->n != y->n)
		return r != 0 ? r : x->n < y->n ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

/* The first line that names a group again; 0: none does; -ENOMEM. */
static int
find_repeated(const char *groups)
{
	struct group_name *names = calloc(count_lines(groups), sizeof *names);
	unsigned line = 0, repeated = 0;
	size_t n = 0, length;

	if (names == NULL)
		return -ENOMEM;
	for (const char *text; (text = next_text(&groups, &line, &length)) != NULL; n++) {
		const char *colon = memchr(text, ':', length), *end = colon == NULL ? text : colon;

		while (end > text && strchr(" \t", end[-1]) != NULL)
			end--;
		names[n] = (struct group_name){ text, (size_t)(end - text), line };
	}
	qsort(names, n, sizeof *names, by_name);
	for (size_t i = 1; i < n; i++)
		if (names[i].n > 0 && names[i].n == names[i - 1].n && memcmp(names[i].at, names[i - 1].at, names[i].n) == 0 &&
		    (repeated == 0 || names[i].line < repeated))
			repeated = names[i].line;
	free(names);
	return (int)repeated;
}

/* What is wrong with one line of a groups file, in message. */
static bool
line_fault(char *line, bool is_repeated, char *message, size_t size)
{
	char *entries = cut_group(line), *word;
	const char *fault;
	struct rule_word e;
	struct list l;

	if (entries == NULL) {
		snprintf(message, size, "a line has to be GROUP: ENTRY ...");
		return true;
	}
	if (is_repeated) {
		snprintf(message, size, "group %.100s is there twice", line);
		return true;
	}
	l = list_of(entries);
	while ((word = list_next(&l)) != NULL)
		if ((fault = parse(word, true, &e)) != NULL) {
			snprintf(message, size, "group %.100s: %.200s: %s", line, word, fault);
			return true;
		}
	return false;
}

bool
identity_groups_fault(const char *groups, unsigned *ret_line, char *message, size_t size)
{
	const int repeated = find_repeated(groups);
	const char *at = groups;
	unsigned number = 0;
	bool wrong = false;
	char *line;

	errno = repeated < 0 ? ENOMEM : 0;
	while (!wrong && repeated >= 0 && (line = next_line(&at, &number)) != NULL) {
		wrong = line_fault(line, number == (unsigned)repeated, message, size);
		free(line);
	}
	*ret_line = number;
	if (wrong || errno == 0)
		return wrong;
	snprintf(message, size, "out of memory");
	return true;
}

/* --- matching ----------------------------------------------------------------------------------- */

static bool
same(char a, char b, bool folded)
{
	return a == b || (folded && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* Where the name begins to have no case. */
static const char *
folded_from(enum kind kind, const char *name)
{
	const char *at = strrchr(name, '@');

	return kind == KIND_DNS ? name : kind == KIND_EMAIL && at != NULL ? at : name + strlen(name);
}

/* From each place that is reached, on over the bytes that a "*" may stand for. */
static void
step_star(enum kind kind, const char *name, const bool *reached, bool *next)
{
	for (size_t from = 0; from <= strlen(name); from++)
		for (size_t to = from; reached[from]; to++) {
			next[to] = next[to] || to - from >= kinds[kind].least;
			if (name[to] == '\0' || name[to] == kinds[kind].boundary)
				break;
		}
}

/* The places in the name up to which the pattern matches, one byte of the pattern after the other: as long as both are, squared, whatever
 * somebody has had written into a certificate. */
static bool
matches(enum kind kind, const char *pattern, const char *name)
{
	const char *folded = folded_from(kind, name);
	bool reached[IDENTITY_NAME_SIZE] = { true }, next[IDENTITY_NAME_SIZE];
	size_t n = strlen(name);

	for (; *pattern != '\0'; pattern++) {
		memset(next, 0, sizeof next);
		if (*pattern == '*')
			step_star(kind, name, reached, next);
		else
			for (size_t i = 0; i < n; i++)
				next[i + 1] = reached[i] && same(*pattern, name[i], name + i >= folded);
		memcpy(reached, next, sizeof reached);
	}
	return reached[n];
}

/* The first of the alternative names of that kind that matches, into ret. */
static bool
match_names(const struct rule_word *e, const char *names, char ret[IDENTITY_NAME_SIZE])
{
	size_t prefix = strlen(kinds[e->kind].prefix);

	for (const char *end; *names != '\0'; names = *end == '\0' ? end : end + 1) {
		end = strchrnul(names, '\n');
		if ((size_t)(end - names) >= IDENTITY_NAME_SIZE || strncmp(names, kinds[e->kind].prefix, prefix) != 0)
			continue;
		snprintf(ret, IDENTITY_NAME_SIZE, "%.*s", (int)((size_t)(end - names) - prefix), names + prefix);
		if (ret[0] != '\0' && matches(e->kind, e->value, ret))
			return true;
	}
	return false;
}

/* Is this the certificate that the entry, which is no group, tells of?  Then ret has the name by which it is. */
static bool
match_entry(const struct rule_word *e, const struct identity *id, char ret[IDENTITY_NAME_SIZE])
{
	const char *whole = e->kind == KIND_CN ? id->common_name : id->key;

	if (e->kind != KIND_CN && e->kind != KIND_KEY)
		return match_names(e, id->names, ret);
	if (whole[0] == '\0' || (e->kind == KIND_CN ? !matches(KIND_CN, e->value, whole) : strcasecmp(e->value, whole) != 0))
		return false;
	snprintf(ret, IDENTITY_NAME_SIZE, "%s", whole);
	return true;
}

/* 1, 0, or E_FORMAT or -ENOMEM. */
static int
match_group(const char *groups, const char *name, const struct identity *id, char ret[IDENTITY_NAME_SIZE])
{
	char *line, *entries, *word;
	struct rule_word e;
	struct list l;
	int r = find_group(groups, name, &line, &entries);

	if (r != 0)
		return r == E_DENIED ? E_FORMAT : r;
	l = list_of(entries);
	while (r == 0 && (word = list_next(&l)) != NULL)
		r = parse(word, true, &e) != NULL ? E_FORMAT : match_entry(&e, id, ret);
	free(line);
	return r;
}

/* The same for a word of the rules. */
static int
match_word(char *word, const char *groups, const struct identity *id, struct identity_rule *ret)
{
	struct rule_word e;

	*ret = (struct identity_rule){ .access = LOGIN_AS_MODULE };
	snprintf(ret->word, sizeof ret->word, "%s", word);
	if (parse(word, false, &e) != NULL)
		return E_FORMAT;
	ret->access = e.access;
	ret->denied = e.denied;
	return e.kind == KIND_GROUP ? match_group(groups, e.value, id, ret->name) : match_entry(&e, id, ret->name);
}

int
identity_rule(const char *rules, const char *groups, const struct identity *id, struct identity_rule *ret)
{
	char *text, *word;
	struct list l;
	int r = 0;

	if (!id->tls || !id->verified)
		return E_DENIED;
	if ((text = strdup(rules)) == NULL)
		return -ENOMEM;
	l = list_of(text);
	while (r == 0 && (word = list_next(&l)) != NULL)
		r = match_word(word, groups, id, ret);
	free(text);
	return r == 1 ? 0 : r == 0 ? E_DENIED : r;
}

/* --- faults ------------------------------------------------------------------------------------- */

static bool
word_fault(char *word, const char *groups, char *message, size_t size)
{
	char shown[IDENTITY_WORD_SIZE], *line, *entries;
	struct rule_word e;
	const char *fault;
	int r = 0;

	snprintf(shown, sizeof shown, "%s", word);
	if ((fault = parse(word, false, &e)) == NULL && e.kind == KIND_GROUP) {
		if (groups == NULL)
			fault = "there is no \"tls groups file\"";
		else if ((r = find_group(groups, e.value, &line, &entries)) != 0)
			fault = r == E_DENIED ? "the \"tls groups file\" has no such group" : "out of memory";
		else
			free(line);
	}
	if (fault != NULL)
		snprintf(message, size, "%.200s: %s", shown, fault);
	return fault != NULL;
}

bool
identity_fault(const char *rules, const char *groups, char *message, size_t size)
{
	char *text = strdup(rules), *word;
	bool wrong = text == NULL;
	unsigned words = 0;
	struct list l;

	snprintf(message, size, "out of memory");
	l = list_of(wrong ? (char[1]){ "" } : text);
	while (!wrong && (word = list_next(&l)) != NULL) {
		wrong = word_fault(word, groups, message, size);
		words++;
	}
	free(text);
	if (wrong || words > 0)
		return wrong;
	snprintf(message, size, "there is no entry in it");
	return true;
}

bool
identity_is_plain(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++) {
		char c = name[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!letter && (i == 0 || c == '\0' || strchr("._@-", c) == NULL))
			return false;
	}
	return n > 0 && n <= IDENTITY_PLAIN_MAX;
}
