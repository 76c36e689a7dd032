/* Accepts, limits, reaps and reloads; reads no byte from a peer. */
#ifndef SALLYPORT_SYNCD_LISTENER_H
#define SALLYPORT_SYNCD_LISTENER_H

#include "syncd/listening.h"
#include "syncd/policy/conf.h"

struct listener_conf {
	const char *conf_path;
	const struct conf_override *over;
	size_t n_over;
	struct listening_wish listening;
	const char *log_file, *log_format;	/* --log-file and --log-file-format, or NULL */
	int ready_fd;			/* told one byte when everything stands; -1: nobody waits */
};

/* Listen and serve until a signal ends it.  Takes conf.  The exit code. */
int listener_run(const struct listener_conf *lc, struct syncd_conf *conf);

/* Serve the one connection on fd (inetd style).  Takes conf.  The exit code. */
int listener_serve_one(const struct listener_conf *lc, struct syncd_conf *conf, int fd);

/* Send the log where the file and the command line want it.  0 or -errno of the log file, which
 * is then left out. */
int listener_log(const struct listener_conf *lc, const struct syncd_conf *conf, int foreground);

#endif
