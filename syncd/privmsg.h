/* What the monitor and its child say to each other: one datagram a message on a SOCK_SEQPACKET pair.  The
 * unprivileged side asks and waits; the monitor answers, or ends it. */
#ifndef SALLYPORT_SYNCD_PRIVMSG_H
#define SALLYPORT_SYNCD_PRIVMSG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/wire/proxy_in.h"

enum {
	REQ_LOG,	/* level, text; no answer */
	REQ_LIST,	/* first index; answer: next index (or 0xffffffff), then the lines */
	REQ_MODULE,	/* protocol version, digests of the greeting, name; answer: verdict, and words for the client or a challenge */
	REQ_LOGIN,	/* what the client answers to the challenge; answer as REQ_MODULE */
	REQ_ADMIT,	/* what the session needs of the text phase, and early input; answer as REQ_MODULE */
	REQ_NAME,	/* 'u' or 'g', id; answer: the name, or nothing */
	REQ_ID,		/* 'u' or 'g', name; answer: the id, or nothing */
	REQ_STARTED,	/* the arguments are complete; no answer */
	REQ_ARGS,	/* a piece of them, C strings, where pre-xfer exec wants them; no answer */
	REQ_HOOK,	/* the request as text: have that run; answer as REQ_MODULE */
	REQ_ORIGIN,	/* what a PROXY header says, before anything else; no answer */
	REQ_TOTALS,	/* what the session has moved by now: pull or not, bytes in, out, files and their bytes; no answer */
	REQ_SHARE,	/* bytes of a rate that is shared; answer: when they may move, ms on the monotonic clock */
	REQ_COUNT,
};

/* Log levels of ours beside syslog's: the monitor adds who asked ("... from HOST (ADDR)"); a line of the log of transfers, where the module
 * has one. */
enum { LOG_REQUEST = 100, LOG_TRANSFER };

/* What an answer begins with. */
enum { VERDICT_YES, VERDICT_NO, VERDICT_LOGIN };

enum { PRIV_MSG_MAX = 65536 };

/* Send one message: id, then the payload of fewer than PRIV_MSG_MAX bytes.  0, E_LIMIT or -errno. */
int priv_send(int fd, uint8_t id, const void *payload, size_t n);

/* Receive one: the payload is left in *in.  0, E_EOF, or -errno. */
int priv_recv(int fd, uint8_t *ret_id, struct buf *in);

/* What tell_origin sends.  0 or E_FORMAT. */
int origin_get(struct cursor *c, struct proxy_in *ret);

/* The asking side.  Each returns 0 with the answer, E_DENIED with the monitor's message, or the
 * error that ends us. */
void ask_log(int fd, int level, const char *text, size_t n);
int tell_origin(int fd, const struct proxy_in *p);	/* 0, or what ends us */
int ask_list(int fd, uint32_t from, uint32_t *ret_next, struct buf *lines);

/* May the client have the module NAME, and does it have to log in first?  DIGESTS is its greeting's list, NULL: it had none.  0: it may;
 * 1: with the answer to the challenge that is in WORDS now (ask_login). */
int ask_module(int fd, int version, const char *digests, const char *name, char *message, size_t size);
int ask_login(int fd, const char *line, char *message, size_t size);

struct admission {
	int version;		/* protocol */
	const uint8_t *early;	/* its early input, at most EARLY_INPUT_MAX bytes */
	size_t n_early;
	const uint8_t *ahead;	/* bytes the peer sent already, at most PRIV_AHEAD_MAX */
	size_t n_ahead;
};
enum { PRIV_AHEAD_MAX = 32768 };
int ask_admit(int fd, const struct admission *a, char *message, size_t size);

/* The client has said all of its arguments: what bounds a greeting no longer counts. */
void tell_started(int fd);

/* What was moved: bytes on the wire in and out, and files with their lengths. */
void tell_totals(int fd, int pull, const uint64_t numbers[4]);

/* Bytes that are asked for at a time of a rate that is shared (KiB a second): few, since all who share it wait for it in turn. */
size_t share_piece(int rate);

/* Reserve so many bytes, at most SHARE_MAX, of the rate that is shared; *ret_due: when they may move, ms.  Ask again no earlier, or be kept
 * waiting.  0 or an error. */
int ask_share(int fd, uint32_t bytes, uint64_t *ret_due);

/* Have pre-xfer exec run with these arguments of the client's, and what they ask for.  0; E_DENIED with words for the client. */
int ask_hook(int fd, char *const *args, size_t n, const char *request, char *message, size_t size);

/* The name of a user ('u') or group ('g') id; "" when there is none. */
int ask_name(int fd, char kind, uint32_t id, char *name, size_t size);

/* The other way round.  0; E_UNSUPPORTED when nobody is called that, or an error. */
int ask_id(int fd, char kind, const char *name, uint32_t *ret);

#endif
