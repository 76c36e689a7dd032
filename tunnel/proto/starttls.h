/* What is said in plain text before TLS (STARTTLS and its kin), and the little that some protocols
 * say inside it before the data.  Pure: items of bytes in, bytes out; no descriptor or log, and
 * time and chance only where NTLM wants them.
 * Nothing beyond the item asked for is ever read, so what a peer sends too early is part of the
 * handshake, and fails there. */
#ifndef SALLYPORT_TUNNEL_PROTO_STARTTLS_H
#define SALLYPORT_TUNNEL_PROTO_STARTTLS_H

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/opt.h"
#include "tunnel/proto/ntlm.h"

enum {
	PROTOCOL_NONE, PROTOCOL_PROXY, PROTOCOL_CIFS, PROTOCOL_CONNECT, PROTOCOL_IMAP, PROTOCOL_LDAP, PROTOCOL_NNTP,
	PROTOCOL_PGSQL, PROTOCOL_POP3, PROTOCOL_SMTP, PROTOCOL_SOCKS, PROTOCOL_CAPWIN, PROTOCOL_CAPWINCTRL, PROTOCOLS
};

/* The names, NULL-ended, by those numbers. */
extern const char *const starttls_names[];

/* smtp: the first two; connect: the last two, for the former of which the first stands */
enum { AUTH_PLAIN, AUTH_LOGIN, AUTH_BASIC, AUTH_NTLM };

struct starttls_conf {
	char *host, *user, *password;	/* NULL or "": none */
	int auth;			/* AUTH_ number */
	struct opt_list headers;
	char *domain;			/* of the user, for NTLM */
	uint8_t hash[NTLM_HASH_SIZE];	/* of the password, for NTLM */
};

enum starttls_side { ST_LOCAL, ST_REMOTE };	/* who came in, who is connected to */

/* When it is that a protocol talks. */
enum starttls_slot {
	ST_EARLY,		/* first thing on the accepted side */
	ST_MIDDLE,		/* connected, before TLS */
	ST_INSIDE,		/* server: within TLS, before connecting */
	ST_LATE,		/* connected, within TLS */
	ST_SLOTS
};

/* What a step asks of its caller; a negative number is a failure, with why and perhaps polite set. */
enum { ST_DONE, ST_READ, ST_QUIET, ST_LOOKUP };
enum { ST_LINE_MAX = 65536, ST_ITEMS_MAX = 1000, ST_QUIET_MS = 200, ST_HOST_SIZE = 256 };

struct starttls;
typedef int (*starttls_run)(struct starttls *p);

struct starttls {
	const struct starttls_conf *conf;
	starttls_run run;
	struct buf out[2];		/* to be sent, by side, whatever the step returned */
	/* after ST_READ: whose bytes come next, and how many; 0: a line */
	enum starttls_side from;
	size_t need;
	/* after ST_QUIET: within ST_QUIET_MS, did the local side begin to talk? */
	int talked;
	/* after ST_LOOKUP: the addresses of host (n_found 0: it has none) */
	char host[ST_HOST_SIZE];
	uint16_t port;
	struct addr found[8];
	size_t n_found;
	int has_target;			/* after ST_DONE: found is where to connect */
	const char *why;		/* what to log about a failure */
	int polite;			/* the peer was told: no reset */
	struct buf in;			/* the item: a line without its end, or need bytes */
	int state;
	unsigned items;
	char word[ST_HOST_SIZE];	/* what a step remembers for the next */
	struct buf kept;		/* likewise, of any size */
	size_t left;			/* bytes to be thrown away */
};

/* What a protocol does in a slot, or NULL.  And does it need to be connected before TLS? */
starttls_run starttls_find(int protocol, int client, enum starttls_slot slot);
int starttls_connects_first(int protocol, int client);

/* Does a server talk before TLS? */
int starttls_precedes(int protocol);

/* Is it there at all in this mode? */
int starttls_supported(int protocol, int client);

/* Does that address lead to this machine's loopback, in whatever form? */
int starttls_is_here(const struct addr *a);

/* Is it one that we know by name only?  Nothing is said then. */
int starttls_is_ignored(int protocol);

/* Begin; conf is borrowed.  Returns what the first step asks for.  done is safe after any. */
int starttls_begin(struct starttls *p, starttls_run run, const struct starttls_conf *conf);
void starttls_done(struct starttls *p);

/* After ST_READ: how many bytes to read at most, and what was read.  Returns what is asked next. */
size_t starttls_wants(const struct starttls *p);
int starttls_take(struct starttls *p, const void *bytes, size_t n);

/* After ST_QUIET and ST_LOOKUP, with talked or found set. */
int starttls_go_on(struct starttls *p);

/* --- for the protocols ------------------------------------------------------------------------ */

/* Each returns what run is to return: ask for a line of that side, or for n bytes; and the end of it, with a reason for the log.
 * st_say adds text to what is sent to that side. */
int st_line(struct starttls *p, enum starttls_side from);
int st_bytes(struct starttls *p, enum starttls_side from, size_t n);
void st_say(struct starttls *p, enum starttls_side to, const char *text);
int st_fail(struct starttls *p, const char *why);
int st_refuse(struct starttls *p, const char *why);	/* the peer was told so */
const char *st_text(struct starttls *p);		/* the line */
int st_begins(const char *line, const char *prefix);	/* letters of either case */

/* One for each protocol and side: a starttls_run. */
int smtp_client(struct starttls *p);
int smtp_login(struct starttls *p);
int smtp_server(struct starttls *p);
int pop3_client(struct starttls *p);
int pop3_server(struct starttls *p);
int imap_client(struct starttls *p);
int imap_server(struct starttls *p);
int nntp_client(struct starttls *p);
int pgsql_client(struct starttls *p);
int pgsql_server(struct starttls *p);
int ldap_client(struct starttls *p);
int cifs_client(struct starttls *p);
int cifs_server(struct starttls *p);
int connect_client(struct starttls *p);
int connect_server(struct starttls *p);
int socks_client(struct starttls *p);
int socks_server(struct starttls *p);

#endif
