/* The process that looks host names up for a monitor, without rights. */
#include "config.h"

#include "syncd/resolver.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/err.h"
#include "syncd/privmsg.h"

/* What is asked: an address, and up to two names behind it. */
enum { ASK_NAME, ASK_LEADS_TO, ASK_NETGROUP, ASKS };

struct question {
	struct addr peer;
	char name[HOSTNAME_SIZE], group[HOSTNAME_SIZE];
};

static void
answer_name(const struct question *q, struct buf *out)
{
	char text[HOSTNAME_SIZE];

	buf_u8(out, (uint8_t)hostname_of(&q->peer, text));
	buf_text(out, text);
}

static void
answer_leads_to(const struct question *q, struct buf *out)
{
	buf_u8(out, (uint8_t)(hostname_leads_to(q->name, &q->peer, AF_INET) + 1));
}

static void
answer_netgroup(const struct question *q, struct buf *out)
{
	buf_u8(out, innetgr(q->group, q->name, NULL, NULL) != 0);
}

static void (*const answers[ASKS])(const struct question *, struct buf *) = {
	[ASK_NAME] = answer_name, [ASK_LEADS_TO] = answer_leads_to, [ASK_NETGROUP] = answer_netgroup,
};

static int
question_get(struct cursor *c, struct question *q)
{
	const uint8_t *at = cur_bytes(c, sizeof *q);

	if (at == NULL || cur_left(c) != 0)
		return E_FORMAT;
	memcpy(q, at, sizeof *q);
	q->name[HOSTNAME_SIZE - 1] = q->group[HOSTNAME_SIZE - 1] = '\0';
	return 0;
}

static int
serve(int fd)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct question q;
	struct cursor c;
	uint8_t id;
	int r;

	while ((r = priv_recv(fd, &id, &in)) == 0) {
		c = cur_of(buf_head(&in), buf_len(&in));
		if (id >= ASKS || question_get(&c, &q) != 0)
			break;
		buf_clear(&out);
		answers[id](&q, &out);
		if (out.err != 0 || priv_send(fd, id, buf_head(&out), buf_len(&out)) != 0)
			break;
	}
	buf_done(&in);
	buf_done(&out);
	return r == E_EOF ? 0 : 1;
}

int
resolver_main(const struct roles *roles, const struct process_job *job)
{
	char report[ROLE_REPORT_SIZE];

	if (roles_enter_resolver(roles, job->monitor_fd, report) != 0)
		return 1;
	return serve(job->monitor_fd);
}

/* --- the asking side ------------------------------------------------------------------------- */

/* The first byte of the answer, and the rest as text; -1 where there is none. */
static int
ask(int fd, uint8_t id, const struct question *q, char *text, size_t size)
{
	struct buf in = BUF_INIT;
	uint8_t got = 0;
	size_t n;
	int r = -1;

	if (priv_send(fd, id, q, sizeof *q) == 0 && priv_recv(fd, &got, &in) == 0 && got == id && buf_len(&in) > 0) {
		r = buf_head(&in)[0];
		n = buf_len(&in) - 1 < size - 1 ? buf_len(&in) - 1 : size - 1;
		memcpy(text, buf_head(&in) + 1, n);
		text[n] = '\0';
		for (size_t i = 0; i < n; i++)	/* a name server's bytes: they go to the log and to rules of access */
			if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
				text[i] = '?';
	}
	buf_done(&in);
	return r;
}

static void
question_put(struct question *q, const struct addr *a, const char *name, const char *group)
{
	memset(q, 0, sizeof *q);
	if (a != NULL)
		q->peer = *a;
	snprintf(q->name, sizeof q->name, "%s", name);
	snprintf(q->group, sizeof q->group, "%s", group);
}

enum hostname_result
resolver_name(int fd, const struct addr *a, char text[HOSTNAME_SIZE])
{
	struct question q;
	int r;

	question_put(&q, a, "", "");
	if ((r = ask(fd, ASK_NAME, &q, text, HOSTNAME_SIZE)) == HOSTNAME_FOUND || r == HOSTNAME_SPOOFED || r == HOSTNAME_FAILED)
		return (enum hostname_result)r;
	snprintf(text, HOSTNAME_SIZE, "the resolver process does not answer");
	return HOSTNAME_FAILED;
}

int
resolver_leads_to(int fd, const char *name, const struct addr *a)
{
	struct question q;
	char text[HOSTNAME_SIZE];

	int r;

	question_put(&q, a, name, "");
	r = ask(fd, ASK_LEADS_TO, &q, text, sizeof text);	/* 0: failed, 1: no, 2: yes */
	return r < 0 || r > 2 ? -1 : r - 1;
}

int
resolver_netgroup(int fd, const char *group, const char *host)
{
	struct question q;
	char text[HOSTNAME_SIZE];

	question_put(&q, NULL, host, group);
	return ask(fd, ASK_NETGROUP, &q, text, sizeof text) == 1;
}
