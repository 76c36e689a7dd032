/* What a push tells its client: items, errors about a path, words of -v and --info (rsync-wire 7.1, 8.7). */
#include "syncd/push/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "syncd/push/push.h"
#include "syncd/push/recv_log.h"
#include "syncd/session/xfer_log.h"

bool
report_says(const struct session *s, int level)
{
	return s->opt.verbose >= level && s->grant.conf.max_verbosity >= level;
}

bool
report_itemises(const struct session *s)
{
	return s->opt.log_format != NULL && strstr(s->opt.log_format, "%i") != NULL;
}

bool
report_informs(const struct session *s, int level, const char *word)
{
	return report_says(s, level) || (options_info(&s->opt, word) && s->grant.conf.max_verbosity >= level);
}

void
report_unchanged(struct session *s, const char *path)
{
	if (report_says(s, 2) && !report_itemises(s))
		session_show(s, "%s is uptodate\n", path);
}

bool
report_unchanged_too(const struct session *s)
{
	return (s->opt.log_format != NULL && strstr(s->opt.log_format, "%I") != NULL) ||
	    report_says(s, 2);
}

/* Clients below protocol 29 get no items: they are told in words (rsync-wire 8.7). */
static void
say_item(struct session *s, const struct flist_file *f, unsigned flags, const char *xname)
{
	char path[NAME_BYTES_MAX];

	if (f == NULL || !s->opt.verbose || (!S_ISDIR(f->mode) && !(flags & (ITEM_LOCAL_CHANGE | ITEM_IS_NEW))))
		return;		/* of what changes in its attributes alone only directories are named */
	flist_in_path(f, path);
	if (S_ISDIR(f->mode))
		session_show(s, "%s/\n", path);
	else if (xname != NULL && xname[0] != '\0')
		session_show(s, "%s => %s\n", path, xname);
	else if (S_ISLNK(f->mode) && f->extra != NULL && f->extra->link != NULL)
		session_show(s, "%s -> %s\n", path, f->extra->link);
	else
		session_show(s, "%s\n", path);
}

bool
report_item(struct session *s, int32_t ndx, const struct flist_file *f, unsigned flags, const char *xname)
{
	const unsigned quiet = ITEM_BASIS_TYPE_FOLLOWS | ITEM_XNAME_FOLLOWS | ITEM_LOCAL_CHANGE;
	const struct item it = { .flags = (uint16_t)flags, .basis = BASIS_DEST, .xname = xname == NULL ? "" : xname,
	    .xname_len = xname == NULL ? 0 : strlen(xname) };

	if (!(flags & ~quiet) && it.xname_len == 0 && !report_unchanged_too(s))
		return false;
	if (s->proto.version < 29) {
		if (flags != 0)
			say_item(s, f, flags, xname);
		recv_log_item(s, ndx, &it);
		return false;
	}
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, ndx);
	item_put(peer_out(&s->peer), &it);
	recv_log_await(s, ndx);
	return true;
}

void
report_success(struct session *s, int32_t ndx)
{
	if (s->opt.remove_source > 0 && !options_pretend(&s->opt))
		peer_put_number(&s->peer, MSG_SUCCESS, ndx);
}

void
report_deleted(struct session *s, const char *path, uint32_t mode)
{
	char wire[NAME_BYTES_MAX];
	const char *name = s->converts ? charset_message(s->charset, path, wire, sizeof wire) : path;

	xfer_log_deleted(s, s->push->dest.tree.path, path, mode);
	if (s->proto.version >= 29)
		peer_put_message(&s->peer, MSG_DELETED, name, strlen(name) + (S_ISDIR(mode) ? 1 : 0));
	else if (s->opt.verbose || s->opt.log_format != NULL)
		session_show(s, "deleting %s%s\n", path, S_ISDIR(mode) ? "/" : "");
}

const char *
report_shown(const struct session *s, const struct tree *t, const char *path, char *dst, size_t size)
{
	bool top = strcmp(path, ".") == 0 || path[0] == '\0';
	const char *slash = s->grant.jailed || t->path[0] != '\0' ? "/" : "";

	if (top)
		snprintf(dst, size, "%s%s%s.", slash, t->path, t->path[0] == '\0' ? "" : "/");
	else
		snprintf(dst, size, "%s%s%s%s", slash, t->path, t->path[0] == '\0' ? "" : "/", path);
	return dst;
}

void
report_cannot(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err)
{
	char shown[2 * NAME_BYTES_MAX + 2];

	session_tell(s, MSG_ERROR_XFER, "rsync: [%s] %s \"%s\" (in %s): %s (%d)\n", who, what,
	    report_shown(s, t, path, shown, sizeof shown), s->grant.module, strerror(-err), -err);
}

void
report_failed(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err)
{
	char shown[2 * NAME_BYTES_MAX + 2];

	session_tell(s, MSG_ERROR_XFER, "rsync: [%s] %s \"%s\" (in %s) failed: %s (%d)\n", who, what,
	    report_shown(s, t, path, shown, sizeof shown), s->grant.module, strerror(-err), -err);
}

void
report_unset(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err)
{
	if (strncmp(what, "failed to", 9) == 0)
		report_cannot(s, who, what, t, path, err);
	else
		report_failed(s, who, what, t, path, err);
}
