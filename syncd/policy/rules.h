/* Include and exclude rules: which names are in the transfer (rsync-wire section 6).  Pure: the
 * texts of merge files are fetched by a callback of the caller's. */
#ifndef SALLYPORT_SYNCD_POLICY_RULES_H
#define SALLYPORT_SYNCD_POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/work.h"

enum rules_verdict { RULES_NONE, RULES_INCLUDE, RULES_EXCLUDE };

struct rules;			/* a list of rules */
struct rules_dir;		/* what the merge files of one directory and those above it add */

enum { RULES_MAX = 65536, RULES_BYTES_MAX = 16 << 20, RULES_DEPTH_MAX = 32 };

/* A name to be judged.  path: from the root of the transfer; fs: from the module's root. */
struct rules_name {
	const char *path, *fs;
	bool is_dir;
	bool going;		/* its directory is to be deleted: perishable rules do not count */
};

/* An empty set of rules, the caller's to free.  0 or -ENOMEM. */
int rules_new(struct rules **ret);
void rules_free(struct rules *r);

/* Count what judging by r takes in w (borrowed; NULL: it is not counted).  When w is over, names are judged excluded
 * without a look: the caller asks work_over before it believes that. */
void rules_count(struct rules *r, struct work *w);
enum { RULES_VAIN_MAX = 1 << 24 };	/* steps in vain for one name: beyond them w is over */

/* One rule as sent.  old: the grammar below protocol 29.  0, E_FORMAT, E_LIMIT or -ENOMEM. */
int rules_add(struct rules *r, const char *text, size_t n, bool old);

/* What -C adds at the end of a pull's rules (rsync-wire 6.4, 6.6). */
int rules_add_cvs(struct rules *r);

/* The module's own parameters (rsyncd-conf section 15). */
enum rules_source {
	RULES_FILTER,		/* blank-separated, full syntax */
	RULES_INCLUDE_LIST, RULES_EXCLUDE_LIST,		/* blank-separated patterns */
	RULES_INCLUDE_LINES, RULES_EXCLUDE_LINES,	/* the text of a file, one pattern a line */
};
int rules_add_config(struct rules *r, enum rules_source source, const char *text);

/* The rules so far are meant for this side alone: those of no side keep files from being deleted with --delete-excluded too. */
void rules_protect(struct rules *r);

/* From here on it is asked what a receiver may delete: the sender's own rules do not count, and with
 * --delete-excluded rules of no side are the sender's too (rsync-wire 6.4). */
void rules_for_receiver(struct rules *r, bool delete_excluded);

/* Is there no rule at all?  Then nothing has to be asked. */
bool rules_empty(const struct rules *r);

/* The text of file `name` in directory `fs` of the module, heap, or NULL when there is none.  A
 * name may hold slashes only for '.' rules inside merge files. */
typedef char *rules_fetch(void *arg, const char *fs, const char *name);

struct rules_reader {
	rules_fetch *fetch;
	void *arg;
	const char *base;	/* the directory of the module that the transfer starts from: there '.' rules inside merge files
				 * look for bare names, as rsync does; for others in their own directory or the module's root */
};

/* Enter directory fs (from the module's root): read its merge files.  above: the directory that
 * holds it, NULL at the root of an argument (then those up to the module's root are read too,
 * where a rule asks for it).  Shares above by count; *ret may be NULL when nothing is merged.
 * 0, E_FORMAT for a bad rule, -ENOENT for a '.' rule whose file is not there, -ELOOP for files that include each other
 * deeper than RULES_DEPTH_MAX (where names file and line of it, never its text), E_LIMIT or -ENOMEM. */
int rules_enter(const struct rules *r, struct rules_dir *above, const char *fs, const struct rules_reader *reader,
    struct rules_dir **ret, char *where, size_t where_size);

/* What to tell of an error of rules_enter about a rule: in rsync's words, slash standing in front of where.  False when it
 * is an error of another kind. */
bool rules_complaint(int error, const char *slash, const char *where, char *dst, size_t size);
struct rules_dir *rules_dir_share(struct rules_dir *d);
void rules_dir_free(struct rules_dir *d);	/* before the list that it was entered with */

/* The first rule that matches decides.  dir: the directory that holds the name, or NULL. */
enum rules_verdict rules_match(const struct rules *r, const struct rules_dir *dir, const struct rules_name *n);

/* The same for the name of an extended attribute ('x' rules only).  Where there are no such rules
 * at all, one is understood: what the kernel keeps for itself ("system.*") is left out. */
enum rules_verdict rules_match_xattr(const struct rules *r, const char *name);

/* The module's own rules, asked about one of its paths: fs, from the module's root, in any spelling; is_dir: it is a
 * directory (one that ends in a slash or a dot always is).  "./", "//" and ".." make no difference: what is the same
 * place gets the same answer.  A path too long to be judged is excluded; the root itself never is.  r may be NULL.
 * rules_hides: does a rule exclude it, as a name in a directory that is known not to be hidden? */
bool rules_hides(const struct rules *r, const char *fs, bool is_dir);

/* The same, and is any directory above it excluded? */
bool rules_hidden(const struct rules *r, const char *fs, bool is_dir);

#endif
