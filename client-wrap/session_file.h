/* Sessions between jobs: a file for each place and configuration, in a directory that nobody else may enter.  Whoever has a session
 * may read what was said with it, so one is used once and is gone from then on, as TLS 1.3 wants it. */
#ifndef SALLYPORT_CLIENT_WRAP_SESSION_FILE_H
#define SALLYPORT_CLIENT_WRAP_SESSION_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

enum { SESSION_SCOPE = 32, SESSION_FILE_MAX = 16384, SESSION_SECONDS = 86400 };

/* The directory: $XDG_CACHE_HOME/sallyport/sessions, or that below ~/.cache; made where it is missing.  A descriptor, or -errno: -EPERM
 * when it is another's or others may enter it, -ENOENT without a home. */
int session_dir(void);

/* Take what is kept for scope: its bytes are appended to *ret and the file is gone, for whoever asks next.  0, or -errno; -EPERM for a
 * file that is no regular one of our own, or that others may read. */
int session_take(int dir, const uint8_t scope[SESSION_SCOPE], struct buf *ret);

/* Keep n bytes for scope, in the place of what there was, and drop all files that are older than SESSION_SECONDS.  0 or -errno. */
int session_put(int dir, const uint8_t scope[SESSION_SCOPE], const uint8_t *bytes, size_t n);

#endif
