#include "lib/ledger_chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "lib/err.h"

static const char context[LEDGER_HEAD_SIZE - 8 - LEDGER_HASH_SIZE] = "sallyport ledger head 1";

/* The end of a line, behind what is hashed: `, "hash": "` 64 digits `"}`. */
#define HASH_NAME ", \"hash\": \""
enum { END_SIZE = sizeof HASH_NAME - 1 + 2 * LEDGER_HASH_SIZE + 2 };

/* --- out -------------------------------------------------------------------------------------- */

static void
put_hex(struct buf *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", bytes[i]);
}

char *
ledger_hash_text(const uint8_t hash[LEDGER_HASH_SIZE], char dst[LEDGER_HASH_TEXT_SIZE])
{
	for (size_t i = 0; i < LEDGER_HASH_SIZE; i++)
		snprintf(dst + 2 * i, 3, "%02x", hash[i]);
	return dst;
}

int
ledger_digest(const void *bytes, size_t n, uint8_t ret[LEDGER_HASH_SIZE])
{
	return EVP_Digest(bytes, n, ret, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

static int
hash_line(const uint8_t before[LEDGER_HASH_SIZE], const void *line, size_t n, uint8_t ret[LEDGER_HASH_SIZE])
{
	uint8_t both[LEDGER_HASH_SIZE + LEDGER_LINE_MAX];

	if (n > LEDGER_LINE_MAX)
		return E_LIMIT;
	memcpy(both, before, LEDGER_HASH_SIZE);
	memcpy(both + LEDGER_HASH_SIZE, line, n);
	return ledger_digest(both, LEDGER_HASH_SIZE + n, ret);
}

static int
check_members(const char *members)
{
	for (const char *at = members; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return E_FORMAT;
	return strlen(members) > LEDGER_MEMBERS_MAX ? E_LIMIT : 0;
}

int
ledger_put(struct ledger_chain *chain, int64_t now, const char *members, struct buf *out)
{
	struct ledger_chain next = { chain->seq + 1, { 0 } };
	struct ledger_entry e;
	struct buf line = BUF_INIT;
	char when[LEDGER_TIME_SIZE];
	const time_t t = (time_t)now;
	struct tm tm;
	int r;

	if ((r = check_members(members)) != 0)
		return r;
	if (gmtime_r(&t, &tm) == NULL || strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return E_FORMAT;
	buf_printf(&line, "{\"seq\": %" PRIu64 ", \"time\": \"%s\"%s", next.seq, when, members);
	r = line.err != 0 ? line.err : hash_line(chain->hash, buf_head(&line), buf_len(&line), next.hash);
	buf_text(&line, HASH_NAME);
	put_hex(&line, next.hash, LEDGER_HASH_SIZE);
	buf_text(&line, "\"}");
	if (r == 0 && (r = line.err) == 0)
		r = ledger_get((const char *)buf_head(&line), buf_len(&line), &e);
	if (r == 0) {
		buf_put(out, buf_head(&line), buf_len(&line));
		buf_text(out, "\n");
		r = out->err;
	}
	if (r == 0)
		*chain = next;
	buf_done(&line);
	return r;
}

/* --- the ledger's own entries ------------------------------------------------------------------- */

void
ledger_put_begin(struct buf *members, const struct ledger_chain *before)
{
	buf_printf(members, ", \"event\": \"begin\", \"after\": %" PRIu64 ", \"of\": \"", before->seq);
	put_hex(members, before->hash, LEDGER_HASH_SIZE);
	buf_text(members, "\"");
}

void
ledger_put_cut(struct buf *members, const void *torn, size_t n)
{
	uint8_t digest[LEDGER_HASH_SIZE] = { 0 };

	if (ledger_digest(torn, n, digest) != 0)
		members->err = -EIO;
	buf_printf(members, ", \"event\": \"cut\", \"bytes\": %zu, \"sha256\": \"", n);
	put_hex(members, digest, LEDGER_HASH_SIZE);
	buf_text(members, "\"");
}

void
ledger_put_lost(struct buf *members, uint64_t n)
{
	buf_printf(members, ", \"event\": \"lost\", \"events\": %" PRIu64, n);
}

void
ledger_put_head(struct buf *members, const struct ledger_chain *at, const uint8_t signature[LEDGER_SIGNATURE_SIZE])
{
	buf_printf(members, ", \"event\": \"head\", \"signs\": %" PRIu64 ", \"of\": \"", at->seq);
	put_hex(members, at->hash, LEDGER_HASH_SIZE);
	buf_text(members, "\", \"signature\": \"");
	put_hex(members, signature, LEDGER_SIGNATURE_SIZE);
	buf_text(members, "\"");
}

/* --- in ----------------------------------------------------------------------------------------- */

struct text {			/* what is left of a line; ok sticks at false */
	const char *at, *end;
	bool ok;
};

static void
take(struct text *t, const char *words)
{
	size_t n = strlen(words);

	t->ok = t->ok && (size_t)(t->end - t->at) >= n && memcmp(t->at, words, n) == 0;
	if (t->ok)
		t->at += n;
}

static bool
digit(const struct text *t)
{
	return t->at < t->end && *t->at >= '0' && *t->at <= '9';
}

/* One spelling for each number: no sign, no zero in front, 18 digits at most. */
static uint64_t
take_number(struct text *t)
{
	const char *first = t->at;
	uint64_t n = 0;

	for (; t->ok && digit(t) && t->at - first < 18; t->at++)
		n = n * 10 + (uint64_t)(*t->at - '0');
	t->ok = t->ok && t->at > first && !digit(t) && (*first != '0' || t->at == first + 1);
	return n;
}

static int
nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
take_hex(struct text *t, uint8_t *ret, size_t n)
{
	for (size_t i = 0; i < n && t->ok; i++) {
		int high = t->end - t->at < 2 ? -1 : nibble(t->at[0]), low = high < 0 ? -1 : nibble(t->at[1]);

		t->ok = low >= 0;
		if (t->ok) {
			ret[i] = (uint8_t)(high << 4 | low);
			t->at += 2;
		}
	}
}

static void
take_time(struct text *t, char ret[LEDGER_TIME_SIZE])
{
	static const char form[] = "0000-00-00T00:00:00Z";

	ret[0] = '\0';
	t->ok = t->ok && (size_t)(t->end - t->at) >= sizeof form - 1;
	for (size_t i = 0; i < sizeof form - 1 && t->ok; i++, t->at++) {
		t->ok = form[i] == '0' ? digit(t) : *t->at == form[i];
		ret[i] = *t->at;
		ret[i + 1] = '\0';
	}
}

static void
take_begin(struct text *t, struct ledger_entry *e)
{
	take(t, "begin\", \"after\": ");
	e->other.seq = take_number(t);
	take(t, ", \"of\": \"");
	take_hex(t, e->other.hash, sizeof e->other.hash);
	take(t, "\"");
}

static void
take_cut(struct text *t, struct ledger_entry *e)
{
	take(t, "cut\", \"bytes\": ");
	e->n = take_number(t);
	take(t, ", \"sha256\": \"");
	take_hex(t, e->digest, sizeof e->digest);
	take(t, "\"");
}

static void
take_lost(struct text *t, struct ledger_entry *e)
{
	take(t, "lost\", \"events\": ");
	e->n = take_number(t);
}

static void
take_head(struct text *t, struct ledger_entry *e)
{
	take(t, "head\", \"signs\": ");
	e->other.seq = take_number(t);
	take(t, ", \"of\": \"");
	take_hex(t, e->other.hash, sizeof e->other.hash);
	take(t, "\", \"signature\": \"");
	take_hex(t, e->signature, sizeof e->signature);
	take(t, "\"");
}

static const struct own {
	const char *name;
	enum ledger_kind kind;
	void (*take)(struct text *, struct ledger_entry *);
} owns[] = {
	{ "begin\"", LEDGER_BEGIN, take_begin }, { "cut\"", LEDGER_CUT, take_cut },
	{ "lost\"", LEDGER_LOST, take_lost }, { "head\"", LEDGER_HEAD, take_head },
};

/* An own entry has these members and no others; what an event has is the daemon's. */
static void
take_event(struct text *t, struct ledger_entry *e)
{
	take(t, ", \"event\": \"");
	for (size_t i = 0; i < ARRAY_LEN(owns) && t->ok; i++) {
		struct text name = *t;

		take(&name, owns[i].name);
		if (!name.ok)
			continue;
		e->kind = owns[i].kind;
		owns[i].take(t, e);
		t->ok = t->ok && t->at == t->end;
		return;
	}
	for (; t->ok && t->at < t->end; t->at++)
		t->ok = (unsigned char)*t->at >= 0x20 && *t->at != 0x7f;
}

int
ledger_get(const char *line, size_t n, struct ledger_entry *ret)
{
	struct text t = { line, line + n, n >= END_SIZE && n < LEDGER_LINE_MAX }, end;

	*ret = (struct ledger_entry){ .kind = LEDGER_EVENT };
	if (!t.ok)
		return E_FORMAT;
	ret->n_hashed = n - END_SIZE;
	end = (struct text){ line + ret->n_hashed, t.end, true };
	t.end = end.at;
	take(&t, "{\"seq\": ");
	ret->seq = take_number(&t);
	take(&t, ", \"time\": \"");
	take_time(&t, ret->time);
	take(&t, "\"");
	take_event(&t, ret);
	take(&end, HASH_NAME);
	take_hex(&end, ret->hash, sizeof ret->hash);
	take(&end, "\"}");
	return t.ok && end.ok && ret->seq > 0 ? 0 : E_FORMAT;
}

int
ledger_hash_parse(const char *text, uint8_t ret[LEDGER_HASH_SIZE])
{
	struct text t = { text, text + strlen(text), true };

	take_hex(&t, ret, LEDGER_HASH_SIZE);
	return t.ok && t.at == t.end ? 0 : E_FORMAT;
}

bool
ledger_follows(const struct ledger_chain *chain, const char *line, const struct ledger_entry *e)
{
	uint8_t hash[LEDGER_HASH_SIZE];

	return e->seq == chain->seq + 1 && hash_line(chain->hash, line, e->n_hashed, hash) == 0 && memcmp(hash, e->hash, sizeof hash) == 0;
}

/* --- what is signed ----------------------------------------------------------------------------- */

void
ledger_head_message(const struct ledger_chain *at, uint8_t ret[LEDGER_HEAD_SIZE])
{
	memcpy(ret, context, sizeof context);
	for (size_t i = 0; i < 8; i++)
		ret[sizeof context + i] = (uint8_t)(at->seq >> 8 * i);
	memcpy(ret + sizeof context + 8, at->hash, LEDGER_HASH_SIZE);
}

int
ledger_head_read(const void *bytes, size_t n, struct ledger_chain *ret)
{
	const uint8_t *at = bytes;

	if (n != LEDGER_HEAD_SIZE || memcmp(at, context, sizeof context) != 0)
		return E_FORMAT;
	ret->seq = 0;
	for (size_t i = 0; i < 8; i++)
		ret->seq |= (uint64_t)at[sizeof context + i] << 8 * i;
	memcpy(ret->hash, at + sizeof context + 8, LEDGER_HASH_SIZE);
	return 0;
}
