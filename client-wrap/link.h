/* One TLS connection to a daemon: found, reached, verified.  What goes wrong is told here, in one line. */
#ifndef SALLYPORT_CLIENT_WRAP_LINK_H
#define SALLYPORT_CLIENT_WRAP_LINK_H

#include "client-wrap/connection.h"

/* Whom to connect to, and how. */
struct link_wish {
	const char *host;	/* borrowed until link_done */
	unsigned port;		/* 0: none was given */
	const char *sni;	/* the name to ask for, whatever the certificate has to name; NULL: the same */
	int report_fd;		/* the pipe to who started us, or -1 */
	int fresh;		/* no session of before is used */
	unsigned seconds;	/* it may take at most; 0: what the settings say */
};

/* Connect, and make sure of who is there.  l stays where it is until link_done, which is safe after any result.  0, or enum wrap_status
 * with the reason told. */
int link_open(struct link *l, const struct link_wish *w);

/* Keep the session that l has for the next job, where there is no report_fd to send it to.  0 or -errno, -ENOENT when there is none. */
int link_keep_session(const struct link *l);

/* Close the connection and free what l holds. */
void link_done(struct link *l);

#endif
