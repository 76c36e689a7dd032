#include "syncd/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fdpass.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "syncd/publish.h"
#include "syncd/tally.h"

enum { PATIENCE_SECONDS = 10 };	/* with a listener that does not answer */

/* The listener's answer is one message, with a descriptor to read from. */
static int
ask(const struct addr *at, struct tally **ret)
{
	int fd, fds[FDPASS_MAX], r;
	size_t n = 0, n_fds = 0;
	char byte;
	const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };

	if ((r = sock_connect(at, &fd)) != 0)
		return r;
	sock_set_blocking(fd, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	r = fdpass_recv(fd, &byte, 1, &n, fds, &n_fds);
	close(fd);
	if (r != 0)
		return r;
	r = n_fds == 1 ? tally_map(fds[0], ret) : E_FORMAT;
	while (n_fds > 0)
		close(fds[--n_fds]);
	return r;
}

static long long
age(const struct tally_session *s, time_t now)
{
	return now > s->began ? (long long)(now - s->began) : 0;
}

static const char *
direction(const struct tally_session *s)
{
	return s->direction == 'o' ? "out" : s->direction == 'i' ? "in" : "-";
}

static const char *
shown(const char *text, char *dst, size_t size)
{
	log_escape(LOG_STYLE_STUNNEL, text[0] == '\0' ? "-" : text, strlen(text) + (text[0] == '\0'), dst, size);
	return dst;
}

static void
print_line(const struct tally_session *s, time_t now)
{
	char module[4 * sizeof s->module], user[4 * sizeof s->user], addr[4 * sizeof s->addr];

	printf("%7" PRIu32 " %-16s %-12s %-24s %-3s %8lld %14" PRIu64 " %14" PRIu64 " %s\n", s->pid, shown(s->module, module, sizeof module),
	    shown(s->user, user, sizeof user), shown(s->addr, addr, sizeof addr), direction(s), age(s, now), s->in, s->out,
	    tally_state_names[s->state]);
}

static void
print_object(const struct tally_session *s, time_t now, bool first)
{
	char module[6 * sizeof s->module], user[6 * sizeof s->user], addr[6 * sizeof s->addr];

	printf("%s\n  {\"pid\": %" PRIu32 ", \"module\": \"%s\", \"user\": \"%s\", \"address\": \"%s\", \"direction\": \"%s\", \"seconds\": %lld, "
	    "\"received\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"files\": %" PRIu64 ", \"state\": \"%s\"}", first ? "" : ",", s->pid,
	    log_json(s->module, module, sizeof module), log_json(s->user, user, sizeof user), log_json(s->addr, addr, sizeof addr),
	    s->direction == 0 ? "" : direction(s), age(s, now), s->in, s->out, s->files, tally_state_names[s->state]);
}

static void
print_all(const struct tally *t, bool json)
{
	const time_t now = time(NULL);
	struct tally_session s;
	bool first = true;

	if (json)
		fputs("[", stdout);
	else
		printf("%7s %-16s %-12s %-24s %-3s %8s %14s %14s %s\n", "PID", "MODULE", "USER", "ADDRESS", "DIR", "SECONDS", "RECEIVED", "SENT", "STATE");
	for (size_t row = 0; row < TALLY_ROWS; row++) {
		if (!tally_read(t, row, &s))
			continue;
		if (json)
			print_object(&s, now, first);
		else
			print_line(&s, now);
		first = false;
	}
	if (json)
		fputs(first ? "]\n" : "\n]\n", stdout);
}

int
status_main(const struct syncd_conf *conf, bool json)
{
	struct tally *t;
	struct addr at;
	int r = publish_status_path(&conf->global, &at);

	if (r == E_UNSUPPORTED) {
		fputs("sallyport-syncd: --status: the file has no \"pid file\", beside which a daemon could be asked\n", stderr);
		return RERR_SYNTAX;
	}
	if (r == 0)
		r = ask(&at, &t);
	if (r != 0) {
		fprintf(stderr, "sallyport-syncd: --status: no daemon answers at %s.status: %s\n", conf->global.pid_file, err_text(r));
		return RERR_SOCKETIO;
	}
	print_all(t, json);
	tally_unmap(t);
	return 0;
}
