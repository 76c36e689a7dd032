/* Texts for whoever asks by HTTP on this machine, in libmicrohttpd: GET of a path, bounded in connections, bytes and time.  An archive of
 * its own (lib/libhttp.a), for the processes that do nothing else. */
#ifndef SALLYPORT_LIB_HTTP_TEXT_H
#define SALLYPORT_LIB_HTTP_TEXT_H

#include "lib/buf.h"
#include "lib/loop.h"

struct http_text;

/* What is at that path: its text is appended to out, a content type put into *type where it is not text/plain.  The status (200, 404);
 * an out->err is told as 500. */
typedef unsigned http_text_answer(void *arg, const char *path, struct buf *out, const char **type);

#define HTTP_TEXT_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

/* Why nobody can be answered here: words for a log; NULL: all is there.  Loads the library, and so has to be asked before a process gives
 * up opening files. */
const char *http_text_fault(void);

/* Answer on listen_fd, which becomes the library's, in the loop.  Lives as long as the process.  0 or -errno (ELIBACC: see
 * http_text_fault). */
int http_text_new(struct loop *loop, int listen_fd, http_text_answer *answer, void *arg, struct http_text **ret);

/* Accept nobody else; who asked already gets an answer. */
void http_text_quiesce(struct http_text *h);

#endif
