/* Names of ids and ids of names, for a session that sees no system files. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "syncd/hooks.h"

enum {
	NAMES_ASKED_MAX = 10000,
};

/* "name converter": a name that fits into a list, or none. */
static int
convert_id(struct monitor *m, int kind, uint32_t id, struct buf *out)
{
	char answer[CONVERTER_LINE_MAX], text[16];
	int r;

	snprintf(text, sizeof text, "%u", (unsigned)id);
	if ((r = hooks_convert(&m->hooks, m->request, &m->args, kind == 'u' ? "uid" : "gid", text, answer)) == 0 && strlen(answer) <= UINT8_MAX)
		buf_text(out, answer);
	return r;
}

/* A number that is an id, or none: nothing else is taken for 0 (hardening A8). */
static int
convert_name(struct monitor *m, int kind, const char *name, struct buf *out)
{
	char answer[CONVERTER_LINE_MAX];
	int64_t id;
	int r;

	if ((r = hooks_convert(&m->hooks, m->request, &m->args, kind == 'u' ? "usr" : "grp", name, answer)) == 0 && isdigit((unsigned char)answer[0]) &&
	    num_parse(answer, 0, UINT32_MAX - 1, &id) == 0)
		buf_le32(out, (uint32_t)id);
	return r;
}

int
answer_name(struct monitor *m, struct cursor *in, struct buf *out)
{
	int kind = cur_u8(in);
	uint32_t id = cur_le32(in);
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;

	if (in->err != 0 || (kind != 'u' && kind != 'g') || ++m->names > NAMES_ASKED_MAX)
		return E_BREACH;
	if (m->hooks.converter != NULL)
		return convert_id(m, kind, id, out);
	if (kind == 'u' && (pw = getpwuid(id)) != NULL)
		buf_text(out, pw->pw_name);
	if (kind == 'g' && (gr = getgrgid(id)) != NULL)
		buf_text(out, gr->gr_name);
	return 0;
}

/* Only names that could stand in a password file are looked up (hardening A9). */
int
answer_id(struct monitor *m, struct cursor *in, struct buf *out)
{
	int kind = cur_u8(in);
	size_t n = cur_left(in);
	char name[256];
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;

	if (in->err != 0 || (kind != 'u' && kind != 'g') || n >= sizeof name || ++m->names > NAMES_ASKED_MAX)
		return E_BREACH;
	memcpy(name, in->at, n);
	name[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == ':')
			return 0;
	if (m->hooks.converter != NULL)
		return n == 0 ? 0 : convert_name(m, kind, name, out);
	if (n > 0 && kind == 'u' && (pw = getpwnam(name)) != NULL)
		buf_le32(out, pw->pw_uid);
	if (n > 0 && kind == 'g' && (gr = getgrnam(name)) != NULL)
		buf_le32(out, gr->gr_gid);
	return 0;
}
