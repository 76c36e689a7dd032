/* What a client asks for: its argument vector as a struct (rsync-wire 1.8 to 1.10). */
#ifndef SALLYPORT_SYNCD_POLICY_OPTIONS_H
#define SALLYPORT_SYNCD_POLICY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ALT_DEST_MAX = 20,		/* --compare-dest and its like (rsync-wire 1.10) */
	OPTION_RULES_MAX = 64,		/* --filter, --exclude and --include through --remote-option */
	OPTION_NAME_MAX = 64,		/* of a user or group of --chown */
};
#define OPTION_UNSET INT64_MIN

struct refusals;

struct options {
	const struct refusals *refused;	/* what the module does not take; borrowed; NULL: all that is known is taken */
	bool sender;			/* the client pulls */
	bool secluded;			/* a second list of arguments follows */
	char letters[64];		/* capabilities from -e, without the dot */

	/* each flag counts how often it was given, but for the negations, which set it to 0 */
	int verbose, recurse, dirs, links, perms, times, owner, group, devices, specials;
	int checksum, relative, dry_run, whole_file, sparse, one_file_system, numeric_ids;
	int ignore_times, size_only, inplace, append, list_only, compress, no_implied_dirs;
	int ignore_missing, delete_missing, ignore_errors, open_noatime, from0, stats, update, safe_links;
	int acls, xattrs;
	int append_verify, crtimes, remove_source;
	int hard_links, atimes, copy_links, copy_dirlinks, copy_unsafe;
	int cvs_exclude, new_compress, old_compress;
	bool level_given;		/* --compress-level: compression is on, even without -z */
	int inc_refused;		/* --use-qsort: no incremental recursion */

	/* the receiving side's */
	int backup, executability, fuzzy, keep_dirlinks, prune_empty, omit_dir_times, omit_link_times;
	int partial, delay_updates, fsync, mkpath, preallocate, force, super, existing, ignore_existing;
	int del, del_before, del_during, del_delay, del_after, del_excluded;
	int64_t max_delete;		/* OPTION_UNSET: as many as there are */
	int64_t modify_window;		/* seconds; -1: nanoseconds count too */
	int64_t min_size, max_size;	/* bytes; OPTION_UNSET: no bound */
	int64_t max_alloc;		/* bytes; means nothing to this side once it was checked */
	const char *backup_dir, *suffix, *partial_dir, *temp_dir, *log_format, *only_write_batch, *usermap, *groupmap;
	enum alt_kind { ALT_NONE, ALT_COMPARE, ALT_COPY, ALT_LINK } alt_kind;
	const char *alt_dest[ALT_DEST_MAX];
	size_t n_alt;

	const char *chmod;		/* changes of modes, as the client's own --chmod; NULL */
	struct option_rule {
		enum option_rule_kind { OPTION_FILTER, OPTION_EXCLUDE, OPTION_INCLUDE } kind;
		const char *text;
	} rules[OPTION_RULES_MAX];	/* of this side, before the client's */
	size_t n_rules;
	char chown_user[OPTION_NAME_MAX + 3], chown_group[OPTION_NAME_MAX + 3];	/* as usermap and groupmap */

	int noop;			/* options that mean nothing to this side */
	int64_t checksum_seed, timeout, block_size, compress_level, bwlimit;
	/* borrowed from the arguments; files_from is "-" for names that come over the wire */
	const char *checksum_choice, *compress_choice, *files_from;
	const char *iconv;		/* names are UTF-8 on the wire; the value means something to the client only */
	const char *info;		/* words about what the client wants to hear; NULL */
	const char *text;		/* values that mean nothing to this side */
	int64_t number;
};

enum { OPTIONS_MESSAGE_MAX = 256 };

/* REFUSED: options that are not taken (syncd/policy/refuse.h), which outlive o; NULL: none. */
void options_init(struct options *o, const struct refusals *refused);

/* Parse v[0..n): options up to a lone ".", then paths.  *ret_paths is the index of the first
 * path.  0, or E_UNSUPPORTED / E_FORMAT with the text for the client in message (not ended by
 * a newline).  o is options_init()ed before the first list; the second adds to it. */
int options_parse(char *const *v, size_t n, struct options *o, size_t *ret_paths,
    char message[OPTIONS_MESSAGE_MAX]);

/* Once all lists are parsed: does what o asks for in all come down to an option that is refused?  0, or E_UNSUPPORTED with the text for
 * the client in message. */
int options_check(const struct options *o, char message[OPTIONS_MESSAGE_MAX]);

/* Is anything to be deleted at the receiving side? */
static inline bool
options_deletes(const struct options *o)
{
	return o->del > 0 || o->del_before > 0 || o->del_during > 0 || o->del_delay > 0 || o->del_after > 0 || o->del_excluded > 0;
}

/* Is this word among those of --info, and not with 0? */
bool options_info(const struct options *o, const char *word);

/* Is one of the two appends asked for? */
static inline bool
options_appends(const struct options *o)
{
	return o->append > 0 || o->append_verify > 0;
}

/* Does a push only show what it would do: -n, or --only-write-batch? */
bool options_pretend(const struct options *o);

/* When is it deleted, as the protocol's version has it? */
enum delete_when { DELETE_NEVER, DELETE_BEFORE, DELETE_DURING, DELETE_DELAY, DELETE_AFTER };
enum delete_when options_delete_when(const struct options *o, int version);

#endif
