/* The options of a client's command line (rsync(1)): one table of names, letters and fields. */
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

enum kind {
	K_COUNT,	/* ++int */
	K_CLEAR,	/* int = 0 */
	K_TEXT,		/* const char *, --name=value or two arguments */
	K_NUMBER,	/* int64_t, the same */
	K_SIZE,		/* int64_t in bytes: "10k", "1.5m", "1g-1" */
	K_DEST,		/* one more directory to look for files in; at says of which kind */
	K_CLEAR_APPEND,	/* both kinds */
	K_CLEAR_TEXT,	/* const char * = NULL */
	K_CLEAR_NUMBER,	/* int64_t = 0 */
	K_ALSO,		/* stands for the options in also */
	K_RULE,		/* a filter rule of this side's own; at says of which kind */
	K_OWN_RULE,	/* the filter rule in also */
	K_CHOWN,	/* USER:GROUP: all belongs to them */
	K_REFUSE,	/* known, changes what is asked of us, not built: say so */
	K_REFUSE_TEXT,	/* the same with a value */
	K_DAEMON,	/* a daemon's own option among a client's */
};

struct row {
	const char *name;
	char letter;		/* 0: none */
	enum kind kind;
	size_t at;
	int64_t min, max;
	const char *also;	/* names with blanks between */
};

#define AT(f) offsetof(struct options, f)
static const struct row table[] = {
	{ "server", 0, K_COUNT, AT(noop) },
	{ "verbose", 'v', K_COUNT, AT(verbose) },
	{ "quiet", 'q', K_COUNT, AT(noop) },
	{ "recursive", 'r', K_COUNT, AT(recurse) },
	{ "no-r", 0, K_CLEAR, AT(recurse) },
	{ "no-recursive", 0, K_CLEAR, AT(recurse) },
	{ "dirs", 'd', K_COUNT, AT(dirs) },
	{ "no-dirs", 0, K_CLEAR, AT(dirs) },
	{ "links", 'l', K_COUNT, AT(links) },
	{ "perms", 'p', K_COUNT, AT(perms) },
	{ "times", 't', K_COUNT, AT(times) },
	{ "owner", 'o', K_COUNT, AT(owner) },
	{ "group", 'g', K_COUNT, AT(group) },
	{ "devices", 0, K_COUNT, AT(devices) },
	{ "no-devices", 0, K_CLEAR, AT(devices) },
	{ "specials", 0, K_COUNT, AT(specials) },
	{ "no-specials", 0, K_CLEAR, AT(specials) },
	{ "checksum", 'c', K_COUNT, AT(checksum) },
	{ "relative", 'R', K_COUNT, AT(relative) },
	{ "no-relative", 0, K_CLEAR, AT(relative) },
	{ "no-implied-dirs", 0, K_COUNT, AT(no_implied_dirs) },
	{ "dry-run", 'n', K_COUNT, AT(dry_run) },
	{ "whole-file", 'W', K_COUNT, AT(whole_file) },
	{ "no-W", 0, K_CLEAR, AT(whole_file) },
	{ "no-whole-file", 0, K_CLEAR, AT(whole_file) },
	{ "sparse", 'S', K_COUNT, AT(sparse) },
	{ "acls", 'A', K_COUNT, AT(acls) },
	{ "xattrs", 'X', K_COUNT, AT(xattrs) },
	{ "hard-links", 'H', K_COUNT, AT(hard_links) },
	{ "atimes", 'U', K_COUNT, AT(atimes) },
	{ "copy-links", 'L', K_COUNT, AT(copy_links) },
	{ "copy-dirlinks", 'k', K_COUNT, AT(copy_dirlinks) },
	{ "copy-unsafe-links", 0, K_COUNT, AT(copy_unsafe) },
	{ "munge-links", 0, K_COUNT, AT(noop) },
	{ "no-munge-links", 0, K_COUNT, AT(noop) },
	{ "one-file-system", 'x', K_COUNT, AT(one_file_system) },
	{ "numeric-ids", 0, K_COUNT, AT(numeric_ids) },
	{ "ignore-times", 'I', K_COUNT, AT(ignore_times) },
	{ "size-only", 0, K_COUNT, AT(size_only) },
	{ "update", 'u', K_COUNT, AT(update) },
	{ "inplace", 0, K_COUNT, AT(inplace) },
	{ "append", 0, K_COUNT, AT(append) },
	{ "append-verify", 0, K_COUNT, AT(append_verify) },
	{ "crtimes", 'N', K_COUNT, AT(crtimes) },
	{ "files-from", 0, K_TEXT, AT(files_from) },
	{ "remove-source-files", 0, K_COUNT, AT(remove_source) },
	{ "remove-sent-files", 0, K_COUNT, AT(remove_source) },
	{ "bwlimit", 0, K_NUMBER, AT(bwlimit), 0, 1 << 30 },
	{ "list-only", 0, K_COUNT, AT(list_only) },
	{ "ignore-missing-args", 0, K_COUNT, AT(ignore_missing) },
	{ "delete-missing-args", 0, K_COUNT, AT(delete_missing) },
	{ "ignore-errors", 0, K_COUNT, AT(ignore_errors) },
	{ "safe-links", 0, K_COUNT, AT(safe_links) },
	{ "stats", 0, K_COUNT, AT(stats) },
	{ "use-qsort", 0, K_COUNT, AT(inc_refused) },
	{ "secluded-args", 's', K_COUNT, AT(noop) },
	{ "cvs-exclude", 'C', K_COUNT, AT(cvs_exclude) },
	{ "from0", '0', K_COUNT, AT(from0) },
	{ "checksum-seed", 0, K_NUMBER, AT(checksum_seed), INT32_MIN, INT32_MAX },
	{ "checksum-choice", 0, K_TEXT, AT(checksum_choice) },
	{ "compress", 'z', K_COUNT, AT(compress) },
	{ "new-compress", 0, K_COUNT, AT(new_compress) },
	{ "old-compress", 0, K_COUNT, AT(old_compress) },
	{ "compress-choice", 0, K_TEXT, AT(compress_choice) },
	{ "compress-level", 0, K_NUMBER, AT(compress_level), -(1 << 20), 1 << 20 },
	{ "iconv", 0, K_TEXT, AT(iconv) },
	{ "timeout", 0, K_NUMBER, AT(timeout), 0, 1 << 30 },
	{ "block-size", 'B', K_NUMBER, AT(block_size), 0, 1 << 29 },

	/* for the receiving side: a sender has no use for them */
	{ "backup", 'b', K_COUNT, AT(backup) },
	{ "backup-dir", 0, K_TEXT, AT(backup_dir) },
	{ "suffix", 0, K_TEXT, AT(suffix) },
	{ "omit-dir-times", 'O', K_COUNT, AT(omit_dir_times) },
	{ "omit-link-times", 'J', K_COUNT, AT(omit_link_times) },
	{ "executability", 'E', K_COUNT, AT(executability) },
	{ "fuzzy", 'y', K_COUNT, AT(fuzzy) },
	{ "keep-dirlinks", 'K', K_COUNT, AT(keep_dirlinks) },
	{ "prune-empty-dirs", 'm', K_COUNT, AT(prune_empty) },
	{ "partial", 0, K_COUNT, AT(partial) },
	{ "partial-dir", 0, K_TEXT, AT(partial_dir) },
	{ "delay-updates", 0, K_COUNT, AT(delay_updates) },
	{ "log-format", 0, K_TEXT, AT(log_format) },
	{ "out-format", 0, K_TEXT, AT(log_format) },
	{ "max-delete", 0, K_NUMBER, AT(max_delete), -1, INT32_MAX },
	{ "min-size", 0, K_SIZE, AT(min_size) },
	{ "max-size", 0, K_SIZE, AT(max_size) },
	{ "delete", 0, K_COUNT, AT(del) },
	{ "delete-before", 0, K_COUNT, AT(del_before) },
	{ "delete-during", 0, K_COUNT, AT(del_during) },
	{ "delete-delay", 0, K_COUNT, AT(del_delay) },
	{ "delete-after", 0, K_COUNT, AT(del_after) },
	{ "delete-excluded", 0, K_COUNT, AT(del_excluded) },
	{ "force", 0, K_COUNT, AT(force) },
	{ "super", 0, K_COUNT, AT(super) },
	{ "no-super", 0, K_CLEAR, AT(super) },
	{ "modify-window", '@', K_NUMBER, AT(modify_window), -1, INT32_MAX },
	{ "existing", 0, K_COUNT, AT(existing) },
	{ "ignore-non-existing", 0, K_COUNT, AT(existing) },
	{ "ignore-existing", 0, K_COUNT, AT(ignore_existing) },
	{ "temp-dir", 'T', K_TEXT, AT(temp_dir) },
	{ "fsync", 0, K_COUNT, AT(fsync) },
	{ "mkpath", 0, K_COUNT, AT(mkpath) },
	{ "compare-dest", 0, K_DEST, ALT_COMPARE },
	{ "copy-dest", 0, K_DEST, ALT_COPY },
	{ "link-dest", 0, K_DEST, ALT_LINK },
	{ "preallocate", 0, K_COUNT, AT(preallocate) },
	{ "only-write-batch", 0, K_TEXT, AT(only_write_batch) },
	{ "usermap", 0, K_TEXT, AT(usermap) },
	{ "groupmap", 0, K_TEXT, AT(groupmap) },

	{ "human-readable", 'h', K_COUNT, AT(noop) }, { "8-bit-output", '8', K_COUNT, AT(noop) },
	{ "msgs2stderr", 0, K_COUNT, AT(noop) }, { "no-msgs2stderr", 0, K_COUNT, AT(noop) },
	{ "max-alloc", 0, K_SIZE, AT(max_alloc), 1 << 20 },	/* ours is the module's `max memory` */
	{ "open-noatime", 0, K_COUNT, AT(open_noatime) }, { "skip-compress", 0, K_TEXT, AT(text) },
	{ "info", 0, K_TEXT, AT(info) }, { "debug", 0, K_TEXT, AT(text) },
	{ "progress", 0, K_COUNT, AT(noop) }, { "cache", 0, K_COUNT, AT(noop) }, { "no-cache", 0, K_COUNT, AT(noop) },

	/* what clients send through --remote-option only */
	{ "no-A", 0, K_CLEAR, AT(acls) }, { "no-acls", 0, K_CLEAR, AT(acls) },
	{ "no-H", 0, K_CLEAR, AT(hard_links) }, { "no-hard-links", 0, K_CLEAR, AT(hard_links) },
	{ "no-J", 0, K_CLEAR, AT(omit_link_times) }, { "no-omit-link-times", 0, K_CLEAR, AT(omit_link_times) },
	{ "no-N", 0, K_CLEAR, AT(crtimes) }, { "no-crtimes", 0, K_CLEAR, AT(crtimes) },
	{ "no-O", 0, K_CLEAR, AT(omit_dir_times) }, { "no-omit-dir-times", 0, K_CLEAR, AT(omit_dir_times) },
	{ "no-R", 0, K_CLEAR, AT(relative) }, { "no-S", 0, K_CLEAR, AT(sparse) },
	{ "no-sparse", 0, K_CLEAR, AT(sparse) }, { "no-U", 0, K_CLEAR, AT(atimes) },
	{ "no-atimes", 0, K_CLEAR, AT(atimes) }, { "no-X", 0, K_CLEAR, AT(xattrs) },
	{ "no-xattrs", 0, K_CLEAR, AT(xattrs) }, { "no-c", 0, K_CLEAR, AT(checksum) },
	{ "no-checksum", 0, K_CLEAR, AT(checksum) }, { "no-z", 0, K_CLEAR, AT(compress) },
	{ "no-compress", 0, K_CLEAR, AT(compress) }, { "no-d", 0, K_CLEAR, AT(dirs) },
	{ "no-y", 0, K_CLEAR, AT(fuzzy) }, { "no-fuzzy", 0, K_CLEAR, AT(fuzzy) }, { "no-g", 0, K_CLEAR, AT(group) },
	{ "no-group", 0, K_CLEAR, AT(group) }, { "no-o", 0, K_CLEAR, AT(owner) },
	{ "no-owner", 0, K_CLEAR, AT(owner) }, { "no-l", 0, K_CLEAR, AT(links) },
	{ "no-links", 0, K_CLEAR, AT(links) }, { "no-m", 0, K_CLEAR, AT(prune_empty) },
	{ "no-prune-empty-dirs", 0, K_CLEAR, AT(prune_empty) }, { "no-p", 0, K_CLEAR, AT(perms) },
	{ "no-perms", 0, K_CLEAR, AT(perms) }, { "no-t", 0, K_CLEAR, AT(times) },
	{ "no-times", 0, K_CLEAR, AT(times) }, { "no-x", 0, K_CLEAR, AT(one_file_system) },
	{ "no-one-file-system", 0, K_CLEAR, AT(one_file_system) }, { "no-v", 0, K_CLEAR, AT(verbose) },
	{ "no-verbose", 0, K_CLEAR, AT(verbose) }, { "no-backup", 0, K_CLEAR, AT(backup) },
	{ "no-delay-updates", 0, K_CLEAR, AT(delay_updates) }, { "no-force", 0, K_CLEAR, AT(force) },
	{ "no-from0", 0, K_CLEAR, AT(from0) }, { "no-ignore-errors", 0, K_CLEAR, AT(ignore_errors) },
	{ "no-inplace", 0, K_CLEAR, AT(inplace) }, { "no-mkpath", 0, K_CLEAR, AT(mkpath) },
	{ "no-numeric-ids", 0, K_CLEAR, AT(numeric_ids) }, { "no-partial", 0, K_CLEAR, AT(partial) },
	{ "no-open-noatime", 0, K_CLEAR, AT(open_noatime) }, { "no-bwlimit", 0, K_CLEAR_NUMBER, AT(bwlimit) },
	{ "no-timeout", 0, K_CLEAR_NUMBER, AT(timeout) }, { "no-iconv", 0, K_CLEAR_TEXT, AT(iconv) },
	{ "archive", 'a', K_ALSO, .also = "recursive links perms times group owner devices specials" },
	{ "no-D", 0, K_ALSO, .also = "no-devices no-specials" },
	{ "no-append", 0, K_CLEAR_APPEND, 0 },
	{ "no-inc-recursive", 0, K_COUNT, AT(inc_refused) }, { "no-i-r", 0, K_COUNT, AT(inc_refused) },
	{ "del", 0, K_COUNT, AT(del_during) }, { "fake-super", 0, K_COUNT, AT(noop) },	/* the module says that */
	{ "old-dirs", 0, K_OWN_RULE, .also = "- /*/*" }, { "old-d", 0, K_OWN_RULE, .also = "- /*/*" },
	{ "chmod", 0, K_TEXT, AT(chmod) }, { "chown", 0, K_CHOWN, 0 },
	{ "cc", 0, K_TEXT, AT(checksum_choice) }, { "zc", 0, K_TEXT, AT(compress_choice) },
	{ "zl", 0, K_NUMBER, AT(compress_level), -(1 << 20), 1 << 20 },
	{ "filter", 'f', K_RULE, OPTION_FILTER }, { "exclude", 0, K_RULE, OPTION_EXCLUDE }, { "include", 0, K_RULE, OPTION_INCLUDE },
	{ "blocking-io", 0, K_COUNT, AT(noop) }, { "no-blocking-io", 0, K_COUNT, AT(noop) },
	{ "no-contimeout", 0, K_COUNT, AT(noop) }, { "itemize-changes", 'i', K_COUNT, AT(noop) },
	{ "no-i", 0, K_COUNT, AT(noop) }, { "no-itemize-changes", 0, K_COUNT, AT(noop) },
	{ "ipv4", '4', K_COUNT, AT(noop) }, { "ipv6", '6', K_COUNT, AT(noop) }, { "motd", 0, K_COUNT, AT(noop) },
	{ "no-motd", 0, K_COUNT, AT(noop) }, { "no-8", 0, K_COUNT, AT(noop) },
	{ "no-8-bit-output", 0, K_COUNT, AT(noop) }, { "no-h", 0, K_COUNT, AT(noop) },
	{ "no-human-readable", 0, K_COUNT, AT(noop) }, { "old-args", 0, K_COUNT, AT(noop) },
	{ "no-old-args", 0, K_COUNT, AT(noop) }, { "no-progress", 0, K_COUNT, AT(noop) },
	{ "no-s", 0, K_COUNT, AT(noop) }, { "no-secluded-args", 0, K_COUNT, AT(noop) },
	{ "protect-args", 0, K_COUNT, AT(noop) }, { "inc-recursive", 0, K_COUNT, AT(noop) },
	{ "i-r", 0, K_COUNT, AT(noop) }, { "trust-sender", 0, K_COUNT, AT(noop) },
	{ "no-insecure-links", 0, K_COUNT, AT(noop) }, { "no-write-devices", 0, K_COUNT, AT(noop) },
	 { "address", 0, K_TEXT, AT(text) },
	{ "early-input", 0, K_TEXT, AT(text) }, { "outbuf", 0, K_TEXT, AT(text) },
	{ "password-file", 0, K_TEXT, AT(text) }, { "port", 0, K_TEXT, AT(text) },
	{ "protocol", 0, K_TEXT, AT(text) }, { "rsh", 0, K_TEXT, AT(text) }, { "rsync-path", 0, K_TEXT, AT(text) },
	{ "sockopts", 0, K_TEXT, AT(text) }, { "stderr", 0, K_TEXT, AT(text) },
	{ "confine-root", 0, K_TEXT, AT(text) }, { "remote-option", 'M', K_TEXT, AT(text) },
	{ "contimeout", 0, K_NUMBER, AT(number), INT32_MIN, INT32_MAX },
	{ "compress-threads", 0, K_NUMBER, AT(number), INT32_MIN, INT32_MAX },
	{ "zt", 0, K_NUMBER, AT(number), INT32_MIN, INT32_MAX },

	/* they change the stream or the result, and are not built */
	{ "copy-devices", 0, K_REFUSE, 0 }, { "write-devices", 0, K_REFUSE, 0 },
	{ "log-file", 0, K_REFUSE_TEXT, 0 }, { "log-file-format", 0, K_REFUSE_TEXT, 0 },
	{ "exclude-from", 0, K_REFUSE_TEXT, 0 }, { "include-from", 0, K_REFUSE_TEXT, 0 }, { "copy-as", 0, K_REFUSE_TEXT, 0 },
	{ "read-batch", 0, K_REFUSE_TEXT, 0 }, { "write-batch", 0, K_REFUSE_TEXT, 0 },
	{ "stop-after", 0, K_REFUSE_TEXT, 0 }, { "stop-at", 0, K_REFUSE_TEXT, 0 }, { "time-limit", 0, K_REFUSE_TEXT, 0 },
	{ "insecure-links", 0, K_REFUSE, 0 }, { "extended-attributes", 0, K_REFUSE, 0 },

	{ "daemon", 0, K_DAEMON, 0 }, { "config", 0, K_DAEMON, 0 }, { "dparam", 0, K_DAEMON, 0 },
	{ "detach", 0, K_DAEMON, 0 }, { "no-detach", 0, K_DAEMON, 0 },
};
#undef AT

struct parse {
	char *const *v;
	size_t n, i;		/* i: the argument being read */
	struct options *o;
	char *message;
};

static int
refuse(struct parse *p, const struct row *row)
{
	char letter[8] = "";

	if (row->letter != 0)
		snprintf(letter, sizeof letter, " (-%c)", row->letter);
	snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: The server is configured to refuse --%s%s", row->name, letter);
	return E_UNSUPPORTED;
}

static int
bad_value(struct parse *p, const struct row *row, const char *value)
{
	snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: --%s=%.64s is invalid", row->name, value);
	return E_FORMAT;
}

static bool
takes_value(enum kind k)
{
	return k == K_TEXT || k == K_NUMBER || k == K_SIZE || k == K_DEST || k == K_RULE || k == K_CHOWN || k == K_REFUSE_TEXT;
}

/* All alternate directories of one request are of one kind (rsync-wire 1.10). */
static int
add_dest(struct parse *p, const struct row *row, const char *value)
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
add_rule(struct parse *p, const struct row *row, const char *value)
{
	struct options *o = p->o;

	if (o->n_rules == OPTION_RULES_MAX) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: at most %d rules may be options", OPTION_RULES_MAX);
		return E_FORMAT;
	}
	o->rules[o->n_rules++] = (struct option_rule){ (enum option_rule_kind)row->at, value };
	return 0;
}

/* "USER:GROUP", of which either may be missing. */
static int
chown_all(struct parse *p, const char *value)
{
	struct options *o = p->o;
	const char *colon = strchr(value, ':');
	size_t n = colon == NULL ? strlen(value) : (size_t)(colon - value);

	if (n >= sizeof o->chown_user - 2 || (colon != NULL && strlen(colon) >= sizeof o->chown_group - 1)) {
		snprintf(p->message, OPTIONS_MESSAGE_MAX, "rsync: --chown has a name that is too long");
		return E_FORMAT;
	}
	snprintf(o->chown_user, sizeof o->chown_user, "*:%.*s", (int)n, value);
	if (n > 0)
		o->usermap = o->chown_user;
	snprintf(o->chown_group, sizeof o->chown_group, "*%s", colon == NULL ? "" : colon);
	if (colon != NULL && colon[1] != '\0')
		o->groupmap = o->chown_group;
	return 0;
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

static int apply(struct parse *p, const struct row *row, const char *value);

static const struct row *
row_of(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strlen(table[i].name) == n && memcmp(table[i].name, name, n) == 0)
			return &table[i];
	return NULL;
}

/* None of them takes a value or stands for others. */
static int
apply_also(struct parse *p, const char *also)
{
	int r = 0;

	while (*also != '\0' && r == 0) {
		size_t n = strcspn(also, " ");

		r = apply(p, row_of(also, n), NULL);
		also += n + (also[n] == ' ');
	}
	return r;
}

static int
apply_number(struct parse *p, const struct row *row, const char *value)
{
	int64_t number;

	if (num_parse(value, row->min, row->max, &number) != 0)
		return bad_value(p, row, value);
	*(int64_t *)((char *)p->o + row->at) = number;
	p->o->level_given |= row->at == offsetof(struct options, compress_level);
	return 0;
}

static int
apply_size(struct parse *p, const struct row *row, const char *value)
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

/* value: behind the '=', or NULL: then a valued option takes the next argument. */
static int
apply(struct parse *p, const struct row *row, const char *value)
{
	char *base = (char *)p->o;

	if (takes_value(row->kind)) {
		if (value == NULL && p->i + 1 < p->n)
			value = p->v[++p->i];
		if (value == NULL)
			return bad_value(p, row, "");
	}
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
	const struct row *row;

	if (strcmp(name, "sender") == 0) {
		p->o->sender = true;
		return 0;
	}
	row = row_of(name, n);
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
		const struct row *row = NULL;

		if (*s == 'e') {
			if (s[1] != '\0' || p->i + 1 < p->n)
				take_letters(p->o, s[1] != '\0' ? s + 1 : p->v[++p->i]);
			return 0;
		}
		if (*s == 'D') {
			p->o->devices++;
			p->o->specials++;
			continue;
		}
		if (*s == 's')
			p->o->secluded = true;
		for (size_t i = 0; i < ARRAY_LEN(table) && row == NULL; i++)
			if (table[i].letter == *s)
				row = &table[i];
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
options_init(struct options *o)
{
	*o = (struct options){ .max_delete = OPTION_UNSET, .min_size = OPTION_UNSET, .max_size = OPTION_UNSET };
}

bool
options_deletes(const struct options *o)
{
	return o->del > 0 || o->del_before > 0 || o->del_during > 0 || o->del_delay > 0 || o->del_after > 0 || o->del_excluded > 0;
}

bool
options_appends(const struct options *o)
{
	return o->append > 0 || o->append_verify > 0;
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
	struct parse p = { v, n, 0, o, message };
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
