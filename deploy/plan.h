/* What one `sallyport serve` is about to do: facts that were checked, and that the
 * configuration writers may rely on. */
#ifndef SALLYPORT_DEPLOY_PLAN_H
#define SALLYPORT_DEPLOY_PLAN_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum { PLAN_MODULE_SIZE = 64, PLAN_PORT = 8740, PLAN_SOCKET_SIZE = 108 };

struct plan {
	char path[PATH_MAX];	/* absolute, without "." and ".." */
	char module[PLAN_MODULE_SIZE];
	int writable;
	int as_root;		/* then files are read with root's rights */
	uint16_t port;		/* TLS, on every address */
	int has_six;		/* of IPv6, too */
	char run_dir[PATH_MAX];	/* private; both programs' files */
	char socket[PLAN_SOCKET_SIZE];	/* in there: plaintext, for this user's tunnel alone; "": the daemon is rsync's, which takes none */
	uint16_t daemon_port;	/* then plaintext is here, on 127.0.0.1 */
	char cert[PATH_MAX];
	char key[PATH_MAX];
	char clients[PATH_MAX];	/* certificates of those who may enter; "": everybody may */
	int calm;		/* the daemon is ours, and its log is for us to tell again */
	int own_tunnel;		/* the tunnel is ours: it says whose certificate it saw */
};

/* Resolve dir and see that it is a directory that we may read.  0, or E_CONF with e filled. */
int plan_path(const char *dir, struct plan *p, struct conf_err *e);

/* A module name as the user gave it; E_CONF when a configuration or a URL could not carry it. */
int plan_module(const char *name, struct plan *p, struct conf_err *e);

/* A module name from the last component of dir as it was given (a link's own name), or of p->path
 * where that says nothing ("."): never fails. */
void plan_module_from_path(const char *dir, struct plan *p);

/* See that the TLS port is free, or (port 0) choose one, and choose the daemon's.
 * 0, or E_CONF with e filled. */
int plan_ports(uint16_t port, struct plan *p, struct conf_err *e);

#endif
