/* The list of modules, for a monitor or the listener itself to hand out. */
#include "config.h"

#include "syncd/module_list.h"

#include <errno.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "syncd/events.h"
#include "syncd/privmsg.h"
#include "syncd/wire/hello.h"

enum { LIST_PIECE = 32768, REQUEST_SIZE = 1 + 4 };	/* REQ_LIST and an index */

int
module_list_piece(const struct syncd_conf *c, struct cursor *in, uint32_t *next, struct buf *out)
{
	struct buf lines = BUF_INIT;
	uint32_t i = cur_le32(in);

	if (in->err != 0 || i != *next)
		return E_BREACH;
	for (; i < c->n_modules && buf_len(&lines) < LIST_PIECE; i++)
		if (c->modules[i].list)
			listing_put(&lines, c->modules[i].name, c->modules[i].comment == NULL ? "" : c->modules[i].comment);
	*next = i >= c->n_modules ? UINT32_MAX : i;
	buf_le32(out, *next);
	buf_put(out, buf_head(&lines), buf_len(&lines));
	out->err = out->err != 0 ? out->err : lines.err;
	buf_done(&lines);
	return out->err;
}

bool
module_list_wants_names(const struct syncd_conf *c)
{
	bool wanted = c->defaults.reverse_lookup;

	for (size_t i = 0; i < c->n_modules; i++)
		wanted = wanted || c->modules[i].reverse_lookup;
	return wanted;
}

/* Nothing is waited for, and no right given up, before such a request is answered. */
static bool
at_once(const struct syncd_conf *c)
{
	const struct global_conf *g = &c->global;

	return !is_set(g->daemon_chroot) && !is_set(g->daemon_uid) && !is_set(g->daemon_gid) && !module_list_wants_names(c);
}

static void
log_asked(const struct addr *peer)
{
	char addr[ADDR_TEXT_SIZE];
	const struct event_who who = { .addr = addr_host(peer, addr, sizeof addr), .host = "UNDETERMINED", .user = "", .certificate = "",
	    .module = "" };

	event_connect(&who);
	log_info("module-list request from %s (%s)", who.host, addr);
}

int
module_list_serve(const struct syncd_conf *c, int channel, const struct addr *peer, uint32_t *next)
{
	uint8_t request[REQUEST_SIZE + 1];	/* one more: what is longer is seen to be */
	ssize_t n = recv(channel, request, sizeof request, MSG_PEEK | MSG_DONTWAIT);
	struct cursor in = cur_of(request + 1, REQUEST_SIZE - 1);
	struct buf out = BUF_INIT;
	bool first = *next == 0;
	int r;

	if (n <= 0)
		return n == 0 ? E_EOF : -errno;
	if (n != REQUEST_SIZE || request[0] != REQ_LIST || !at_once(c))
		return 0;
	(void)recv(channel, request, sizeof request, MSG_DONTWAIT);
	buf_u8(&out, REQ_LIST);
	if ((r = module_list_piece(c, &in, next, &out)) == 0) {
		if (first)
			log_asked(peer);
		r = send(channel, buf_head(&out), buf_len(&out), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 1;
	}
	buf_done(&out);
	return r;
}
