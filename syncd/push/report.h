/* What a push tells its client: items (-i), errors about a path, words of -v and --info.  Knows the connection, the protocol
 * and the options; nothing of what is decided or stored (rsync-wire 7.1, 8.7). */
#ifndef SALLYPORT_SYNCD_PUSH_REPORT_H
#define SALLYPORT_SYNCD_PUSH_REPORT_H

#include "syncd/fs/tree.h"
#include "syncd/push/flist_in.h"
#include "syncd/session/session.h"
#include "syncd/wire/ndx.h"

/* Does the client ask for words of this level (-v is 1), and the module allow them? */
bool report_says(const struct session *s, int level);

/* The same of words that --info may ask for by name (word, as in rsync's --info=help). */
bool report_informs(const struct session *s, int level, const char *word);

/* Does the client show items (-i)? */
bool report_itemises(const struct session *s);

/* Does the client want to hear of what is unchanged too (-ii, -vv)? */
bool report_unchanged_too(const struct session *s);

/* What was done about entry f (NULL: it is not in a list any more) under index ndx, if it is worth telling: flags are item
 * flags, xname the other name that belongs to it ("" or NULL: none).  True: an item went out, and what an item brings with
 * it is due (values of attributes).  Below protocol 29 the client is told in words instead. */
bool report_item(struct session *s, int32_t ndx, const struct flist_file *f, unsigned flags, const char *xname);

/* Nothing is to be done about path: said to those who want to hear it. */
void report_unchanged(struct session *s, const char *path);

/* --remove-source-files: a regular file, link, device or special stands complete under index ndx, and the client may remove
 * its own. */
void report_success(struct session *s, int32_t ndx);

/* path, of an object of that mode, was deleted: MSG_DELETED, or below protocol 29 in words. */
void report_deleted(struct session *s, const char *path, uint32_t mode);

/* path below tree t as the client may see it: from the module's root.  Returns dst, which has room for size bytes. */
const char *report_shown(const struct session *s, const struct tree *t, const char *path, char *dst, size_t size);

/* An error about a path, for the client and the log, in rsync's words: `rsync: [WHO] WHAT "PATH" (in MODULE) failed: ...`.
 * who: "generator" or "receiver"; t: the tree that path is in; err: a negative errno. */
void report_failed(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err);

/* The same without the word "failed". */
void report_cannot(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err);

/* The same about an attribute; what: as meta_set says it. */
void report_unset(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err);

#endif
