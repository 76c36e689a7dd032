#include "deploy/verify/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "deploy/ledger/ledger.h"
#include "lib/err.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

enum { KEY_MAX = 16384, TRIES = 2 };	/* the daemon may be in the middle of a line */

struct seen {
	char fault[500];	/* the first; "": none */
	uint64_t entries, signed_ones;
};

static void
hear(void *arg, bool fault, const char *file, uint64_t line, const char *text)
{
	struct seen *s = arg;

	(void)file;
	if (fault && s->fault[0] == '\0')
		snprintf(s->fault, sizeof s->fault, "line %" PRIu64 ": %s", line, text);
}

static void
look(const struct ledger_key *key, struct seen *s)
{
	static const struct ledger_chain nowhere;
	static struct audit audit;
	int r, end;

	*s = (struct seen){ .entries = 0 };
	audit_init(&audit, key, &nowhere, hear, s);
	r = ledger_read(&audit, MODEL_LEDGER);
	end = audit_done(&audit);
	if (r != 0 || end != 0)
		snprintf(s->fault, sizeof s->fault, "%s", err_text(r != 0 ? r : end));
	s->entries = audit.all.n;
	s->signed_ones = audit.signed_ones.n;
}

/* The half of it that verifies is in it.  False: it is none, as a point says. */
static bool
read_key(const struct ask *a, struct ledger_key **ret)
{
	const char *path = a->m->daemon.ledger_key.v;
	struct buf pem = BUF_INIT;
	int r;

	if (path == NULL)
		return true;
	if ((r = slurp_trusted(path, KEY_MAX, &pem)) == 0)
		r = ledger_key_private(buf_head(&pem), buf_len(&pem), ret);
	buf_wipe(&pem);
	if (r != 0)
		point_fail(a->points, "daemon.ledger", path, r == E_FORMAT ? "it is no Ed25519 key in PEM without a password" : trusted_error(r), "the key of the ledger",
		    "put it there, and restart the daemon");
	return r == 0;
}

void
ledger_judge(const struct ask *a)
{
	struct ledger_key *key = NULL;
	struct seen s = { .fault = "?" };
	char text[100];

	if (!a->m->daemon.ledger.v)
		return;
	if (!a->root) {
		point_skip(a->points, "daemon.ledger", MODEL_LEDGER, VERIFY_NEEDS_ROOT);
		return;
	}
	if (!read_key(a, &key))
		return;
	for (int i = 0; i < TRIES && s.fault[0] != '\0'; i++)
		look(key, &s);
	snprintf(text, sizeof text, key == NULL ? "%" PRIu64 " entries" : "%" PRIu64 " entries, %" PRIu64 " of them signed", s.entries, s.signed_ones);
	point_add(a->points, s.fault[0] == '\0', "daemon.ledger", MODEL_LEDGER, s.fault[0] == '\0' ? text : s.fault, "a ledger that is whole",
	    "restart a daemon that keeps none yet; what is wrong with one, sallyport ledger verify says");
	ledger_key_free(key);
}
