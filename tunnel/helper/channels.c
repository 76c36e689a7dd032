#include "tunnel/helper/channels.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "tunnel/ipc/ctl.h"

struct channels {
	const struct channel_server *server;
	void *arg;
	struct loop *loop;
	struct watch ctl;
	unsigned opened, live;
	int closing;			/* no more will come */
};

static void
leave_when_done(struct channels *cs)
{
	if (cs->closing && cs->live == 0)
		loop_stop(cs->loop);
}

static void
channel_close(struct channel *c)
{
	struct channels *cs = c->all;

	loop_unwatch(cs->loop, &c->watch);
	if (cs->server->closed != NULL)
		cs->server->closed(cs->arg, c);
	close(c->watch.fd);
	free(c);
	cs->live--;
	leave_when_done(cs);
}

static void
channel_ready(void *arg, uint32_t events)
{
	struct channel *c = arg;
	int r = 1;

	(void)events;
	for (unsigned i = 0; r > 0 && i < c->all->server->turn; i++)
		r = c->all->server->serve(c->all->arg, c);
	if (r < 0)
		channel_close(c);
}

void
channel_pause(struct channel *c)
{
	loop_unwatch(c->all->loop, &c->watch);
}

int
channel_resume(struct channel *c)
{
	int r = loop_watch(c->all->loop, &c->watch, EPOLLIN);

	if (r != 0)
		channel_close(c);
	return r;
}

static void
channel_open(struct channels *cs, int fd)
{
	struct channel *c = calloc(1, sizeof *c);

	if (c == NULL) {
		close(fd);
		return;
	}
	*c = (struct channel){ .all = cs, .number = cs->opened++, .watch = { .fd = fd, .ready = channel_ready, .arg = c } };
	cs->live++;
	if (cs->server->opened != NULL && cs->server->opened(cs->arg, c) != 0)
		channel_close(c);
	else
		channel_resume(c);
}

static void
ctl_ready(void *arg, uint32_t events)
{
	struct channels *cs = arg;
	enum ctl what;
	int fd, r;

	(void)events;
	while ((r = ctl_recv(cs->ctl.fd, &what, &fd)) == 0) {
		if (what == CTL_CHANNEL && fd >= 0)
			channel_open(cs, fd);
		else if (what == CTL_LOG && fd >= 0)
			log_take_fd(fd);
		else if (what == CTL_DRAIN)
			cs->closing = 1;
	}
	if (r == E_EOF) {
		loop_unwatch(cs->loop, &cs->ctl);
		cs->closing = 1;
		if (cs->server->orphaned != NULL)
			cs->server->orphaned(cs->arg);
	}
	leave_when_done(cs);
}

int
channels_new(struct loop *loop, int ctl_fd, const struct channel_server *server, void *arg, struct channels **ret)
{
	struct channels *cs = calloc(1, sizeof *cs);
	int r;

	if (cs == NULL)
		return -ENOMEM;
	*cs = (struct channels){ .server = server, .arg = arg, .loop = loop };
	cs->ctl = (struct watch){ .fd = ctl_fd, .ready = ctl_ready, .arg = cs };
	if ((r = loop_watch(loop, &cs->ctl, EPOLLIN)) != 0)
		free(cs);
	else
		*ret = cs;
	return r;
}
