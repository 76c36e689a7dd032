/* What a push needs: the client's list, where it lands, what was asked for and is not yet answered, the
 * file being received.  The rooms that work on it (all in syncd/push/): */
#ifndef SALLYPORT_SYNCD_PUSH_INTAKE_H
#define SALLYPORT_SYNCD_PUSH_INTAKE_H

#include "syncd/delta/decompress.h"
#include "syncd/fs/attr.h"
#include "syncd/fs/meta.h"
#include "syncd/fs/stage.h"
#include "syncd/fs/tree.h"
#include "syncd/push/file_write.h"
#include "syncd/push/flist_in.h"
#include "syncd/push/hardlinks.h"
#include "syncd/push/ids.h"
#include "syncd/push/xattr_cache.h"
#include "syncd/session/session.h"
#include "syncd/wire/flist.h"
#include "syncd/wire/ndx.h"
#include "syncd/wire/sum.h"
#include "syncd/wire/token.h"

enum {
	WANTS_MAX = 1 << 20,	/* requests on the way */
	TAKE_BUFFER = 262144,	/* read at once */
	BREATH = 64 << 20,	/* bytes of a file looked at before the client hears of us */
};

/* Item flags that say what differed (rsync-wire 7.1). */
enum {
	REPORT_ATIME = 0x0001, REPORT_CHANGE = 0x0002, REPORT_SIZE = 0x0004, REPORT_TIME = 0x0008, REPORT_PERMS = 0x0010,
	REPORT_OWNER = 0x0020, REPORT_GROUP = 0x0040, REPORT_ACL = 0x0080, REPORT_XATTR = ITEM_REPORT_XATTR,
};

enum {	/* which file the sums describe (rsync-wire 7.1); below 0x80: alternate directory of that number */
	FROM_DEST = BASIS_DEST, FROM_PARTIAL = BASIS_PARTIAL_DIR, FROM_BACKUP = 0x82, FROM_FUZZY = 0x83,
	FROM_FUZZY_ALT = 0x84,	/* and the number of the directory */
};

/* One request that the client has not answered. */
struct want {
	int32_t ndx;
	uint8_t basis;
	bool gone;		/* it said that nothing will come */
	bool replaces;		/* a regular file stands there */
	mode_t mode;		/* its mode, or of one in an alternate directory; 0: there is none */
	int64_t basis_size;	/* as the sums said it; the client repeats it */
	char *xname;		/* of a similar file; NULL */
};

struct wants {
	struct want *v;
	size_t head, n, cap;	/* a ring; cap is a power of two */
};

/* A directory whose time and mode are set once more, when all in it is done. */
struct touch {
	char *path;
	struct timespec mtime;
	mode_t mode;
	bool set_time, set_mode;
};

/* What the directory worked in last gives to what is made in it. */
struct newmode {
	char dir[TREE_PATH_SIZE];
	mode_t perms;
	bool has_acl, known;
};

/* Sums of a basis on their way out. */
struct asking {
	int fd;			/* -1: none */
	struct sum_head head;
	int32_t at;		/* blocks done */
	uint8_t *block;		/* TAKE_BUFFER or one block, whichever is more */
	size_t size;
};

/* One file on its way in. */
struct taking {
	enum { TAKE_IDLE, TAKE_HEAD, TAKE_TOKENS, TAKE_SUM } stage;
	struct want want;
	struct in_file *f;
	struct sum_head head;
	int fd, basis_fd;	/* -1: none */
	char tmp[TREE_PATH_SIZE];	/* what fd is called, in the tree that tmp_tree names */
	struct tree *tmp_tree;
	mode_t made_mode;	/* it was made with */
	bool in_place;
	bool discard;		/* read to its end, and kept nowhere */
	bool literal;		/* some data of the client's own has come */
	struct output out;
	uint32_t left;		/* of a literal token */
	int64_t block_at;	/* base of relative block numbers */
	uint8_t *block;		/* matched data that the decompressor is to see */
	size_t block_size;
};

/* Long values of attributes, behind the index and item that asked for them. */
struct attr_answer {
	bool open;
	int32_t ndx;
	unsigned flags;		/* of the item */
	uint32_t num;		/* of the item that comes, from 1 */
	struct keep_item *item;
	size_t left, at;	/* bytes of its value */
};

/* Merge files on the way down to a directory. */
struct merge_level {
	char *path;
	struct rules_dir *rules;
};

struct push {
	struct inlist list;
	struct flist_form form;
	struct flist_state flist_state;
	struct flist_entry *entry;	/* being decoded */
	int64_t total_size;	/* of the files and symlinks in it, bytes */
	bool list_done;		/* the (first) list is complete */
	bool settled;		/* and the destination stands */
	enum { IDS_USERS, IDS_GROUPS, IDS_ERROR, IDS_DONE } trailer;
	struct ids users, groups_map;
	bool eof_seen;		/* no more segments */
	bool segment_open;	/* one is being read */
	bool pretend;		/* -n: nothing is changed */
	bool is_root;		/* owners may be set */

	struct tree tree;	/* the destination */
	bool made_top;		/* it was made for this push */
	bool no_tree;		/* it does not exist yet, and this is only for show */
	char rename_to[NAME_MAX + 1];	/* the one entry of the list is stored under this name; "" otherwise */
	struct tree temp;	/* --temp-dir; fd -1: none */
	struct tree partial;	/* the module's root, for an absolute --partial-dir */
	struct tree alt[ALT_DEST_MAX];
	struct tree backup;	/* --backup-dir */
	struct newmode newmode;
	char swept[TREE_PATH_SIZE];	/* the directory whose stale temporaries went last; "/" at first */

	/* ACLs and extended attributes */
	bool has_attrs;		/* there are any */
	struct keeps keeps;
	enum { DUE_NOTHING, DUE_ACCESS, DUE_DEFAULT, DUE_SET, DUE_ITEMS } due;	/* behind the newest entry */
	struct strong *md5;
	struct buf attr_names, attr_value;
	struct attr_answer answer;

	/* generator */
	size_t seg;		/* number of the segment being worked on, */
	uint32_t at;		/* and of the entry in it */
	bool entered;		/* its directory was dealt with */
	char content_root[NAME_BYTES_MAX];	/* below protocol 30: the last directory said to be listed whole */
	struct asking asking;
	struct strong *block_sum;
	struct strong *list_sum;	/* -c: sums of whole files, and what they are read into */
	uint8_t *list_chunk;
	struct wants wants;
	int32_t *redo;		/* indices to be asked for again */
	size_t n_redo, cap_redo;
	struct hardlinks *hardlinks;	/* NULL: without -H */
	int32_t *delayed;	/* --delay-updates: files complete in their partial directories */
	size_t n_delayed, cap_delayed;
	struct touch *touches;
	size_t n_touches, cap_touches;
	char fuzzy[NAME_MAX + 1];	/* the similar name found last */
	char skip_below[NAME_BYTES_MAX];	/* a directory that failed: what lies in it is passed over; "" none */

	/* deletion */
	struct merge_level *levels;
	size_t n_levels, cap_levels;
	char **doomed;		/* paths that go at the end (--delete-delay) */
	size_t n_doomed, cap_doomed;
	uint32_t deleted[5];	/* files, directories, symlinks, devices, specials */
	int64_t delete_skipped;	/* for --max-delete */
	bool delete_told;	/* that an error keeps us from deleting */
	bool deleting_late;
	size_t late_at;		/* where --delete-after has come to */

	/* receiver */
	struct taking take;
	struct expand *expand;	/* NULL: plain tokens */
	enum { END_RUNNING, END_PHASE1, END_PHASE2, END_ECHO3, END_LATE, END_ECHO4, END_DONE } end;
	int done_seen;		/* the client's NDX_DONE, */
	int segments_done;	/* of which the first answer those of segments that we closed */
	bool redone;		/* what the first phase left was looked at */
	bool late_items;	/* items may follow the answers of the second phase, which is not closed before */
};

/* --- flist_recv.c: reading the list -------------------------------------------------------------- */
int intake_new(struct session *s);
void intake_free(struct session *s);

/* NDX_FLIST_OFFSET - dir was read: the segment of directory dir comes. */
int intake_segment(struct session *s, int32_t dir);

/* Go on reading the list that is open.  0: complete; E_SHORT or an error. */
int intake_list(struct session *s);

/* --- dest.c: where it all lands -------------------------------------------------------------- */

/* After the first list: what the destination argument means.  0, or what session_fail said (1). */
int dest_settle(struct session *s);

/* Where an option's directory is, without links (those of root's and of the module's identity are followed); it may not be
 * there.  0 or -errno: -ELOOP for a link of somebody else, -ENOENT also for what a link leads to and the module hides. */
int dest_option_place(const struct session *s, const char *option, char dst[TREE_PATH_SIZE]);

/* A directory an option names: below the module root; relative ones from the destination.  0 or -errno. */
int dest_option_tree(struct session *s, const char *option, struct tree *ret);
bool dest_option_hidden(const struct session *s, const char *option);

/* The option's directory as a client may see it: below the module's root. */
const char *dest_option_shown(const struct session *s, const char *option, char dst[2 * TREE_PATH_SIZE]);

/* The path of an entry in the destination tree. */
char *dest_path(const struct session *s, const struct in_file *f, char dst[NAME_BYTES_MAX]);

/* Does the module's own filter hide this path of a tree?  Then it is neither read nor written (hardening A10). */
bool dest_hidden(const struct session *s, const struct tree *t, const char *path, bool is_dir);

/* A path of a tree as it is shown to the client.  Returns dst. */
const char *dest_shown(const struct session *s, const struct tree *t, const char *path, char *dst, size_t size);

/* An error about a path, for the client and the log: "rsync: [WHO] WHAT "PATH" (in MODULE) failed: ...",
 * resp. without that "failed". */
void dest_cannot(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err);

/* The same about an attribute, in the words of meta_set. */
void dest_unset(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err);
void dest_failed(struct session *s, const char *who, const char *what, const struct tree *t, const char *path, int err);

/* The directory part of a path, "" at the top; and the name in it, borrowed. */
void dest_dir_of(const char *path, char dst[TREE_PATH_SIZE]);
const char *dest_leaf_of(const char *path);

/* The partial file of path, and the tree that it is in; false when there is no partial directory. */
bool dest_partial(const struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE]);

/* Is there one partial directory for all, below the module's root?  Files of one name in several directories share a
 * partial file there.  rsync lets files that are complete wait in it too (--delay-updates), and puts one in the place of
 * another; ours wait beside their places. */
bool dest_partial_is_shared(const struct session *s);

/* Where a file that is complete waits for the end; false where none does. */
bool dest_waiting(const struct session *s, const char *path, char dst[TREE_PATH_SIZE]);

/* Move what stands at path out of the way, as --backup asks.  keep: it stays under its name too.  0 or -errno. */
int dest_backup(struct session *s, const char *path, bool keep);

/* Copy it there, since the file itself will be written to.  0 or -errno. */
int dest_backup_copy(struct session *s, const char *path, const struct stat *st);

/* The backup's tree and name; its directory is made when it is --backup-dir.  0 or -errno. */
int dest_backup_name(struct session *s, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE]);

/* --- newmode.c: what a directory gives to what is made in it --------------------------------------- */

/* The permissions that something new at path may have, by its directory's default ACL or by the umask. */
mode_t newmode_perms(struct session *s, const char *path);

/* Has the directory a default ACL, so that what is made in it has not the mode that it was made with? */
bool newmode_by_acl(struct session *s, const char *path);

/* Attributes of a directory were set. */
void newmode_forget(struct session *s);

/* --- attr_apply.c: attributes --------------------------------------------------------------------- */

/* Report flags for what differs between an entry and what stands there. */
unsigned settle_differs(struct session *s, const struct in_file *f, const struct stat *st);

/* The mode an entry gets.  st: what stands there now, or NULL. */
mode_t settle_mode(struct session *s, const struct in_file *f, const struct stat *st);

/* Bits that a new directory has from its parent, and keeps.  made: it, as it was made; NULL: it is not new. */
mode_t settle_inherited_bits(const struct session *s, const struct in_file *f, const struct stat *made);

/* Give path (or fd, when not -1) the entry's attributes where they differ from now.  is_new: nothing of it
 * stood there before.  Failures are told to the client.  0 or the last error. */
int settle_apply(struct session *s, const struct in_file *f, struct tree *t, const char *path, int fd,
    const struct stat *now, bool is_new);

/* The mode a temporary is made with: the one it will have where nobody else could read what he should not
 * meanwhile, else ours alone.  old: of the file it replaces, 0: none. */
mode_t settle_first_mode(struct session *s, const struct in_file *f, mode_t old);

/* Must the file that we wrote for path be looked at to know its owner and mode? */
bool settle_needs_state(struct session *s, const char *path, bool in_place);

/* The same for a file that was just written, through its descriptor.  st: as it is; want says what it takes the
 * place of. */
void settle_received(struct session *s, const struct in_file *f, const char *path, int fd, const struct stat *st,
    const struct want *want);

/* Is the time of such an object the client's business? */
bool settle_keeps_time(const struct session *s, uint32_t mode);

/* Two times within the modify window. */
bool settle_same_time(const struct session *s, const struct in_file *f, const struct stat *st);

/* Is the content of a regular file, as far as can be told, what the client has? */
bool settle_same_content(struct session *s, const struct in_file *f, struct tree *t, const char *path, const struct stat *st);

/* --- xattr_recv.c: ACLs and extended attributes ------------------------------------------------ */
int extras_begin(struct session *s);
void extras_end(struct session *s);

/* An entry of that mode was read: what follows it is due.  extras_read goes on with it: 0 at its end, E_SHORT or
 * an error. */
void extras_expect(struct session *s, uint32_t mode);
int extras_read(struct session *s, struct in_file *f);

/* Report flags for what differs at path. */
unsigned extras_differ(struct session *s, const struct in_file *f, struct tree *t, const char *path, const struct stat *st);

/* The same where nothing stood before. */
unsigned extras_of_new(const struct session *s, const struct in_file *f);

/* What stands at path, for the next two; false where attributes are nobody's business.  *ret is to be closed. */
bool extras_open(struct session *s, const struct in_file *f, struct tree *t, const char *path, struct attr_of *ret);
void extras_close(const struct attr_of *of);
struct attr_of extras_of_fd(const struct session *s, int fd);

/* What stands in the first alternate directory that has such a thing. */
struct attr_of extras_elsewhere(struct session *s, const struct in_file *f, const char *path);

/* Set the entry's attributes, and remove others.  Values that have not come are taken from elsewhere if it has them;
 * those that nobody has are an error when final.  0 or -errno. */
int extras_set(struct session *s, const struct in_file *f, const struct attr_of *of, const struct attr_of *elsewhere, bool final);

/* Its ACLs; to be called when the mode is set. */
int extras_set_acls(struct session *s, const struct in_file *f, const struct attr_of *of);

/* Those of one regular file for its copy. */
int extras_copy(struct session *s, int from_fd, int to_fd);

/* Do requests or answers stand behind an item of these flags? */
bool extras_travel(const struct session *s, unsigned flags);

/* Behind an item: ask for the values that are not here. */
void extras_ask(struct session *s, int32_t ndx, struct in_file *f, unsigned flags);

/* The answer to that begins; read on.  0 at its end, E_SHORT, or an error. */
void extras_answer_begins(struct session *s, int32_t ndx, unsigned flags);
int extras_answer(struct session *s);

/* --- generator.c: what is done about each entry ------------------------------------------------- */

/* Is what is not in the list of this directory to go? */
bool generator_deletes_in(struct session *s, const struct in_file *f);

/* Does the client ask for words of this level (-v is 1), and the module allow them? */
bool generator_says(const struct session *s, int level);

/* The same of words that --info may ask for by name. */
bool generator_informs(const struct session *s, int level, const char *word);

/* Before the first entry. */
void generator_begin(struct session *s);

/* One entry of the oldest unfinished list, or a piece of sums.  1: there was something to do; 0: not now;
 * or an error of ours. */
int generator_step(struct session *s);

/* Ask once more for a file whose sum was wrong. */
int generator_redo(struct session *s, int32_t ndx);

/* An entry that waited for another name of its file goes on.  0 or an error of ours. */
int generator_released(struct session *s, int32_t ndx, struct in_file *f);

/* Tell the client what was done about an entry, if it is worth telling. */
void generator_item(struct session *s, int32_t ndx, unsigned flags, const char *xname);

/* Does the client show items (-i)? */
bool generator_itemises(const struct session *s);

/* Does the client want to hear of what is unchanged too (-ii, -vv)? */
bool generator_reports_all(const struct session *s);

/* Say that nothing is to be done about path, to those who want to hear it. */
void generator_unchanged(struct session *s, const char *path);

/* A regular file, link, device or special stands complete: the sender may remove its own. */
void generator_success(struct session *s, int32_t ndx);

/* --- linknames.c: the names of one file (-H) ---------------------------------------------------------- */
enum linknames_verdict { LINKNAMES_DEALT_WITH, LINKNAMES_GO };

/* A list is complete: count its names.  0 or -ENOMEM. */
int linknames_count(struct session *s, const struct in_segment *seg);

/* Entry ndx, no directory, is looked at; exists: something stands at path.  LINKNAMES_GO: it is handled like a file of one
 * name, and linknames_end is due; else it was linked, or waits; or an error of ours. */
int linknames_enter(struct session *s, int32_t ndx, const struct in_file *f, const char *path, bool exists);

/* An entry, no directory, is passed over.  0 or an error of ours. */
int linknames_pass(struct session *s, const struct in_file *f);

/* An entry that went on has come to its end: it stands complete at path, or (NULL) could not be made.  0 or an error. */
int linknames_end(struct session *s, const struct in_file *f, const char *path);

/* The same, where its data did not come or could not be stored.  0 or an error. */
int linknames_give_up(struct session *s, const struct in_file *f);

/* One name that waits no longer.  1: there was one; 0: none; or an error of ours. */
int linknames_step(struct session *s);

/* --- receiver.c: what the client answers ---------------------------------------------------------- */

/* An answer with data follows its index and item.  0 or an error. */
int receiver_answer(struct session *s, int32_t ndx);

/* Plain bytes of the file being received; arg is the session. */
int receiver_literal(void *arg, const uint8_t *bytes, size_t n);

/* Go on with the file that is being received.  0 at its end, E_SHORT, or an error. */
int receiver_take(struct session *s);

/* Files at the head of the queue that the client said it cannot send are done with. */
int receiver_settle_gone(struct session *s);
void receiver_no_send(struct session *s, int32_t ndx);

/* At the end of a phase below protocol 30: what was not answered will not come. */
int receiver_give_up(struct session *s);

/* The connection ends: what has come of a file is kept where that was asked for. */
void receiver_abort(struct session *s);
int receiver_place_delayed(struct session *s);

/* --- copy.c: from one directory, tree or file system into another ------------------------------------------- */

/* Rename from to to, or, across file systems, copy and remove.  What stands at to is replaced in one step.  0 or -errno. */
int move_to(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to);

/* The same, but from stays if it can: as one more name or, across file systems, as the original of a copy.  0 or -errno. */
int move_or_link(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to);

/* Copy a regular file.  st: the owner, mode and time that the copy gets.  0 or -errno. */
int move_copy_file(struct session *s, struct tree *from_tree, const char *from, struct tree *to_tree, const char *to,
    const struct stat *st);

/* --- altdest.c: --compare-dest, --copy-dest, --link-dest, --fuzzy ---------------------------------------- */

/* What has become of an entry that was looked for elsewhere; else an error of ours. */
enum {
	ENTRY_GO_ON,	/* nothing: it is handled in the normal way */
	ENTRY_DONE,	/* it stands complete under its path */
	ENTRY_FAILED,	/* it does not, and will not: it is not to be here, or something went wrong (told) */
};

/* A file, looked for elsewhere: one that is missing, or, where exactly what is wanted lies elsewhere, one that
 * is there (else NULL).  One of the above. */
int altdest_try(struct session *s, int32_t ndx, struct in_file *f, const char *path, const struct stat *there);

/* The best basis elsewhere, open for reading unless whole files are sent (*ret_fd -1).  Is there one? */
bool altdest_basis(struct session *s, const struct in_file *f, const char *path, uint8_t *ret_kind, int *ret_fd,
    struct stat *ret_st, const char **ret_xname);

/* Something of the entry's kind under its path: the number of the directory, or -1. */
int altdest_find(struct session *s, const struct in_file *f, const char *path, struct stat *ret_st);

/* The same as altdest_try for a symlink that is to read target, or (NULL) for a special or the device dev. */
int altdest_node(struct session *s, int32_t ndx, const struct in_file *f, const char *path, const char *target, dev_t dev);

/* The basis that a request named. */
int altdest_open(struct session *s, const struct want *w, const char *path, struct stat *ret_st);

/* --- delete.c: deletion ---------------------------------------------------------------------------- */

/* If deletion goes along with the transfer: delete what is not in the list from directory f, whose entries are
 * in seg, or note it, where it comes late.  0, or an error of ours. */
int remove_during(struct session *s, const struct in_segment *seg, const struct in_file *f);

/* The same for the directory that an incremental segment lists. */
int remove_during_segment(struct session *s, const struct in_segment *seg);

/* What stands at path makes way for an entry of that mode.  0, or -errno (told). */
int remove_for(struct session *s, const char *path, const struct stat *st, uint32_t mode);

/* --delete-missing-args: what the client named is not there any more. */
int remove_named(struct session *s, const char *path, const struct stat *st);

/* The whole list, before the transfer or after it.  1: more to do. */
int remove_walk(struct session *s);
int remove_late(struct session *s);
void remove_done(struct session *s);
bool remove_allowed(struct session *s);

/* --- phases.c: the phases of a push -------------------------------------------------------------------- */

/* A request of this segment was opened or closed. */
void push_pending(struct session *s, int32_t ndx, int change);

enum step intake_run(struct session *s);
enum step receive_run(struct session *s);

#endif
