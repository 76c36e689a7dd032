/* Files that the configuration names, watched for changes.  Directories are watched, so that a file renamed over another
 * is seen; what tells is not the event but whether anything about the files is different once they are quiet. */
#ifndef SALLYPORT_TUNNEL_MASTER_FILE_WATCH_H
#define SALLYPORT_TUNNEL_MASTER_FILE_WATCH_H

#include "lib/loop.h"
#include "tunnel/conf/conf.h"

/* The files of one configuration, as they were at a time. */
struct watched;

/* All that conf was read from (path and what it includes) and names: certificates, keys, trust, revocation lists, secrets.
 * The present state is taken.  0 or -ENOMEM. */
int watched_new(const char *path, const struct tun_conf *conf, struct watched **ret);
void watched_free(struct watched *w);

struct watcher;

/* changed(arg) is called when the files are no longer what they were when they were taken, and have been quiet for a
 * moment.  0 or -errno. */
int watcher_new(struct loop *l, void (*changed)(void *arg), void *arg, struct watcher **ret);
void watcher_free(struct watcher *w);

/* Watch these from now on (taken); NULL: nothing.  What could not be watched is looked at now and then. */
void watcher_set(struct watcher *w, struct watched *files);

/* The descriptor, for a child to close; -1 for a watcher that is NULL. */
int watcher_fd(const struct watcher *w);

#endif
