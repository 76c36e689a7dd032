#include "syncd/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "syncd/events.h"
#include "syncd/ledger_file.h"
#include "syncd/ledger_signer.h"
#include "syncd/spawn.h"

enum {
	SIGN_MS = 60000,	/* from an entry to the signature that covers it, at most about */
	LAST_SIGN_MS = 2000,	/* that the end waits for one */
	RETRY_MS = 1000,	/* a file that could not be written to is tried again */
	AGAIN_MS = 1000, AGAIN_MAX_MS = 60000,	/* between two processes that sign */
};

_Static_assert((int)EVENT_SIZE <= (int)LEDGER_MEMBERS_MAX, "an entry has room for each event");

struct ledger {
	struct loop *loop;
	struct ledger_file file;
	char *path, *key_path;	/* key_path NULL: nothing is signed */
	uint64_t lost;		/* events that are not in the file */
	int spawner;
	struct spawned signer;	/* channel -1: none runs */
	struct watch answers;
	struct ledger_chain asked;	/* for whose signature it was asked; seq 0: for none */
	bool fresh;		/* there is what no signature covers, and none is asked for */
	struct timer sign, again, retry;
	uint64_t again_ms, started;
};

/* --- writing ---------------------------------------------------------------------------------------- */

static void
sign_later(struct ledger *l)
{
	l->fresh = true;
	if (l->key_path != NULL && l->sign.slot == 0)
		loop_timer(l->loop, &l->sign, SIGN_MS);
}

static void
lose(struct ledger *l, int r)
{
	if (l->lost++ == 0)
		log_error("ledger: %s: %s: events are not written, and counted", l->path, r == E_LIMIT ? "too much of it is no entry: move it away, and send HUP" : err_text(r));
	if (l->retry.slot == 0)
		loop_timer(l->loop, &l->retry, RETRY_MS);
}

static int
tell_lost(struct ledger *l)
{
	struct buf members = BUF_INIT;
	int r;

	if (l->lost == 0)
		return 0;
	ledger_put_lost(&members, l->lost);
	r = buf_cstr(&members) == NULL ? members.err : ledger_file_add(&l->file, buf_cstr(&members));
	buf_done(&members);
	if (r != 0)
		return r;
	log_notice("ledger: %s: written again; %" PRIu64 " events are missing", l->path, l->lost);
	l->lost = 0;
	sign_later(l);
	return 0;
}

static void
retry_due(void *arg)
{
	struct ledger *l = arg;

	if (tell_lost(l) != 0)
		loop_timer(l->loop, &l->retry, RETRY_MS);
}

void
ledger_add(struct ledger *l, const char *members)
{
	int r;

	if (l == NULL)
		return;
	if ((r = tell_lost(l)) == 0 && (r = ledger_file_add(&l->file, members)) == 0)
		sign_later(l);
	else
		lose(l, r);
}

void
ledger_take(struct ledger *l, int fd, size_t n)
{
	char members[LEDGER_MEMBERS_MAX + 1];

	if (n > LEDGER_MEMBERS_MAX || read(fd, members, n) != (ssize_t)n)
		return;
	members[n] = '\0';
	ledger_add(l, members);
}

void
ledger_reopen(struct ledger *l)
{
	int r;

	if (l == NULL)
		return;
	if ((r = ledger_file_reopen(&l->file)) != 0)
		log_error("ledger: %s: %s: the file before goes on", l->path, err_text(r));
	ledger_add(l, ", \"event\": \"reopened\"");
}

/* --- signing ---------------------------------------------------------------------------------------- */

static void start_signer(void *arg);

static void
close_signer(struct ledger *l)
{
	if (l->signer.channel < 0)
		return;
	close(l->signer.channel);
	close(l->signer.control);
	l->signer.channel = -1;
}

static void
start_again(struct ledger *l)
{
	if (loop_clock() - l->started > AGAIN_MAX_MS)
		l->again_ms = AGAIN_MS;
	loop_timer(l->loop, &l->again, l->again_ms);
	if ((l->again_ms *= 2) > AGAIN_MAX_MS)
		l->again_ms = AGAIN_MAX_MS;
}

static void
signer_ended(struct ledger *l)
{
	log_error("the process that signs the ledger has ended: another one is started");
	loop_unwatch(l->loop, &l->answers);
	close_signer(l);
	if (l->asked.seq != 0)
		l->fresh = true;
	l->asked.seq = 0;
	start_again(l);
}

/* The log is told, too: where it goes to another machine, that is a witness of what the file has to have. */
static void
put_head(struct ledger *l, const uint8_t signature[LEDGER_SIGNATURE_SIZE])
{
	char hash[LEDGER_HASH_TEXT_SIZE];
	struct buf members = BUF_INIT;
	int r;

	ledger_put_head(&members, &l->asked, signature);
	r = buf_cstr(&members) == NULL ? members.err : ledger_file_add(&l->file, buf_cstr(&members));
	buf_done(&members);
	if (r == 0)
		log_info("ledger: signed up to %" PRIu64 ":%s", l->asked.seq, ledger_hash_text(l->asked.hash, hash));
	else
		log_error("ledger: %s: %s: the signature of entry %" PRIu64 " is not in it", l->path, err_text(r), l->asked.seq);
	if (r != 0)
		sign_later(l);
}

static void
ask(struct ledger *l)
{
	if (l->signer.channel < 0 || l->asked.seq != 0 || !l->fresh)
		return;
	l->asked = l->file.chain;
	l->fresh = false;
	if (ledger_signer_ask(l->signer.channel, &l->asked) != 0)
		signer_ended(l);
}

/* A signature for what lies too far back by now is asked for anew. */
static void
answer_ready(void *arg, uint32_t events)
{
	struct ledger *l = arg;
	uint8_t signature[LEDGER_SIGNATURE_SIZE];
	int r = ledger_signer_answer(l->signer.channel, signature);

	(void)events;
	if (r == -EAGAIN)
		return;
	if (r != 0 || l->asked.seq == 0) {
		signer_ended(l);
		return;
	}
	if (l->file.chain.seq - l->asked.seq < LEDGER_BEHIND_MAX / 2)
		put_head(l, signature);
	else
		sign_later(l);
	l->asked.seq = 0;
	if (l->fresh)
		sign_later(l);
}

static void
sign_due(void *arg)
{
	ask(arg);
}

/* What it is given is read for it alone, each time, and kept nowhere else. */
static void
start_signer(void *arg)
{
	struct ledger *l = arg;
	struct spawn_order o = { .kind = SPAWN_SIGNER, .peer = -1, .root = -1, .sums = -1 };
	char why[256];
	int r;

	if (l->key_path == NULL || l->spawner < 0 || l->signer.channel >= 0)
		return;
	l->started = loop_clock();
	if ((o.boot = ledger_signer_key(l->key_path, why, sizeof why)) < 0) {
		log_error("ledger key = %s cannot be used: %s", l->key_path, why);
		start_again(l);
		return;
	}
	r = spawn_process(l->spawner, &o, SPAWN_NOW, &l->signer);
	close(o.boot);
	if (r != 0) {
		l->signer.channel = -1;
		start_again(l);
		return;
	}
	l->answers = (struct watch){ .fd = l->signer.channel, .ready = answer_ready, .arg = l };
	(void)loop_watch(l->loop, &l->answers, EPOLLIN | EPOLLRDHUP);
	ask(l);
}

void
ledger_spawner(struct ledger *l, int fd)
{
	if (l == NULL)
		return;
	l->spawner = fd;
	start_signer(l);
}

/* --- start and end ------------------------------------------------------------------------------------ */

static const char *
file_fault(int r)
{
	return r == E_FORMAT ? "its end is no ledger's: move it away" : r == -EWOULDBLOCK ? "another process has it" : err_text(r);
}

/* Said at the start, when somebody looks. */
static int
check_key(const struct global_conf *g)
{
	char why[256];

	if (!is_set(g->ledger_key) || ledger_signer_usable(g->ledger_key, why, sizeof why) == 0)
		return 0;
	log_error("ledger key = %s cannot be used: %s", g->ledger_key, why);
	return E_CONF;
}

static int
open_file(struct ledger *l)
{
	int r = ledger_file_open(l->path, &l->file);

	if (r != 0) {
		log_error("ledger = %s cannot be used: %s", l->path, file_fault(r));
		return E_CONF;
	}
	if (l->file.strange)
		log_error("ledger: %s: its last entries do not follow each other: sallyport ledger verify", l->path);
	if (buf_len(&l->file.torn) > 0)
		log_warn("ledger: %s: its last %zu bytes are no entry, and are named by a \"cut\"", l->path, buf_len(&l->file.torn));
	ledger_add(l, ", \"event\": \"start\"");
	return 0;
}

int
ledger_new(struct loop *loop, const struct global_conf *g, struct ledger **ret)
{
	struct ledger *l;
	int r = -ENOMEM;

	*ret = NULL;
	if (!is_set(g->ledger))
		return 0;
	if (check_key(g) != 0)
		return E_CONF;
	if ((l = calloc(1, sizeof *l)) == NULL)
		return -ENOMEM;
	*l = (struct ledger){ .loop = loop, .file = { .fd = -1 }, .path = strdup(g->ledger), .spawner = -1, .signer = { -1, -1 }, .again_ms = AGAIN_MS };
	l->sign = (struct timer){ .expired = sign_due, .arg = l };
	l->again = (struct timer){ .expired = start_signer, .arg = l };
	l->retry = (struct timer){ .expired = retry_due, .arg = l };
	if (l->path != NULL && (!is_set(g->ledger_key) || (l->key_path = strdup(g->ledger_key)) != NULL) && (r = open_file(l)) == 0) {
		*ret = l;
		return 0;
	}
	free(l->path);
	free(l->key_path);
	free(l);
	return r;
}

void
ledger_forget(struct ledger *l)
{
	if (l == NULL)
		return;
	ledger_file_close(&l->file);
	close_signer(l);
}

/* The answer to what was asked last, waited for. */
static void
sign_last(struct ledger *l)
{
	uint8_t signature[LEDGER_SIGNATURE_SIZE];
	struct pollfd p = { .fd = l->signer.channel, .events = POLLIN };

	if (l->asked.seq == 0 || l->signer.channel < 0)
		return;
	if (poll(&p, 1, LAST_SIGN_MS) > 0 && ledger_signer_answer(l->signer.channel, signature) == 0)
		put_head(l, signature);
	l->asked.seq = 0;
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	ledger_add(l, ", \"event\": \"stop\"");
	sign_last(l);
	l->fresh = true;
	ask(l);
	sign_last(l);
	loop_unwatch(l->loop, &l->answers);
	loop_timer_clear(l->loop, &l->sign);
	loop_timer_clear(l->loop, &l->again);
	loop_timer_clear(l->loop, &l->retry);
	ledger_forget(l);
	free(l->path);
	free(l->key_path);
	free(l);
}
