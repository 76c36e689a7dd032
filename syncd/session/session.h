/* What happens next: one connection as a table of phases and one loop.  The unprivileged
 * worker runs the phases up to admission, the session process those after it. */
#ifndef SALLYPORT_SYNCD_SESSION_SESSION_H
#define SALLYPORT_SYNCD_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/work.h"
#include "syncd/delta/compress.h"
#include "syncd/delta/strong.h"
#include "syncd/fs/root.h"
#include "syncd/policy/chmod.h"
#include "syncd/policy/grant.h"
#include "syncd/policy/options.h"
#include "syncd/policy/refuse.h"
#include "syncd/policy/rules.h"
#include "syncd/session/charset.h"
#include "syncd/session/peer.h"
#include "syncd/types.h"
#include "syncd/wire/args.h"
#include "syncd/wire/hello.h"
#include "syncd/wire/ndx.h"

enum phase {
	PH_PROXY,	/* worker: who is there, as a proxy says it */
	PH_HELLO,	/* worker: greeting */
	PH_SELECT,	/* worker: module or list */
	PH_LOGIN,	/* worker: what the client answers to the challenge */
	PH_LIST,	/* worker: the module list */
	PH_ARGS,	/* session: the client's arguments */
	PH_NEGOTIATE,	/* session: compat flags, names, seed */
	PH_FILTERS,	/* session: the client's filter rules */
	PH_NAMES,	/* session: --files-from */
	PH_FLIST,	/* session: build and send the file list */
	PH_SENDER,	/* session: answer requests */
	PH_GOODBYE,	/* session: statistics, the last indices */
	PH_FLIST_RECV,	/* session, on a push: read the client's file list */
	PH_RECEIVE,	/* session, on a push: ask for what is wanted, take what comes */
	PH_DRAIN,	/* both: everything is said; wait for the peer to close */
	PH_COUNT,
};

struct session;

enum step {
	STEP_NEXT,	/* run the (new) phase at once */
	STEP_WAIT,	/* until the peer says something or takes something */
	STEP_YIELD,	/* look at the sockets, then come back */
	STEP_END,
};

/* What the monitor decided about the module; the session takes it as given. */
struct grant {
	char module[MODULE_NAME_MAX + 1];
	struct module_grant conf;	/* what its parameters say */
	int root_fd;		/* the module's directory */
	int sums_fd;		/* the file of its checksum cache; -1: none */
	bool numeric_ids;	/* do not look names up */
	bool jailed;		/* the process's root is the module's */
	int shared_rate;	/* KiB a second, each way together, that it shares with others: it asks before it moves; 0: it shares none */
	bool munge;		/* strip the prefix of munged symlinks */
	bool confine_links;	/* store links so that their text stays in the transfer */
	const char *addr, *host, *user, *path;	/* the client's, and the module's as configured, for the log of transfers */
	const char *shadow_refuses;	/* "refuse options" of another configuration that is asked, too, */
	const char *shadow_place;	/* and where they stand, "FILE:LINE"; NULL: none is asked */
	bool hooked;		/* the monitor wants the arguments, for pre-xfer exec */
	struct rules *hidden;	/* the module's own filter; NULL: none.  Shared by fork */

	/* who the session is, where it writes */
	uid_t uid;
	gid_t gid;
	const struct chmod_list *incoming, *outgoing;	/* what is done to modes; NULL: nothing */
	const gid_t *supplementary_gids;	/* shared by fork */
	size_t n_supplementary_gids;
	mode_t mask;		/* of the daemon: what new files lose when modes are not preserved */
};

/* What session/ does not know of pulls and pushes: the phases, and what happens beside them.  Made by the process that runs
 * the session (syncd/phases.c); borrowed for the session's life. */
struct session_table {
	struct phase_row {
		enum step (*run)(struct session *s);
		bool computes;		/* its work is for a client that still has to be there */
	} phases[PH_COUNT];

	/* MSG_SUCCESS: the client has file ndx now.  0, or E_LIMIT for an index that is none. */
	int (*succeeded)(struct session *s, int32_t ndx);

	/* MSG_NO_SEND: what was asked for under ndx will not come. */
	void (*no_send)(struct session *s, int32_t ndx);

	/* All is said (PH_DRAIN, perhaps several times): what is half done is to be kept or dropped now. */
	void (*ending)(struct session *s);

	/* Free s->pull and s->push. */
	void (*done)(struct session *s);
};

struct session {
	const struct session_table *table;
	struct peer peer;
	int monitor_fd;
	enum phase phase;
	uint64_t deadline;	/* ms on the monotonic clock; 0: none */
	uint64_t last_in, last_out, last_alive;
	struct work work;	/* what computing for this client takes */
	uint64_t looked_ms, end_seen_ms;	/* at the client, in the middle of it; and since when its input has ended */
	uint64_t share_bytes, share_due;	/* of a shared rate: up to so many moved, from then on (ms) */
	uint64_t told_at;	/* the totals were told last, ms; 0: they are not yet */
	uint64_t pace_from, pace_out, pace_in;	/* limits of bandwidth: since when, and what had moved by then */
	int exit_code;
	bool peer_told;		/* MSG_ERROR_EXIT went either way */
	bool draining;		/* our side is shut down for writing */

	/* text phase */
	struct hello hello;
	const char *greeting;	/* what of it is still to be sent; borrowed */
	uint8_t early[EARLY_INPUT_MAX];	/* what came of its early input */
	size_t n_early;
	long early_left;
	bool early_seen;
	uint32_t list_next;

	/* from admission on */
	struct grant grant;
	struct proto proto;
	struct args args;
	bool args_open;		/* OK was said, the first list is being read */
	bool second_list;
	size_t args_first;	/* where the second list begins */
	struct refusals refusals;	/* of the module */
	struct options opt;
	size_t paths;
	struct charset *charset;	/* what the grant names, open; */
	bool converts;		/* and whether the client asked for it */
	int refused;		/* exit code of a refusal to be told after the set-up */
	char refusal[OPTIONS_MESSAGE_MAX];
	char *hook_refusal;	/* what pre-xfer exec says instead; NULL: it does not mind */
	bool names_sent;	/* the negotiation lists are out */
	int rules_error;	/* why merge files of the client's rules ended the list, told already; 0: they did not */
	struct rules *rules;	/* the client's filter */
	struct chmod_list *chmod;	/* --chmod that the client means for this side; NULL */
	struct root root;
	struct strong *sum;
	enum compress_method method;	/* COMPRESS_NONE: plain tokens; */
	int level;		/* and how much it takes for it */
	struct ndx_state ndx_in, ndx_out;
	uint64_t files_moved, bytes_moved;	/* files whose data went out or came in whole, and their lengths */
	int io_error;
	bool files_failed;	/* the client was told of some */

	struct pull *pull;	/* syncd/pull/pull.h; NULL before its list begins, and on a push */
	struct push *push;	/* NULL before its list begins, and on a pull */
};

/* table: borrowed; the descriptors stay the caller's.  To be ended with session_done. */
void session_init(struct session *s, const struct session_table *table, int peer_fd, int monitor_fd, enum phase first);

/* Free what the session holds. */
void session_done(struct session *s);

/* Run to the end; the exit code of the process. */
int session_run(struct session *s);

/* Tell the monitor what was moved. */
void session_totals(struct session *s);

/* Tell the log how a session ended that did not end well, as rsync does: the code and which side we were. */
void session_log_end(const struct session *s);

/* End with words for the client: an @ERROR line in the text phase, messages after it, then the
 * exit code (rsync-wire 1.12, 9.4).  Returns the step that the phase has to return. */
enum step session_fail(struct session *s, int exit_code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same for an error code of ours: bad input, a closed connection, lack of memory. */
enum step session_error(struct session *s, int err);

/* Note a refusal of the arguments; the first one counts, and is told once the set-up stands. */
void session_refuse(struct session *s, int exit_code, const char *text);

/* A line for the client that does not end anything, and for the log: MSG_ERROR_XFER, MSG_WARNING, MSG_INFO, ... */
void session_tell(struct session *s, unsigned code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A line of MSG_INFO for the client alone, as its names of files are. */
void session_show(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A long piece of work has written much: let it out, waiting where the client does not read, but not for ever.
 * 0, or what ends the connection. */
int session_flush_wait(struct session *s);

/* The transfer begins: from here on its bytes count for limits of bandwidth. */
void session_pace(struct session *s);

/* In the middle of long work on files: tell the client that we are here, if it is time.  What the work takes is
 * not the client's silence. */
void session_keepalive(struct session *s);

/* A line for the log alone. */
void session_log(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit code for an error of rules_enter, as rsync's. */
int session_rules_code(int err);

/* Input is what the phase needs: E_SHORT waits, unless the peer has closed. */
enum step session_need_input(struct session *s, int err);

/* The client's frames start, or start again.  0 or an error. */
int session_frames(struct session *s);

/* May owners be set: the session's user is root, or they are kept in attributes (fake super)? */
bool session_is_root(const struct session *s);

/* With --iconv: are targets of links converted too?  Old clients take them as they are. */
bool session_converts_links(const struct session *s);

/* What stands behind the module's name in a path argument; "/..." or "".  The whole, if that name does not stand there. */
const char *args_below_module(const struct session *s, const char *arg);

/* --files-from names a file of the module: its text, to be freed, and its length; NULL where there is none to be had. */
char *names_file_read(struct session *s, size_t *ret_n);

/* The same on a push: the names go to the client, which sends what they name. */
void names_file_put(struct session *s);

/* The phases that both directions share. */
enum step proxy_run(struct session *s);
enum step hello_run(struct session *s);
enum step select_run(struct session *s);
enum step login_run(struct session *s);
enum step list_run(struct session *s);
enum step args_run(struct session *s);
enum step negotiate_run(struct session *s);
enum step filters_run(struct session *s);
enum step drain_run(struct session *s);

#endif
