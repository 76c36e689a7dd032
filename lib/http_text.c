#include "lib/http_text.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The library stops accepting at its limit, which those that were told to leave must not reach. */
enum { CONNECTIONS = 64, CONNECTIONS_LIMIT = 4 * CONNECTIONS, CONNECTION_BYTES = 16384, CONNECTION_SECONDS = 5 };

struct asker {				/* a connection */
	struct asker *next, **prev;	/* prev NULL: it was told to leave */
	int fd;
};

struct http_text {
	http_text_answer *answer;
	void *arg;
	struct loop *loop;
	struct watch http;
	struct timer timeout;
	struct MHD_Daemon *daemon;
	struct asker *oldest, **newest;
	unsigned askers;
};

static enum MHD_Result
reply(struct MHD_Connection *c, unsigned status, const char *type, const void *text, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued = MHD_NO;

	if (r != NULL && MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
		queued = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result
reply_text(struct MHD_Connection *c, unsigned status, const char *text)
{
	return reply(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result
reply_path(const struct http_text *x, struct MHD_Connection *c, const char *path)
{
	const char *type = "text/plain; charset=utf-8";
	struct buf out = BUF_INIT;
	unsigned status = x->answer(x->arg, path, &out, &type);
	enum MHD_Result r;

	if (out.err != 0)
		r = reply_text(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
	else
		r = reply(c, status, type, buf_head(&out), buf_len(&out));
	buf_done(&out);
	return r;
}

/* Called at least twice for a request: the second time all of it is there. */
static enum MHD_Result
answer(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *n_data, void **state)
{
	const struct http_text *x = arg;

	(void)version;
	(void)data;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return *n_data > 0 ? MHD_NO : reply_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (*state == NULL) {
		*state = arg;
		return MHD_YES;
	}
	return reply_path(x, c, url);
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
	if (++x->askers <= CONNECTIONS)
		return;
	forget(x, first);
	shutdown(first->fd, SHUT_RDWR);
}

static void
came_or_went(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (what == MHD_CONNECTION_NOTIFY_STARTED && info != NULL) {
		remember(arg, info->connect_fd, (struct asker **)state);
	} else if (*state != NULL) {
		forget(arg, *state);
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

	MHD_run(x->daemon);
	if (MHD_get_timeout(x->daemon, &ms) == MHD_YES)
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

	x->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, x, MHD_OPTION_LISTEN_SOCKET, listen_fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_LIMIT, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, came_or_went, x,
	    MHD_OPTION_END);
	if (x->daemon == NULL || (info = MHD_get_daemon_info(x->daemon, MHD_DAEMON_INFO_EPOLL_FD)) == NULL)
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
	if ((r = start(x, listen_fd)) != 0) {
		free(x);
		return r;
	}
	*ret = x;
	return 0;
}

void
http_text_quiesce(struct http_text *x)
{
	MHD_quiesce_daemon(x->daemon);
	run(x);
}
