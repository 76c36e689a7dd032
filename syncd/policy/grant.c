/* What a session is told of its module's parameters, row by row. */
#include "syncd/policy/grant.h"

#include <stdint.h>
#include <string.h>

/* Of the patterns that may not be compressed rsync heeds this one alone (rsyncd-conf section 6). */
static bool
has_star(const char *patterns)
{
	for (const char *at = patterns; at != NULL && *at != '\0'; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		if (at[0] == '*' && (at[1] == '\0' || at[1] == ' '))
			return true;
	}
	return false;
}

static int
number_of(const struct opt *row, const struct module_conf *m)
{
	const char *at = (const char *)m + row->at;

	return row->type == OPT_ATOI ? (int)*(const int64_t *)at : *(const int *)at;
}

void
module_grant_fill(struct module_grant *g, const struct module_conf *m)
{
	for (size_t i = 0; i < conf_n_params; i++) {
		const struct opt *row = &conf_params[i];
		const struct param_use use = param_use(row);
		char *to = (char *)g + use.at;

		if (use.grant == GRANT_FLAG)
			*(bool *)to = number_of(row, m) != 0;
		else if (use.grant == GRANT_NUMBER)
			*(int *)to = number_of(row, m);
		else if (use.grant == GRANT_TEXT)
			*(const char **)to = param_text(row, m);
		else if (use.grant == GRANT_STAR)
			*(bool *)to = has_star(param_text(row, m));
	}
}

void
grant_text_put(struct buf *out, const char *text)
{
	size_t n = text == NULL ? 0 : strlen(text) + 1;

	buf_le32(out, (uint32_t)n);
	buf_put(out, text, n);
}

const char *
grant_text_get(struct cursor *c)
{
	uint32_t n = cur_le32(c);
	const char *s = n == 0 ? NULL : (const char *)cur_bytes(c, n);

	if (s == NULL)
		return NULL;
	if (s[n - 1] != '\0') {
		cur_fail(c, E_FORMAT);
		return NULL;
	}
	return s;
}

void
module_grant_put(struct buf *out, const struct module_grant *g)
{
	for (size_t i = 0; i < conf_n_params; i++) {
		const struct param_use use = param_use(&conf_params[i]);
		const char *at = (const char *)g + use.at;

		if (use.grant == GRANT_NUMBER)
			buf_le32(out, (uint32_t)*(const int *)at);
		else if (use.grant == GRANT_TEXT)
			grant_text_put(out, *(const char *const *)at);
		else if (use.grant != GRANT_NOTHING)
			buf_le32(out, *(const bool *)at);
	}
}

void
module_grant_get(struct cursor *c, struct module_grant *g)
{
	for (size_t i = 0; i < conf_n_params; i++) {
		const struct param_use use = param_use(&conf_params[i]);
		char *at = (char *)g + use.at;

		if (use.grant == GRANT_NUMBER)
			*(int *)at = (int)cur_le32(c);
		else if (use.grant == GRANT_TEXT)
			*(const char **)at = grant_text_get(c);
		else if (use.grant != GRANT_NOTHING)
			*(bool *)at = cur_le32(c) != 0;
	}
}
