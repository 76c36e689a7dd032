#include "client-wrap/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-wrap/blame.h"
#include "client-wrap/link.h"
#include "client-wrap/report.h"
#include "client-wrap/shown.h"
#include "client-wrap/status.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/num.h"
#include "lib/role.h"
#include "lib/sock.h"
#include "tunnel/ipc/syscalls.h"
#include "tunnel/tls/duplex.h"

enum { FAREWELL_MS = 5000 };

struct helper {
	struct link link;
	struct loop *loop;
	struct stream_tcp plain;
	struct end net, stdio;
	struct duplex duplex;
	struct timer farewell;
	struct watch life;		/* of the pipe to who started us */
	int report_fd;
	int status;
};

/* From here on only bytes are moved. */
static int
give_up_rights(void)
{
	static const char *const calls[] = { RELAY_SYSCALLS, NULL };
	struct role role = { .name = "helper", .root_fd = -1, .files = ROLE_FILES_NONE, .tree_fd = -1 };
	struct role_filter *filter;
	char report[ROLE_REPORT_SIZE];
	int r;

	if ((r = role_filter_new(calls, &filter)) != 0) {
		log_error("system call filter: %s", err_text(r));
		return WRAP_SETUP;
	}
	role.filter = filter;
	r = role_enter(&role, report);
	role_filter_free(filter);
	if (r == 0)
		return 0;
	log_error("%s", report);
	return WRAP_SETUP;
}

/* Writing failed, perhaps because of an alert that is still to be read: it says more. */
static int
broken(struct helper *h, int r)
{
	if ((r == -EPIPE || r == -ECONNRESET) && duplex_broken(&h->duplex) == &h->duplex.to_tls)
		while ((r = half_pump(&h->duplex.to_plain)) == HALF_BUSY)
			;
	if (r == E_PEER)
		return blame_peer(&h->link);
	return WRAP_CUT;	/* said by the wrapper, who knows whether rsync minds */
}

/* rsync waits for its helper before it closes the descriptors it shares with it: when the server
 * has ended, and rsync has all of it, nothing more will come from rsync either. */
static int
step(struct helper *h)
{
	int r = duplex_step(&h->duplex);

	if (r != DUPLEX_GOES_ON || h->duplex.r_plain != 0)
		return r;
	half_end(&h->duplex.to_tls);
	return duplex_step(&h->duplex) < 0 ? 0 : DUPLEX_DONE;
}

static void
pump(void *arg, uint32_t events)
{
	struct helper *h = arg;
	int r = step(h);

	(void)events;
	if (h->duplex.tls_cut)
		h->status = WRAP_CUT;
	if (r < 0)
		h->status = broken(h, r);
	if (r <= 0)
		loop_stop(h->loop);
	else if (h->duplex.r_tls == 0)	/* rsync is done: so is the server, soon */
		loop_timer(h->loop, &h->farewell, FAREWELL_MS);
}

static void
farewell_over(void *arg)
{
	struct helper *h = arg;

	loop_stop(h->loop);
}

/* Who started rsync was killed: nobody wants what it does any more.  Without us it ends, too. */
static void
orphaned(void *arg, uint32_t events)
{
	struct helper *h = arg;

	(void)events;
	h->status = WRAP_CUT;
	loop_stop(h->loop);
}

static int
watch_life(struct helper *h)
{
	if (h->report_fd < 0)
		return 0;
	h->life = (struct watch){ .fd = h->report_fd, .ready = orphaned, .arg = h };
	return loop_watch(h->loop, &h->life, EPOLLERR);
}

static int
relay(struct helper *h)
{
	int fd = h->link.fd;

	if (sock_set_blocking(STDIN_FILENO, 0) != 0 || sock_set_blocking(STDOUT_FILENO, 0) != 0 || watch_life(h) != 0) {
		log_error("descriptors 0 and 1: %s", strerror(errno));
		return WRAP_SETUP;
	}
	end_init(&h->net, fd, fd, pump, h);
	end_init(&h->stdio, STDIN_FILENO, STDOUT_FILENO, pump, h);
	stream_tcp_init(&h->plain, STDIN_FILENO, STDOUT_FILENO);
	duplex_init(&h->duplex, h->loop, &h->net, &h->link.tls.s, &h->stdio, &h->plain.s, h->link.scratch);
	h->farewell = (struct timer){ .expired = farewell_over, .arg = h };
	loop_again(h->loop, &h->net.in);
	if (loop_run(h->loop) != 0)
		h->status = WRAP_CUT;
	duplex_done(&h->duplex);
	return h->status;
}

static int
run(struct helper *h, const char *host, unsigned port)
{
	int status;

	prctl(PR_SET_PDEATHSIG, SIGTERM);	/* with rsync, also while somebody is asked for a pass phrase */
	if ((status = link_open(&h->link, &(struct link_wish){ .host = host, .port = port, .report_fd = h->report_fd })) != 0)
		return status;
	prctl(PR_SET_PDEATHSIG, 0);		/* from now on our last word is worth waiting for */
	if (h->link.set.verbose)
		shown_line(&h->link);
	if (loop_new(&h->loop) != 0) {
		log_error("%s", strerror(ENOMEM));
		return WRAP_SETUP;
	}
	return (status = give_up_rights()) != 0 ? status : relay(h);
}

/* The pipe to the wrapper, or -1 when rsync was started by another. */
static int
find_report(void)
{
	const char *text = getenv(WRAP_ENV_STATUS_FD);
	struct stat st;
	int64_t fd = -1;

	if (text == NULL || num_parse(text, 3, 65535, &fd) != 0 || fstat((int)fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return -1;
	return (int)fd;
}

/* rsync tells the port of URL or --port, 0 when there is none. */
static int
find_port(unsigned *ret)
{
	const char *text = getenv("RSYNC_PORT");
	int64_t port = 0;

	if (text != NULL && text[0] != '\0' && num_parse(text, 0, 65535, &port) != 0)
		return E_FORMAT;
	*ret = (unsigned)port;
	return 0;
}

int
helper_main(int argc, char **argv)
{
	struct helper h = { .link.fd = -1, .report_fd = find_report() };
	int i = argc >= 2 && strcmp(argv[0], "-l") == 0 ? 2 : 0;
	unsigned port = 0;
	int accepted;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);	/* rsync's way to end what it started: we still have a word to say */
	if (argc < i + 4 || strcmp(argv[i + 3], "--daemon") != 0) {
		log_error("only rsync daemons can be reached: rsyncs://host/module or host::module");
		h.status = WRAP_SETUP;
	} else if (find_port(&port) != 0) {
		log_error("RSYNC_PORT is not a port");
		h.status = WRAP_SETUP;
	} else {
		h.status = run(&h, argv[i], port);
	}
	if (h.status != 0)
		report_status(h.report_fd, h.status);
	accepted = h.link.accepted;
	link_done(&h.link);
	loop_free(h.loop);
	return accepted && h.report_fd >= 0 ? 0 : h.status;	/* rsync ends with the larger of its status and ours */
}
