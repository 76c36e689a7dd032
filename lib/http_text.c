#include "lib/http_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"

/* The library stops accepting at its limit, which those that were told to leave must not reach.  UNREAD_BYTES: of answers that nobody reads. */
enum { CONNECTIONS = 64, CONNECTIONS_LIMIT = 4 * CONNECTIONS, CONNECTION_BYTES = 16384, CONNECTION_SECONDS = 5, UNREAD_BYTES = 8 << 20 };

/* What is called of the library.  It is loaded by the process that answers alone: with GnuTLS and its kin it is ten libraries, which
 * every process of a program that is linked with it would carry and every fork would copy. */
struct library {
	struct MHD_Daemon *(*start_daemon)(unsigned, uint16_t, MHD_AcceptPolicyCallback, void *, MHD_AccessHandlerCallback, void *, ...);
	const union MHD_DaemonInfo *(*get_daemon_info)(struct MHD_Daemon *, enum MHD_DaemonInfoType, ...);
	MHD_socket (*quiesce_daemon)(struct MHD_Daemon *);
	enum MHD_Result (*run)(struct MHD_Daemon *);
	enum MHD_Result (*get_timeout)(struct MHD_Daemon *, MHD_UNSIGNED_LONG_LONG *);
	struct MHD_Response *(*create_response_from_buffer)(size_t, void *, enum MHD_ResponseMemoryMode);
	enum MHD_Result (*add_response_header)(struct MHD_Response *, const char *, const char *);
	enum MHD_Result (*queue_response)(struct MHD_Connection *, unsigned, struct MHD_Response *);
	void (*destroy_response)(struct MHD_Response *);
	const union MHD_ConnectionInfo *(*get_connection_info)(struct MHD_Connection *, enum MHD_ConnectionInfoType, ...);
};

#define LIBRARY "libmicrohttpd.so.12"
#define NAMED(function) { "MHD_" #function, offsetof(struct library, function) }

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	NAMED(start_daemon), NAMED(get_daemon_info), NAMED(quiesce_daemon), NAMED(run), NAMED(get_timeout),
	NAMED(create_response_from_buffer), NAMED(add_response_header), NAMED(queue_response), NAMED(destroy_response),
	NAMED(get_connection_info),
};

struct asker {				/* a connection */
	struct asker *next, **prev;	/* prev NULL: it was told to leave */
	int fd;
	size_t bytes;			/* of its last answer, read or not */
};

struct http_text {
	struct library lib;
	http_text_answer *answer;
	void *arg;
	struct loop *loop;
	struct watch http;
	struct timer timeout;
	struct MHD_Daemon *daemon;
	struct asker *oldest, **newest;
	unsigned askers;
	size_t bytes;			/* of all of them */
	struct MHD_Response *made;	/* in this turn of the library's, for everybody who asks for made_for; NULL: none */
	unsigned made_status;
	size_t made_bytes;
	char made_for[64];
};

static int
load(struct library *ret)
{
	void *lib = dlopen(LIBRARY, RTLD_NOW), *f;

	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (lib == NULL || (f = dlsym(lib, functions[i].name)) == NULL)
			return -ELIBACC;
		memcpy((char *)ret + functions[i].offset, &f, sizeof f);
	}
	return 0;
}

const char *
http_text_fault(void)
{
	struct library lib;

	return load(&lib) == 0 ? NULL : "the library of HTTP, " LIBRARY ", is not there: install libmicrohttpd12";
}

static struct MHD_Response *
response(const struct library *l, const char *type, const void *text, size_t n)
{
	struct MHD_Response *r = l->create_response_from_buffer(n, (void *)text, MHD_RESPMEM_MUST_COPY);

	if (r == NULL || l->add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
		return r;
	l->destroy_response(r);
	return NULL;
}

static enum MHD_Result
reply_text(const struct http_text *x, struct MHD_Connection *c, unsigned status, const char *text)
{
	struct MHD_Response *r = response(&x->lib, "text/plain; charset=utf-8", text, strlen(text));
	enum MHD_Result queued = r == NULL ? MHD_NO : x->lib.queue_response(c, status, r);

	if (r != NULL)
		x->lib.destroy_response(r);
	return queued;
}

static void
forget(struct http_text *x, struct asker *a)
{
	if (a->prev == NULL)
		return;
	*a->prev = a->next;
	if (a->next != NULL)
		a->next->prev = a->prev;
	else
		x->newest = a->prev;
	a->prev = NULL;
	x->askers--;
	x->bytes -= a->bytes;
}

static void
tell_to_leave(struct http_text *x, struct asker *a)
{
	forget(x, a);
	shutdown(a->fd, SHUT_RDWR);
}

/* Its answer may lie here until it reads: the oldest others give way to it. */
static void
charge(struct http_text *x, struct MHD_Connection *c, size_t n)
{
	const union MHD_ConnectionInfo *info = x->lib.get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct asker *a = info == NULL ? NULL : info->socket_context;

	if (a == NULL || a->prev == NULL)
		return;
	x->bytes += n - a->bytes;
	a->bytes = n;
	while (x->bytes > UNREAD_BYTES && x->oldest != a)
		tell_to_leave(x, x->oldest);
}

static void
forget_made(struct http_text *x)
{
	if (x->made != NULL)
		x->lib.destroy_response(x->made);
	x->made = NULL;
}

/* Many that ask at once get the same bytes. */
static void
make(struct http_text *x, const char *path)
{
	const char *type = "text/plain; charset=utf-8";
	struct buf out = BUF_INIT;

	if (x->made != NULL && strcmp(x->made_for, path) == 0)
		return;
	forget_made(x);
	x->made_status = x->answer(x->arg, path, &out, &type);
	if (out.err == 0 && (x->made = response(&x->lib, type, buf_head(&out), buf_len(&out))) != NULL) {
		x->made_bytes = buf_len(&out);
		snprintf(x->made_for, sizeof x->made_for, "%s", path);	/* one that is cut is made anew each time */
	}
	buf_done(&out);
}

static enum MHD_Result
reply_path(struct http_text *x, struct MHD_Connection *c, const char *path)
{
	make(x, path);
	if (x->made == NULL)
		return reply_text(x, c, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
	charge(x, c, x->made_bytes);
	return x->lib.queue_response(c, x->made_status, x->made);
}

/* Called at least twice for a request: the second time all of it is there. */
static enum MHD_Result
answer(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *n_data, void **state)
{
	struct http_text *x = arg;

	(void)version;
	(void)data;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return *n_data > 0 ? MHD_NO : reply_text(x, c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (*state == NULL) {
		*state = arg;
		return MHD_YES;
	}
	return reply_path(x, c, url);
}

/* Any user of this machine may hold connections open: beyond the bound the oldest gives way, however busy it seems. */
static void
remember(struct http_text *x, int fd, struct asker **ret)
{
	struct asker *a = calloc(1, sizeof *a), *first = x->oldest;

	*ret = a;
	if (a == NULL) {
		shutdown(fd, SHUT_RDWR);
		return;
	}
	*a = (struct asker){ .prev = x->newest, .fd = fd };
	*x->newest = a;
	x->newest = &a->next;
	if (++x->askers > CONNECTIONS)
		tell_to_leave(x, first);
}

static void
came_or_went(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what)
{
	struct http_text *x = arg;
	const union MHD_ConnectionInfo *info = x->lib.get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (what == MHD_CONNECTION_NOTIFY_STARTED && info != NULL) {
		remember(x, info->connect_fd, (struct asker **)state);
	} else if (*state != NULL) {
		forget(x, *state);
		free(*state);
		*state = NULL;
	}
}

/* The library has timers of its own. */
static void
run(void *arg)
{
	struct http_text *x = arg;
	MHD_UNSIGNED_LONG_LONG ms;

	x->lib.run(x->daemon);
	forget_made(x);
	if (x->lib.get_timeout(x->daemon, &ms) == MHD_YES)
		loop_timer(x->loop, &x->timeout, ms);
	else
		loop_timer_clear(x->loop, &x->timeout);
}

static void
http_ready(void *arg, uint32_t events)
{
	(void)events;
	run(arg);
}

static int
start(struct http_text *x, int listen_fd)
{
	const union MHD_DaemonInfo *info;

	x->daemon = x->lib.start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, x, MHD_OPTION_LISTEN_SOCKET, listen_fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_LIMIT, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, came_or_went, x,
	    MHD_OPTION_END);
	if (x->daemon == NULL || (info = x->lib.get_daemon_info(x->daemon, MHD_DAEMON_INFO_EPOLL_FD)) == NULL)
		return -ENOMEM;
	x->http = (struct watch){ .fd = info->epoll_fd, .ready = http_ready, .arg = x };
	return loop_watch(x->loop, &x->http, EPOLLIN);
}

int
http_text_new(struct loop *loop, int listen_fd, http_text_answer *answer_path, void *arg, struct http_text **ret)
{
	struct http_text *x = calloc(1, sizeof *x);
	int r;

	if (x == NULL)
		return -ENOMEM;
	*x = (struct http_text){ .answer = answer_path, .arg = arg, .loop = loop, .newest = &x->oldest };
	x->timeout = (struct timer){ .expired = run, .arg = x };
	if ((r = load(&x->lib)) != 0 || (r = start(x, listen_fd)) != 0) {
		free(x);
		return r;
	}
	*ret = x;
	return 0;
}

void
http_text_quiesce(struct http_text *x)
{
	x->lib.quiesce_daemon(x->daemon);
	run(x);
}
