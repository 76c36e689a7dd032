#include "client-wrap/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client-wrap/rsync_options.h"
#include "lib/err.h"

static int
complain(char *why, const char *what, const char *arg)
{
	snprintf(why, ARGS_WHY_SIZE, "%s: %.180s", what, arg);
	return E_FORMAT;
}

/* The value of "--name=value", or NULL. */
static const char *
value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static int
check_type(const char *type, char *why)
{
	static const char *const known[] = { "openssl", "gnutls", "stunnel" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i], type) == 0)
			return 1;	/* all the same to us: the TLS is our own */
	return complain(why, "--type is openssl, gnutls or stunnel, not", type);
}

/* An option with a value: 1 and *at, 0 when arg is another, or E_FORMAT. */
static int
take_value(const char *arg, const char *name, const char **at, char *why)
{
	const char *value = value_of(arg, name);

	if (value == NULL)
		return strcmp(arg, name) == 0 ? complain(why, "needs its value after '='", arg) : 0;
	if (value[0] == '\0')
		return complain(why, "is empty; leave it out, or, to turn a check off, say so (--tls-ca=off)", arg);
	*at = value;
	return 1;
}

static int
take_row(const char *arg, struct wrap_args *a, char *why)
{
	int r = 0;

	for (size_t i = 0; i < WRAP_OPTIONS && r == 0; i++) {
		const struct wrap_option_row *row = &wrap_options[i];

		if (row->flag != NULL && row->value != NULL && strcmp(arg, row->flag) == 0) {
			a->value[i] = row->value;
			r = 1;
		} else if (row->flag != NULL && row->value == NULL) {
			r = take_value(arg, row->flag, &a->value[i], why);
		}
	}
	return r != 0 ? r : take_value(arg, "--pin", &a->value[WRAP_PIN], why);
}

/* 1: it was ours, 0: it is not, or E_FORMAT. */
static int
take_ours(const char *arg, struct wrap_args *a, char *why)
{
	const char *type = NULL;
	int r;

	if ((r = take_row(arg, a, why)) != 0 || (r = take_value(arg, "--tls-test", &a->test, why)) != 0 ||
	    (r = take_value(arg, "--join", &a->join, why)) != 0 || (r = take_value(arg, "--renew", &a->renew, why)) != 0)
		return r;
	if (strcmp(arg, "--join-replace") == 0)
		return a->join_replace = 1;
	if ((r = take_value(arg, "--type", &type, why)) != 0)
		return r < 0 ? r : check_type(type, why);
	if (strcmp(arg, "--tls-help") == 0 || strcmp(arg, "--help") == 0)
		return a->help = 1;
	if (strcmp(arg, "--version") == 0 || strcmp(arg, "-V") == 0)
		return a->version = 1;
	return strncmp(arg, "--tls-", 6) == 0 ? complain(why, "unknown option", arg) : 0;
}

static int
copy_theirs(const char *arg, int is_operand, char **ret)
{
	size_t scheme = is_operand ? operand_scheme(arg) : 0, n = strlen(arg) + sizeof "rsync://";

	if ((*ret = malloc(n)) == NULL)
		return -ENOMEM;
	snprintf(*ret, n, "%s%s", scheme > 0 ? "rsync://" : "", arg + scheme);
	return 0;
}

struct split {
	struct wrap_args *a;
	int options;			/* "--" has not come yet */
	const char *before;		/* the option of rsync's whose value stands here, or NULL */
	const char **next;		/* the value of --tls-test, --join or --renew stands here, or NULL */
	const char *next_of;
};

/* What rsync is told about the connection is for us to do: 1: and for us alone. */
static int
note_theirs(struct wrap_args *a, const char *option, const char *value)
{
	if (value != NULL && strcmp(option, "--address") == 0)
		a->value[WRAP_ADDRESS] = value;
	if (value == NULL && (value = value_of(option, "--address")) != NULL)
		a->value[WRAP_ADDRESS] = value;
	if (rsync_option_family(option) != 0)
		a->value[WRAP_FAMILY] = rsync_option_family(option) == '4' ? "4" : "6";
	if (value_of(option, "--contimeout") != NULL)
		a->value[WRAP_CONTIMEOUT] = value_of(option, "--contimeout");
	return value_of(option, "--contimeout") != NULL;
}

static int
keep(struct wrap_args *a, char *arg, int is_operand)
{
	int r = copy_theirs(arg, is_operand, &a->rsync[a->n_rsync]);

	if (r != 0)
		return r;
	a->n_rsync++;
	if (is_operand)
		a->operands[a->n_operands++] = arg;
	return 0;
}

/* The value of the option before. */
static int
take_their_value(struct split *s, char *arg)
{
	const char *option = s->before;

	s->before = NULL;
	if (strcmp(option, "--contimeout") != 0) {
		note_theirs(s->a, option, arg);
		return keep(s->a, arg, 0);
	}
	free(s->a->rsync[--s->a->n_rsync]);
	s->a->rsync[s->a->n_rsync] = NULL;
	s->a->value[WRAP_CONTIMEOUT] = arg;
	return 0;
}

/* Where the next argument goes, for an option of ours that is not spelled with "=". */
static const char **
takes_next(struct wrap_args *a, const char *arg)
{
	if (strcmp(arg, "--tls-test") == 0)
		return &a->test;
	if (strcmp(arg, "--join") == 0)
		return &a->join;
	return strcmp(arg, "--renew") == 0 ? &a->renew : NULL;
}

static int
take_argument(struct split *s, char *arg, char *why)
{
	int r;

	if (s->before != NULL)
		return take_their_value(s, arg);
	if (s->next != NULL) {
		*s->next = arg;
		s->next = NULL;
		return arg[0] == '\0' ? complain(why, "needs its value", s->next_of) : 0;
	}
	if (!s->options || arg[0] != '-' || arg[1] == '\0')
		return keep(s->a, arg, 1);
	if (strcmp(arg, "--") == 0) {
		s->options = 0;
		return keep(s->a, arg, 0);
	}
	if ((s->next = takes_next(s->a, arg)) != NULL) {
		s->next_of = arg;
		return 0;
	}
	if ((r = take_ours(arg, s->a, why)) != 0)
		return r < 0 ? r : 0;
	if (rsync_option_sets_rsh(arg))		/* it would take the place of the TLS without a word */
		return complain(why, "the remote shell is this program's own", arg);
	if (rsync_option_takes_next(arg))
		s->before = arg;
	else if (note_theirs(s->a, arg, NULL))
		return 0;
	return keep(s->a, arg, 0);
}

int
args_split(int argc, char **argv, struct wrap_args *ret, char *why)
{
	struct split s = { ret, 1, NULL, NULL, NULL };
	int r = 0;

	*ret = (struct wrap_args){ .test = NULL };
	ret->rsync = calloc((size_t)argc + 2, sizeof *ret->rsync);	/* one more: args_add_source */
	ret->operands = calloc((size_t)argc + 2, sizeof *ret->operands);
	if (ret->rsync == NULL || ret->operands == NULL)
		return -ENOMEM;
	if (argc == 2 && strcmp(argv[1], "-h") == 0)	/* with others it is rsync's --human-readable */
		ret->help = 1;
	for (int i = 1; i < argc && r == 0; i++)
		r = take_argument(&s, argv[i], why);
	return r == 0 && s.next != NULL ? complain(why, "needs its value", s.next_of) : r;
}

int
args_add_source(struct wrap_args *a, const char *url)
{
	size_t at = a->n_rsync;
	char *copy;

	while (at > 0 && strcmp(a->rsync[at - 1], a->operands[0]) != 0)
		at--;
	if (at == 0 || copy_theirs(url, 1, &copy) != 0)
		return -ENOMEM;
	memmove(&a->rsync[at], &a->rsync[at - 1], (a->n_rsync - at + 1) * sizeof *a->rsync);
	a->rsync[at - 1] = copy;
	a->n_rsync++;
	a->operands[1] = a->operands[0];
	a->operands[0] = (char *)url;
	a->n_operands = 2;
	return 0;
}

void
args_done(struct wrap_args *a)
{
	for (size_t i = 0; i < a->n_rsync; i++)
		free(a->rsync[i]);
	free(a->rsync);
	free(a->operands);
	*a = (struct wrap_args){ .test = NULL };
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

	return at == NULL || (c < '0') ? -1 : (int)(at - digits);
}

static int
pin_hex(const char *text, uint8_t ret[32])
{
	size_t n = 0;

	for (; *text != '\0'; text += 2, n++) {
		int hi, lo;

		if (*text == ':' && n > 0)
			text++;
		if (n == 32 || (hi = hex_digit(text[0])) < 0 || (lo = hex_digit(text[1])) < 0)
			return E_FORMAT;
		ret[n] = (uint8_t)(hi << 4 | lo);
	}
	return n == 32 ? 0 : E_FORMAT;
}

/* 32 bytes are 43 letters and one "=", which may be missing. */
static int
pin_base64(const char *text, uint8_t ret[32])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	size_t n = 0, have = 0;

	for (size_t i = 0; i < 43; i++) {
		const char *at = text[i] == '\0' ? NULL : strchr(letters, text[i]);

		if (at == NULL)
			return E_FORMAT;
		bits = bits << 6 | (uint32_t)(at - letters);
		if ((have += 6) >= 8) {
			have -= 8;
			ret[n++] = (uint8_t)(bits >> have);
		}
	}
	return (bits & 3) == 0 && (strcmp(text + 43, "=") == 0 || text[43] == '\0') ? 0 : E_FORMAT;
}

int
args_pin(const char *text, uint8_t ret[32])
{
	if (strncmp(text, "sha256//", 8) == 0)
		return pin_base64(text + 8, ret);
	return strncmp(text, "sha256:", 7) == 0 ? pin_hex(text + 7, ret) : E_FORMAT;
}

int
args_quote(const char *word, char *dst, size_t size)
{
	size_t at = 0;

	if (size < 3)
		return E_LIMIT;
	dst[at++] = '\'';
	for (; *word != '\0'; word++) {
		if (at + 4 > size)
			return E_LIMIT;
		if (*word == '\'')
			dst[at++] = '\'';
		dst[at++] = *word;
	}
	dst[at++] = '\'';
	dst[at] = '\0';
	return 0;
}
