/* What the kernel says in /proc, as structs: texts in, no file is opened here. */
#ifndef SALLYPORT_DEPLOY_VERIFY_KERNEL_H
#define SALLYPORT_DEPLOY_VERIFY_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/* A listening socket. */
struct kernel_socket {
	bool local;			/* a UNIX socket: path; else address */
	char path[108];
	struct addr address;
	uint64_t inode;
};

struct kernel_sockets {
	struct kernel_socket *v;
	size_t n, cap;
};

#define KERNEL_SOCKETS_INIT { NULL, 0, 0 }

/* Add what listens, from the text of /proc/net/tcp, tcp6 (six) and unix.  Lines of another shape are left out.  0 or -ENOMEM. */
int kernel_tcp(const char *text, bool six, struct kernel_sockets *l);
int kernel_unix(const char *text, struct kernel_sockets *l);

/* Free them; it is as KERNEL_SOCKETS_INIT then. */
void kernel_sockets_done(struct kernel_sockets *l);

struct kernel_status {
	uint32_t uid;			/* the effective one */
	uint64_t cap_eff, cap_bnd, cap_amb;
	int no_new_privs, seccomp, filters;	/* -1: it says nothing of it */
};

/* From the text of /proc/PID/status.  0, or E_FORMAT when a line is missing. */
int kernel_status(const char *text, struct kernel_status *ret);

/* The service manager's unit of a process, from the text of /proc/PID/cgroup: "a.service", or "" where there is none. */
void kernel_unit(const char *text, char *dst, size_t size);

/* "CAP_KILL CAP_CHOWN" or "cap_kill cap_chown" as bits; unknown names are no bit. */
uint64_t kernel_caps(const char *names);

/* The other way round, separated by blanks; "none".  Returns dst. */
const char *kernel_caps_text(uint64_t caps, char *dst, size_t size);

#endif
