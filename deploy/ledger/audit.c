#include "deploy/ledger/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

static void __attribute__((format(printf, 3, 4)))
tell(struct audit *a, bool fault, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	a->faults += fault;
	a->tell(a->arg, fault, a->file, a->line, text);
}

static void
span_add(struct audit_span *s, const char *time)
{
	if (s->n++ == 0)
		memcpy(s->from, time, LEDGER_TIME_SIZE);
	memcpy(s->to, time, LEDGER_TIME_SIZE);
}

static void
keep(struct audit *a, struct buf *b, const void *bytes, size_t n)
{
	buf_put(b, bytes, n);
	if (b->err != 0)
		a->err = b->err;
}

/* --- bytes that are no entry ---------------------------------------------------------------------- */

static void
add_torn(struct audit *a, const void *bytes, size_t n)
{
	if (buf_len(&a->torn) + n > LEDGER_TORN_MAX)
		a->beyond = true;
	else
		keep(a, &a->torn, bytes, n);
}

static void
forget_torn(struct audit *a)
{
	buf_clear(&a->torn);
	a->beyond = false;
}

/* The daemon names what a crash left.  Anything else that is no entry was put there, or made of one. */
static void
settle_torn(struct audit *a, const struct ledger_entry *e)
{
	const size_t n = buf_len(&a->torn);
	uint8_t digest[LEDGER_HASH_SIZE];

	if (e->kind == LEDGER_CUT) {
		if (a->beyond || e->n != n || ledger_digest(buf_head(&a->torn), n, digest) != 0 || memcmp(digest, e->digest, sizeof digest) != 0)
			tell(a, true, "entry %" PRIu64 " names %" PRIu64 " bytes that were cut off, and other ones stand before it", e->seq, e->n);
		else
			tell(a, false, "cut: the %zu bytes before entry %" PRIu64 " are an entry that was not written to its end", n, e->seq);
		a->cuts++;
	} else if (n > 0 || a->beyond) {
		tell(a, true, "what stands before entry %" PRIu64 " is no entry: it was changed, or put there", e->seq);
	}
	forget_torn(a);
}

/* --- entries -------------------------------------------------------------------------------------- */

static struct audit_known *
place(struct audit *a, uint64_t seq)
{
	return &a->known[seq % LEDGER_BEHIND_MAX];
}

static void
remember(struct audit *a, const struct ledger_chain *at, const char *time)
{
	struct audit_known *k = place(a, at->seq);

	*k = (struct audit_known){ .at = *at, .n = a->all.n };
	snprintf(k->time, sizeof k->time, "%s", time);
}

/* The first of a file.  Without the file before, it is believed what came last there; with it, that is known.  Can e's place be judged? */
static bool
begin_file(struct audit *a, const struct ledger_entry *e)
{
	const bool first = a->chain.seq == 0 && a->all.n == 0;

	a->begun = true;
	if (e->kind != LEDGER_BEGIN) {
		tell(a, true, "the file does not begin with the entry that begins one: its first entries are missing");
		return !first;
	}
	if (first) {
		a->chain = e->other;
		if (e->other.seq > 0) {
			tell(a, false, "it goes on behind entry %" PRIu64 " of a file that is not among these", e->other.seq);
			remember(a, &a->chain, e->time);
		}
	} else if (e->other.seq != a->chain.seq || memcmp(e->other.hash, a->chain.hash, LEDGER_HASH_SIZE) != 0) {
		tell(a, true, "the file goes on behind entry %" PRIu64 ", which is not the last one of the file before (entry %" PRIu64 ")",
		    e->other.seq, a->chain.seq);
		return false;
	}
	return true;
}

static void
check_place(struct audit *a, const char *line, const struct ledger_entry *e)
{
	if (e->seq > a->chain.seq + 1)
		tell(a, true, "gap: entries %" PRIu64 " to %" PRIu64 " are missing", a->chain.seq + 1, e->seq - 1);
	else if (e->seq <= a->chain.seq)
		tell(a, true, "entry %" PRIu64 " is there again, or out of its place: entry %" PRIu64 " is before it", e->seq, a->chain.seq);
	else if (!ledger_follows(&a->chain, line, e))
		tell(a, true, "entry %" PRIu64 " was changed, or what was before it", e->seq);
}

/* What came between the one that is signed and its head is for the next one. */
static void
take_signed(struct audit *a, const struct audit_known *k, const struct ledger_entry *head)
{
	const uint64_t after = k->n < a->all.n - 1 ? a->all.n - 1 - k->n : 0;

	if (a->signed_ones.n == 0)
		memcpy(a->signed_ones.from, a->all.from, LEDGER_TIME_SIZE);
	memcpy(a->signed_ones.to, k->time, LEDGER_TIME_SIZE);
	a->signed_ones.n = k->n;
	a->unsigned_ones.n = after;
	if (after > 0) {
		memcpy(a->unsigned_ones.from, place(a, k->at.seq + 1)->time, LEDGER_TIME_SIZE);
		memcpy(a->unsigned_ones.to, place(a, head->seq - 1)->time, LEDGER_TIME_SIZE);
	}
}

static void
check_head(struct audit *a, const struct ledger_entry *e)
{
	const struct audit_known *k = place(a, e->other.seq);

	a->heads++;
	if (k->at.seq != e->other.seq || memcmp(k->at.hash, e->other.hash, LEDGER_HASH_SIZE) != 0)
		tell(a, true, "entry %" PRIu64 " signs another entry %" PRIu64 " than the one that is there", e->seq, e->other.seq);
	else if (a->key != NULL && !ledger_key_verify(a->key, &e->other, e->signature))
		tell(a, true, "entry %" PRIu64 " has a wrong signature: it is another key's, or was changed", e->seq);
	else if (a->key != NULL && k->n > 0)
		take_signed(a, k, e);
}

static void
check_witness(struct audit *a, const struct ledger_entry *e)
{
	if (a->witness.seq != e->seq || a->witnessed)
		return;
	a->witnessed = true;
	if (memcmp(a->witness.hash, e->hash, LEDGER_HASH_SIZE) != 0)
		tell(a, true, "entry %" PRIu64 " is not the one that \"--head\" names", e->seq);
}

static void
take_entry(struct audit *a, const char *line, const struct ledger_entry *e)
{
	const bool again = a->begun && e->kind == LEDGER_BEGIN, judged = a->begun || begin_file(a, e);

	if (again)
		tell(a, true, "entry %" PRIu64 " begins a file in the middle of one", e->seq);
	if (e->kind != LEDGER_BEGIN)	/* behind a beginning that was cut off comes a whole one, and then its name */
		settle_torn(a, e);
	if (judged)
		check_place(a, line, e);
	a->chain.seq = e->seq;		/* from here on, whatever was wrong: one fault is told once */
	memcpy(a->chain.hash, e->hash, LEDGER_HASH_SIZE);
	span_add(&a->all, e->time);
	remember(a, &a->chain, e->time);
	check_witness(a, e);
	if (e->kind == LEDGER_HEAD)
		check_head(a, e);
	else
		span_add(&a->unsigned_ones, e->time);
	if (e->kind == LEDGER_LOST) {
		a->lost += e->n;
		tell(a, false, "lost: %" PRIu64 " events could not be written before entry %" PRIu64, e->n, e->seq);
	}
}

static void
take_line(struct audit *a, const uint8_t *line, size_t n)
{
	struct ledger_entry e;

	a->line++;
	if (ledger_get((const char *)line, n, &e) == 0) {
		take_entry(a, (const char *)line, &e);
		return;
	}
	add_torn(a, line, n);
	add_torn(a, "\n", 1);
}

/* --- files ------------------------------------------------------------------------------------------ */

void
audit_init(struct audit *a, const struct ledger_key *key, const struct ledger_chain *witness, audit_tell *tell_line, void *arg)
{
	memset(a, 0, sizeof *a);
	a->key = key;
	a->witness = *witness;
	a->tell = tell_line;
	a->arg = arg;
}

void
audit_file(struct audit *a, const char *name)
{
	a->file = name;
	a->line = 0;
	a->begun = false;
}

/* A line that is too long is no entry, and is not kept. */
static void
take_rest(struct audit *a, const uint8_t *bytes, size_t n)
{
	if (buf_len(&a->rest) + n > LEDGER_TORN_MAX) {
		a->beyond = true;
		buf_clear(&a->rest);
	} else {
		keep(a, &a->rest, bytes, n);
	}
}

void
audit_bytes(struct audit *a, const uint8_t *bytes, size_t n)
{
	const uint8_t *end;

	for (; n > 0 && (end = memchr(bytes, '\n', n)) != NULL; n -= (size_t)(end - bytes) + 1, bytes = end + 1) {
		if (buf_len(&a->rest) == 0) {
			take_line(a, bytes, (size_t)(end - bytes));
			continue;
		}
		take_rest(a, bytes, (size_t)(end - bytes));
		take_line(a, buf_head(&a->rest), buf_len(&a->rest));
		buf_clear(&a->rest);
	}
	take_rest(a, bytes, n);
}

void
audit_file_end(struct audit *a)
{
	size_t n = buf_len(&a->torn) + buf_len(&a->rest);

	a->line++;
	if (n > 0 || a->beyond)
		tell(a, true, "%s%zu bytes at the end are no entry: it was cut off", a->beyond ? "more than " : "", n);
	else if (!a->begun)
		tell(a, true, "there is no entry in it");
	buf_clear(&a->rest);
	forget_torn(a);
}

int
audit_done(struct audit *a)
{
	if (a->witness.seq > 0 && !a->witnessed)
		tell(a, true, "entry %" PRIu64 ", which \"--head\" names, is not there: the end was cut off", a->witness.seq);
	buf_done(&a->rest);
	buf_done(&a->torn);
	return a->err;
}
