/* The table of options: their names on the wire (rsync-wire 1.9 and 1.10), and where their values go. */
#include "syncd/policy/option_table.h"

#include <string.h>

#include "lib/err.h"
#include "syncd/policy/options.h"

#define AT(f) offsetof(struct options, f)
const struct option_row option_rows[] = {
	{ "server", 0, K_COUNT, AT(noop) },
	{ "sender", 0, K_COUNT, AT(noop) },
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
	{ "", 'D', K_ALSO, .also = "devices specials" },
	{ "", 'P', K_ALSO, .also = "partial progress" },
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
	{ "usermap", 0, K_MAP, AT(usermap) },
	{ "groupmap", 0, K_MAP, AT(groupmap) },

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
	{ "no-inc-recursive", 0, K_COUNT, AT(inc_refused) }, { "no-i-r", 0, K_COUNT, AT(inc_refused), .same = "no-inc-recursive" },
	{ "del", 0, K_COUNT, AT(del_during) }, { "fake-super", 0, K_COUNT, AT(noop) },	/* the module says that */
	{ "old-dirs", 0, K_OWN_RULE, .also = "- /*/*" }, { "old-d", 0, K_OWN_RULE, .also = "- /*/*" },
	{ "chmod", 0, K_TEXT, AT(chmod) }, { "chown", 0, K_CHOWN, 0 },
	{ "cc", 0, K_TEXT, AT(checksum_choice) }, { "zc", 0, K_TEXT, AT(compress_choice) },
	{ "zl", 0, K_NUMBER, AT(compress_level), -(1 << 20), 1 << 20 },
	{ "filter", 'f', K_RULE, OPTION_FILTER }, { "exclude", 0, K_RULE, OPTION_EXCLUDE }, { "include", 0, K_RULE, OPTION_INCLUDE },
	{ "blocking-io", 0, K_COUNT, AT(noop) }, { "no-blocking-io", 0, K_COUNT, AT(noop) },
	{ "no-contimeout", 0, K_COUNT, AT(noop) }, { "itemize-changes", 'i', K_COUNT, AT(noop) },
	{ "no-i", 0, K_COUNT, AT(noop) }, { "no-itemize-changes", 0, K_COUNT, AT(noop), .same = "no-i" },
	{ "ipv4", '4', K_COUNT, AT(noop) }, { "ipv6", '6', K_COUNT, AT(noop) }, { "motd", 0, K_COUNT, AT(noop) },
	{ "no-motd", 0, K_COUNT, AT(noop) }, { "no-8", 0, K_COUNT, AT(noop) },
	{ "no-8-bit-output", 0, K_COUNT, AT(noop), .same = "no-8" }, { "no-h", 0, K_COUNT, AT(noop) },
	{ "no-human-readable", 0, K_COUNT, AT(noop), .same = "no-h" }, { "old-args", 0, K_COUNT, AT(noop) },
	{ "no-old-args", 0, K_COUNT, AT(noop) }, { "no-progress", 0, K_COUNT, AT(noop) },
	{ "no-s", 0, K_COUNT, AT(noop) }, { "no-secluded-args", 0, K_COUNT, AT(noop), .same = "no-s" },
	{ "protect-args", 0, K_COUNT, AT(noop), .same = "secluded-args" }, { "inc-recursive", 0, K_COUNT, AT(noop) },
	{ "i-r", 0, K_COUNT, AT(noop), .same = "inc-recursive" }, { "trust-sender", 0, K_COUNT, AT(noop) },
	{ "no-insecure-links", 0, K_COUNT, AT(noop) }, { "no-write-devices", 0, K_COUNT, AT(noop) },
	 { "address", 0, K_TEXT, AT(text) },
	{ "early-input", 0, K_TEXT, AT(text) }, { "outbuf", 0, K_TEXT, AT(text) },
	{ "password-file", 0, K_TEXT, AT(text) }, { "port", 0, K_TEXT, AT(text) },
	{ "protocol", 0, K_TEXT, AT(text) }, { "rsh", 'e', K_TEXT, AT(text) }, { "rsync-path", 0, K_TEXT, AT(text) },
	{ "sockopts", 0, K_TEXT, AT(text) }, { "stderr", 0, K_TEXT, AT(text) },
	{ "confine-root", 0, K_TEXT, AT(text) }, { "remote-option", 'M', K_TEXT, AT(text) },
	{ "contimeout", 0, K_NUMBER, AT(number), INT32_MIN, INT32_MAX },
	{ "compress-threads", 0, K_NUMBER, AT(number), INT32_MIN, INT32_MAX },
	{ "zt", 0, K_NUMBER, AT(number), INT32_MIN, INT32_MAX, .same = "compress-threads" },

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

_Static_assert(ARRAY_LEN(option_rows) <= OPTION_ROWS_MAX, "a bit for each row");

const size_t option_n_rows = ARRAY_LEN(option_rows);

const struct option_row *
option_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < option_n_rows && n > 0; i++)
		if (strlen(option_rows[i].name) == n && memcmp(option_rows[i].name, name, n) == 0)
			return &option_rows[i];
	return NULL;
}

const struct option_row *
option_by_letter(char letter)
{
	for (size_t i = 0; i < option_n_rows && letter != '\0'; i++)
		if (option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

const struct option_row *
option_by_word(const char *word)
{
	return strlen(word) == 1 ? option_by_letter(word[0]) : option_by_name(word, strlen(word));
}
