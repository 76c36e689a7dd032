/* rsync's protocol as far as a client asks what it may have, and takes nothing. */
#ifndef SALLYPORT_DEPLOY_VERIFY_TALK_H
#define SALLYPORT_DEPLOY_VERIFY_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "deploy/verify/tls.h"
#include "lib/buf.h"

enum { TALK_LINE_SIZE = 1024, TALK_TEXT_MAX = 1 << 20 };

struct talk {
	struct stream *stream;
	struct buf in;			/* what came, and was not looked at yet */
};

/* One line without its end into dst.  0; E_LIMIT for a longer one; E_EOF; or -errno. */
int talk_line(struct talk *t, char *dst, size_t size);

/* Greet: their line into theirs, then ours is said.  0, E_FORMAT for what is no daemon, or as talk_line. */
int talk_greet(struct talk *t, char *theirs, size_t size);

/* Ask for the list of modules, which is appended to ret line by line, words of the day included.  0, E_DENIED for "@ERROR"
 * (in ret), or as talk_line. */
int talk_list(struct talk *t, struct buf *ret);

/* Ask for a module.  What the daemon answers, "@RSYNCD: OK", "@RSYNCD: AUTHREQD challenge", or "@ERROR...", into dst; words of the day are
 * left out.  0 or as talk_line. */
int talk_module(struct talk *t, const char *module, char *dst, size_t size);

/* Answer the challenge; then as talk_module. */
int talk_login(struct talk *t, const char *user, const char *secret, const char *challenge, char *dst, size_t size);

/* After OK: ask for the names at a path ("open/./a"), recursively.  Names, and the daemon's words, are appended as they come,
 * as bytes.  0, or as talk_line. */
int talk_names(struct talk *t, const char *path, struct buf *names, struct buf *words);

/* Pure: did the other side end it by itself, or say no, so that a call came to r?  A time-out, or nobody there, is no answer. */
bool talk_refused(int r);

/* Pure: does the list name exactly these modules ("%-15s\t...")?  False: a word about the first that is missing or too many is in dst. */
bool talk_list_is(const char *list, const char *const *modules, size_t n, char *dst, size_t size);

/* Pure: take frames off in; false when there is no whole one.  Data is appended to names, messages to words. */
bool talk_frame(struct buf *in, struct buf *names, struct buf *words);

/* Forget what came; the stream is closed. */
void talk_done(struct talk *t);

#endif
