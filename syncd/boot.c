/* What a session is told at its start, written by the monitor and read by the new process. */
#include "syncd/boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what the monitor worked out, one row each; what parameters say: policy/grant.c ------------------------------------------------------ */

enum kind { FLAG, NUMBER };

#define ROW(kind, of, field) { kind, offsetof(struct boot, of.field) }

static const struct {
	enum kind kind;
	size_t at;
} scalars[] = {
	ROW(FLAG, grant, numeric_ids), ROW(FLAG, grant, jailed), ROW(FLAG, grant, munge), ROW(FLAG, grant, confine_links), ROW(FLAG, grant, hooked),
	ROW(NUMBER, id, set_ids), ROW(NUMBER, id, writes), ROW(NUMBER, id, keeps_atimes), ROW(NUMBER, id, jail), ROW(NUMBER, id, priority),
	ROW(NUMBER, grant, shared_rate),
};

static const size_t texts[] = {
	offsetof(struct boot, grant.addr), offsetof(struct boot, grant.host), offsetof(struct boot, grant.user), offsetof(struct boot, grant.path),
	offsetof(struct boot, grant.shadow_refuses), offsetof(struct boot, grant.shadow_place),
};

static void
put_scalars(struct buf *out, const struct boot *b)
{
	for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
		const char *at = (const char *)b + scalars[i].at;

		buf_le32(out, scalars[i].kind == FLAG ? (uint32_t)*(const bool *)at : (uint32_t)*(const int *)at);
	}
}

static void
get_scalars(struct cursor *c, struct boot *b)
{
	for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
		char *at = (char *)b + scalars[i].at;
		uint32_t v = cur_le32(c);

		if (scalars[i].kind == FLAG)
			*(bool *)at = v != 0;
		else
			*(int *)at = (int)v;
	}
}

void
boot_put(struct buf *out, const struct boot *b)
{
	grant_text_put(out, b->grant.module);
	module_grant_put(out, &b->grant.conf);
	put_scalars(out, b);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		grant_text_put(out, *(const char *const *)((const char *)b + texts[i]));
	buf_le32(out, b->id.uid);
	buf_le32(out, b->id.gid);
	buf_le32(out, (uint32_t)b->id.n_groups);
	for (size_t i = 0; i < b->id.n_groups; i++)
		buf_le32(out, b->id.groups[i]);
	buf_le64(out, b->id.memory_max);
	buf_le32(out, (uint32_t)b->n_rules);
	for (size_t i = 0; i < b->n_rules; i++) {
		buf_le32(out, (uint32_t)b->rules[i].source);
		grant_text_put(out, b->rules[i].text);
	}
	buf_le32(out, (uint32_t)b->version);
	buf_le64(out, b->deadline);
	buf_le32(out, (uint32_t)b->n_ahead);
	buf_put(out, b->ahead, b->n_ahead);
}

static void
get_groups(struct cursor *c, struct boot *b)
{
	uint32_t n = cur_le32(c);

	if (n > SESSION_GROUPS_MAX) {
		cur_fail(c, E_FORMAT);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		b->groups[i] = cur_le32(c);
	b->id.groups = b->groups;
	b->id.n_groups = n;
}

static void
get_rules(struct cursor *c, struct boot *b)
{
	uint32_t n = cur_le32(c);

	if (n > BOOT_RULES_MAX) {
		cur_fail(c, E_FORMAT);
		return;
	}
	for (b->n_rules = 0; b->n_rules < n; b->n_rules++) {
		b->rules[b->n_rules].source = (enum rules_source)cur_le32(c);
		b->rules[b->n_rules].text = grant_text_get(c);
	}
}

int
boot_get(struct cursor *c, struct boot *b)
{
	const char *module;

	memset(b, 0, sizeof *b);
	b->id.tree_fd = b->grant.root_fd = b->id.sums_fd = b->grant.sums_fd = -1;
	module = grant_text_get(c);
	if (module == NULL || strlen(module) > MODULE_NAME_MAX)
		return c->err != 0 ? c->err : E_FORMAT;
	strcpy(b->grant.module, module);
	module_grant_get(c, &b->grant.conf);
	get_scalars(c, b);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*(const char **)((char *)b + texts[i]) = grant_text_get(c);
	b->id.uid = cur_le32(c);
	b->id.gid = cur_le32(c);
	get_groups(c, b);
	b->id.memory_max = cur_le64(c);
	get_rules(c, b);
	b->version = (int)cur_le32(c);
	b->deadline = cur_le64(c);
	b->n_ahead = cur_le32(c);
	b->ahead = cur_bytes(c, b->n_ahead);
	return c->err;
}

int
boot_read(int fd, struct buf *ret)
{
	struct stat st;
	uint8_t *at;
	size_t size;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? -EBADF : -errno;
	if (st.st_size > BOOT_SIZE_MAX)
		return E_LIMIT;
	size = (size_t)st.st_size;
	if ((at = buf_reserve(ret, size + 1)) == NULL)
		return ret->err;
	n = pread(fd, at, size, 0);
	if (n != (ssize_t)size)
		return n < 0 ? -errno : E_SHORT;
	buf_commit(ret, size);
	return buf_cstr(ret) == NULL ? -ENOMEM : 0;
}
