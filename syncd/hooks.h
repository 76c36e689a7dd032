/* early exec, pre-xfer exec, post-xfer exec and name converter of one connection (rsyncd-conf 13): run by the monitor, as the daemon or, with "exec as
 * module", as the module's user, outside every jail.  They get no descriptor of ours beyond 0 to 2, and are a process group of
 * their own. */
#ifndef SALLYPORT_SYNCD_HOOKS_H
#define SALLYPORT_SYNCD_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "lib/buf.h"
#include "syncd/policy/module.h"
#include "syncd/types.h"

/* Bounds (manual: LIMITS). */
enum {
	HOOK_ARGS_BYTES = 1 << 20,	/* of the arguments that it is told */
	CONVERTER_LINE_MAX = 1024,	/* bytes of a name converter's request or answer, */
	CONVERTER_SECONDS = 10,		/* that it has for an answer */
};

struct hooks {
	char *early, *pre, *post, *converter;	/* commands; NULL: none */
	int ask_fd, answer_fd;		/* of the name converter while it runs; -1 */
	pid_t converter_pid;
	struct module_facts facts;	/* borrowed */
	const struct module_plan *plan;	/* the same */
	bool as_module;
	int64_t seconds;		/* that each may run ("exec timeout"); then it is killed, with all of its group, and has failed */
	bool begun;			/* early exec has had its turn: post-xfer exec will have its own */
};

/* Take the module's commands, with their variables put in.  0, or E_DENIED with words for the client in message; told to the log.  An
 * environment with RSYNC_NO_XFER_EXEC has none.  hooks_done in either case. */
int hooks_take(struct hooks *h, const struct module_conf *m, const struct module_facts *f, const struct module_plan *plan,
    char message[MODULE_MESSAGE_SIZE]);
void hooks_done(struct hooks *h);

/* Run one to its end; what the wait status is for rsync (256 for one that a signal ended), or -errno.  Whoever asked is watched
 * meanwhile: E_EOF when he is gone, and the hook killed. */
int hooks_early(struct hooks *h, const uint8_t *input, size_t n, int peer_fd);

/* request and args (C strings, one behind the other) as the client's words.  said gets what the hook printed. */
int hooks_pre(struct hooks *h, const char *request, const struct buf *args, int peer_fd, struct buf *said);

/* Ask the name converter, which is started when it is asked first, with request and args as for hooks_pre: "uid", "gid", "usr" or "grp" and a
 * token without control bytes.  Its answer, a line, into answer (CONVERTER_LINE_MAX bytes).  0, or E_DENIED, told to the log: it ended,
 * said nothing in time, or too much. */
int hooks_convert(struct hooks *h, const char *request, const struct buf *args, const char *kind, const char *token, char answer[CONVERTER_LINE_MAX]);

/* raw: the wait status of the process that served, -1: none did. */
void hooks_post(struct hooks *h, int raw);

#endif
