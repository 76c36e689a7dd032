/* What all kinds of containers agree about: who runs as which number, what is mounted where, which capabilities are left. */
#ifndef SALLYPORT_DEPLOY_OUT_POD_H
#define SALLYPORT_DEPLOY_OUT_POD_H

#include <stddef.h>

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* Numbers that the image gives the two users, and the port that the door has inside: one that takes no capability. */
#define POD_DAEMON_ID "10873"
#define POD_DOOR_ID "10874"
#define POD_PORT "8740"
#define POD_TMP "size=64k,mode=0700"
/* Options of the file system of the daemon's socket, of 1 MiB; %s: its owner.  (Podman takes "size=" for a quota of its own.) */
#define POD_RUN "nr_blocks=256,mode=2750,uid=%s,gid=" POD_DOOR_ID

struct pod_mount {
	const char *path;	/* here and there */
	int writes;
};

/* One of the two containers.  It sees its own mounts, its secret, and the directory of the socket. */
struct pod_part {
	const char *name;	/* "syncd", "tunnel" */
	const char *user;	/* its number; the group has the same, but for root */
	const char *group;	/* one that it is in besides; NULL: none */
	const char *program, *config;	/* the command is these two */
	const char *secret_id, *secret;	/* a file's name below POD_SECRETS, and where this machine has it; NULL: none */
	int tmp;		/* it wants a /tmp: a daemon that starts as root makes a directory there, to shut children in */
	struct pod_mount *mounts;
	size_t n_mounts;
	char *dirs[3];		/* of what the door reads */
	const char *caps;	/* separated by blanks */
};

/* 0, or -ENOMEM; then pod_part_done it all the same. */
int pod_daemon(const struct model *m, struct pod_part *ret);
int pod_door(const struct model *m, struct pod_part *ret);
void pod_part_done(struct pod_part *p);

/* Is it the one that pod_door made? */
int pod_is_door(const struct pod_part *p);

/* The next capability without "CAP_", into dst; NULL behind the last.  *at begins as p->caps. */
const char *pod_cap(const char **at, char dst[32]);

/* Where the door listens inside: one or two of "0.0.0.0:8740" and "[::]:8740", as the families of door.addresses.  Their number. */
size_t pod_listens(const struct model *m, const char *ret[2]);

/* Does the door have an IPv6 address? */
int pod_has_ipv6(const struct model *m);

/* Who owns the directory of the socket: the daemon's number. */
const char *pod_owner(const struct model *m);

/* Write both with put, the daemon first; an error sticks in o. */
void pod_parts(const struct model *m, struct emit *o,
    void (*put)(const struct model *m, const struct pod_part *p, struct emit *o));

/* The one of them alone. */
void pod_one(const struct model *m, struct emit *o, int (*make)(const struct model *m, struct pod_part *ret),
    void (*put)(const struct model *m, const struct pod_part *p, struct emit *o));

#endif
