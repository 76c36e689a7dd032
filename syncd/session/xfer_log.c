/* The log of transfers: what a format can tell of an entry. */
#include "syncd/session/xfer_log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "syncd/policy/log_format.h"
#include "syncd/privmsg.h"

bool
xfer_log_wanted(const struct session *s)
{
	const struct module_grant *g = &s->grant.conf;

	return g->transfer_logging && g->log_format != NULL && g->log_format[0] != '\0' && !options_pretend(&s->opt);
}

bool
xfer_log_tells(const struct session *s, const char *escapes)
{
	return xfer_log_wanted(s) && log_format_has(s->grant.conf.log_format, escapes);
}

static const char *
text_or_none(const char *text)
{
	return text == NULL ? "" : text;
}

static char
type_letter(uint32_t mode)
{
	static const struct { uint32_t type; char letter; } types[] = {
		{ S_IFDIR, 'd' }, { S_IFLNK, 'L' }, { S_IFREG, 'f' }, { S_IFBLK, 'D' }, { S_IFCHR, 'D' },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if ((mode & S_IFMT) == types[i].type)
			return types[i].letter;
	return 'S';
}

static char
first_letter(const struct session *s, unsigned flags)
{
	if (flags & ITEM_LOCAL_CHANGE)
		return flags & ITEM_XNAME_FOLLOWS ? 'h' : 'c';
	if (!(flags & ITEM_TRANSFER))
		return '.';
	return s->opt.sender ? '<' : '>';
}

/* Are times set to the moment of the transfer? */
static bool
time_of_transfer(const struct session *s, uint32_t mode)
{
	return !s->opt.times || (S_ISDIR(mode) && s->opt.omit_dir_times) || (S_ISLNK(mode) && s->opt.omit_link_times);
}

/* YXcstpoguax, as rsync(1) has it under --itemize-changes. */
static void
item_letters(const struct session *s, unsigned flags, uint32_t mode, char dst[LOG_FORMAT_ITEM + 1])
{
	static const struct { unsigned flag; char letter; } letters[] = {
		{ REPORT_CHANGE, 'c' }, { REPORT_SIZE, 's' }, { REPORT_TIME, 't' }, { REPORT_PERMS, 'p' }, { REPORT_OWNER, 'o' },
		{ REPORT_GROUP, 'g' }, { REPORT_ATIME, 'u' }, { REPORT_ACL, 'a' }, { REPORT_XATTR, 'x' },
	};
	bool any = false;

	dst[0] = first_letter(s, flags);
	dst[1] = type_letter(mode);
	dst[LOG_FORMAT_ITEM] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		bool set = (flags & letters[i].flag) != 0;

		dst[i + 2] = set ? letters[i].letter : '.';
		any = any || set;
	}
	if (flags & REPORT_TIME && time_of_transfer(s, mode))
		dst[4] = 'T';
	if (flags & ITEM_IS_NEW)
		memset(dst + 2, '+', LOG_FORMAT_ITEM - 2);
	else if (s->proto.version < 29)		/* nobody says */
		memset(dst + 2, '?', LOG_FORMAT_ITEM - 2);
	else if (!any && strchr(".hc", dst[0]) != NULL)
		memset(dst + 2, ' ', LOG_FORMAT_ITEM - 2);
}

static void
put_line(struct session *s, const struct log_facts *f)
{
	struct buf line = BUF_INIT;

	log_format_put(&line, s->grant.conf.log_format, f);
	if (line.err == 0)
		ask_log(s->monitor_fd, LOG_TRANSFER, (const char *)buf_head(&line), buf_len(&line) < TRANSFER_LINE_MAX ? buf_len(&line) : TRANSFER_LINE_MAX);
	buf_done(&line);
}

/* "dir/name"; the top is "dir/.", or "." where that is the module's. */
static void
join(char *dst, size_t size, const char *dir, const char *name)
{
	snprintf(dst, size, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", name);
}

static struct log_facts
facts(const struct session *s)
{
	const struct grant *g = &s->grant;

	return (struct log_facts){ .op = s->opt.sender ? "send" : "recv", .addr = text_or_none(g->addr), .host = text_or_none(g->host),
	    .user = text_or_none(g->user), .module = g->module, .path = text_or_none(g->path), .link_mark = "", .link = "",
	    .gid = s->opt.group ? 0 : -1, .sum_len = strong_len(s->proto.xfer_sum), .pid = getpid(), .now = time(NULL) };
}

static void
link_facts(const struct xfer_entry *e, struct log_facts *f)
{
	if (e->xname != NULL && e->xname[0] != '\0') {
		f->link_mark = " => ";
		f->link = e->xname;
	} else if (e->symlink != NULL) {
		f->link_mark = " -> ";
		f->link = e->symlink;
	}
}

/* Data, or something that is not as it was. */
static bool
is_logged(const struct session *s, unsigned flags)
{
	const unsigned quiet = ITEM_BASIS_TYPE_FOLLOWS | ITEM_XNAME_FOLLOWS | ITEM_LOCAL_CHANGE;

	return flags & ITEM_TRANSFER ? xfer_log_wanted(s) : (flags & ~quiet) != 0 && xfer_log_tells(s, "i");
}

/* As rsync shows it: the numbers of XXH from the highest byte on, and no sum with a seed in it. */
static const uint8_t *
shown_sum(const struct session *s, const uint8_t *sum, uint8_t dst[DIGEST_MAX])
{
	size_t n = strong_len(s->proto.xfer_sum);

	if (sum == NULL || s->proto.version < 30)
		return NULL;
	if (s->proto.xfer_sum != SUM_XXH64 && s->proto.xfer_sum != SUM_XXH3 && s->proto.xfer_sum != SUM_XXH128)
		return sum;
	for (size_t i = 0; i < n; i++)
		dst[i] = sum[n - 1 - i];
	return dst;
}

void
xfer_log(struct session *s, const struct xfer_entry *e)
{
	char name[NAME_BYTES_MAX + 2], file[2 * NAME_BYTES_MAX + 2];
	uint8_t sum[DIGEST_MAX];
	struct log_facts f;

	if (!is_logged(s, e->flags))
		return;
	f = facts(s);
	snprintf(name, sizeof name, "%s%s", e->name, S_ISDIR(e->mode) ? "/" : "");
	join(file, sizeof file, e->dir, e->below != NULL ? e->below : e->name);
	f.name = name;
	f.file = file;
	f.mode = e->mode;
	f.length = e->size;
	f.mtime = e->mtime;
	f.uid = s->opt.owner ? e->uid : 0;
	f.gid = s->opt.group ? (int64_t)e->gid : -1;
	f.bytes = e->bytes;
	f.other = e->other;
	f.sum = shown_sum(s, e->sum, sum);
	link_facts(e, &f);
	item_letters(s, e->flags, e->mode, f.item);
	put_line(s, &f);
}

void
xfer_log_deleted(struct session *s, const char *dir, const char *path, uint32_t mode)
{
	char name[NAME_BYTES_MAX + 2], file[2 * NAME_BYTES_MAX + 2];
	struct log_facts f;

	if (!xfer_log_wanted(s))
		return;
	snprintf(name, sizeof name, "%s%s", path, S_ISDIR(mode) ? "/" : "");
	if (!xfer_log_tells(s, "oi")) {
		snprintf(file, sizeof file, "deleting %s", name);
		ask_log(s->monitor_fd, LOG_TRANSFER, file, strlen(file));
		return;
	}
	join(file, sizeof file, dir, path);
	f = facts(s);
	f.op = "del.";
	f.name = name;
	f.file = file;
	f.mode = mode;
	strcpy(f.item, "*deleting  ");
	put_line(s, &f);
}
