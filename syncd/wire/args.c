/* The client's argument vector, and the shell quoting in it (rsync-wire 1.6). */
#include "syncd/wire/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/types.h"

int
args_append(struct args *a, const char *text, size_t n)
{
	char **v;

	if (a->n >= ARGS_MAX || n > LINE_MAX_BYTES || a->bytes + n > ARGS_BYTES_MAX)
		return E_LIMIT;
	if ((v = realloc(a->v, (a->n + 2) * sizeof *v)) == NULL)
		return -ENOMEM;
	a->v = v;
	if ((v[a->n] = malloc(n + 1)) == NULL)
		return -ENOMEM;
	memcpy(v[a->n], text, n);
	v[a->n][n] = '\0';
	v[++a->n] = NULL;
	a->bytes += n;
	return 0;
}

static const uint8_t *
end_of_arg(const struct cursor *c, bool nul_ended)
{
	if (nul_ended)
		return memchr(c->at, '\0', cur_left(c));
	for (const uint8_t *p = c->at; p < c->end; p++)
		if (*p == '\n' || *p == '\r' || *p == '\0')
			return p;
	return NULL;
}

int
args_get(struct cursor *c, bool nul_ended, struct args *a, bool *ret_end)
{
	const uint8_t *stop = end_of_arg(c, nul_ended);
	size_t n;
	int r;

	if (stop == NULL)
		return cur_left(c) > LINE_MAX_BYTES ? E_LIMIT : E_SHORT;
	if (!nul_ended && *stop == '\0')
		return E_FORMAT;
	n = (size_t)(stop - c->at);
	*ret_end = n == 0;
	if (n > 0 && (r = args_append(a, (const char *)c->at, n)) != 0)
		return r;
	c->at = stop + 1;
	return 0;
}

void
args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
	free(a->v);
	*a = (struct args){ NULL, 0, 0 };
}

void
arg_unquote(char *arg)
{
	char *to = arg;

	for (; *arg != '\0'; arg++) {
		if (*arg == '\\' && arg[1] != '\0')
			arg++;
		*to++ = *arg;
	}
	*to = '\0';
}
