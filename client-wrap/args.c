#include "client-wrap/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client-wrap/rsync_options.h"
#include "lib/err.h"
#include "lib/num.h"

enum { SCHEME_LEN = sizeof "rsyncs://" - 1 };

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
			return 0;	/* all the same to us: the TLS is our own */
	return complain(why, "--type is openssl, gnutls or stunnel, not", type);
}

/* 1: it was ours, 0: it is not, or E_FORMAT. */
static int
take_ours(const char *arg, struct wrap_args *a, char *why)
{
	struct { const char *name; const char **at; } texts[] = {
		{ "--tls-ca", &a->ca }, { "--tls-cert", &a->cert }, { "--tls-key", &a->key }, { "--tls-pin", &a->pin },
		{ "--pin", &a->pin },
	};
	const char *value;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if ((value = value_of(arg, texts[i].name)) != NULL) {
			*texts[i].at = value;
			return 1;
		} else if (strcmp(arg, texts[i].name) == 0) {
			return complain(why, "needs its value after '='", arg);
		}
	if ((value = value_of(arg, "--type")) != NULL)
		return check_type(value, why) == 0 ? 1 : E_FORMAT;
	if (strcmp(arg, "--tls-verbose") == 0)
		return a->verbose = 1;
	if (strcmp(arg, "--tls-help") == 0)
		return a->help = 1;
	return strncmp(arg, "--tls-", 6) == 0 ? complain(why, "unknown option", arg) : 0;
}

/* [user@]host[:port]: a host there must be, and a port must be one. */
static int
check_authority(const char *at, size_t n)
{
	const char *host = at, *end = at + n, *port;
	char digits[8];
	int64_t v;

	for (const char *p = at; p < end; p++)
		if (*p == '@')
			host = p + 1;
	port = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : host;
	if (port == NULL)
		return E_FORMAT;
	port = memchr(port, ':', (size_t)(end - port));
	if ((port == NULL ? end : port) == host)
		return E_FORMAT;
	if (port == NULL)
		return 0;
	n = (size_t)(end - port - 1);
	if (n == 0 || n >= sizeof digits)
		return E_FORMAT;
	memcpy(digits, port + 1, n);
	digits[n] = '\0';
	return num_parse(digits, 1, 65535, &v);
}

static int
copy_theirs(const char *arg, int is_value, char **ret, char *why)
{
	size_t n = strlen(arg) + 1;
	int is_url = !is_value && strncasecmp(arg, "rsyncs://", SCHEME_LEN) == 0;

	if (is_url && check_authority(arg + SCHEME_LEN, strcspn(arg + SCHEME_LEN, "/")) != 0)
		return complain(why, "not a host and port", arg);
	if ((*ret = malloc(n)) == NULL)
		return -ENOMEM;
	if (is_url)
		snprintf(*ret, n, "rsync://%s", arg + SCHEME_LEN);
	else
		memcpy(*ret, arg, n);
	return 0;
}

int
args_split(int argc, char **argv, struct wrap_args *ret, char *why)
{
	int i = 1, r = 0, options = 1, value = 0;	/* value: what stands here belongs to the option before it */

	*ret = (struct wrap_args){ NULL };
	while (i < argc && (r = take_ours(argv[i], ret, why)) == 1)
		i++;
	if (r < 0)
		return r;
	if ((ret->rsync = calloc((size_t)argc + 2, sizeof *ret->rsync)) == NULL)
		return -ENOMEM;
	for (; i < argc; i++) {
		if (options && !value && strcmp(argv[i], "--") == 0)
			options = 0;
		if (options && !value && rsync_option_sets_rsh(argv[i]))	/* it would take the place of the TLS without a word */
			return complain(why, "the remote shell is this program's own", argv[i]);
		if ((r = copy_theirs(argv[i], value, &ret->rsync[ret->n_rsync], why)) != 0)
			return r;
		ret->n_rsync++;
		value = options && !value && rsync_option_takes_next(argv[i]);
	}
	return 0;
}

void
args_done(struct wrap_args *a)
{
	for (size_t i = 0; i < a->n_rsync; i++)
		free(a->rsync[i]);
	free(a->rsync);
	*a = (struct wrap_args){ NULL };
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
