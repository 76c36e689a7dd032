/* The delta search: blocks of the client's file are found in ours by rolling and strong sums (rsync-wire 7.7). */
#include "syncd/delta/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "syncd/delta/rolling.h"

struct match {
	struct block_sums sums;
	struct strong *strong;
	bool in_place;
	int64_t from;		/* first byte not yet sent or matched */
	int64_t at;		/* where the search stands, >= from */
	int32_t want;		/* the block behind the last match */
	int32_t found;		/* matches at `at`, waiting for the literals before it; or -1 */
	size_t found_len;
	struct match_cost *cost;
	uint64_t vain;		/* bytes looked at without a match, steps along chains among them */
	uint64_t lent;		/* of them taken from what is spare */
	bool rolled;		/* sum is that of the block at `at` */
	struct rolling sum;
	uint32_t mask;		/* of the table, a power of two minus one */
	uint32_t *head;		/* 1 + first block of the bucket */
	uint32_t *next;		/* 1 + next block of the bucket */
	uint64_t *seen;		/* some 32 bits a block, one set: nearly all misses end here, in cache */
	uint32_t seen_mask;
};

enum { SEEN_PER_BLOCK = 32, SEEN_MIN = 1 << 14, SEEN_MAX = 1 << 25 };

static uint32_t
mix(uint32_t weak)
{
	return weak * 0x9e3779b1u >> 7 ^ weak;
}

static uint32_t
bucket(const struct match *m, uint32_t weak)
{
	return mix(weak) & m->mask;
}

int
match_new(const struct block_sums *sums, struct strong *strong, bool in_place, struct match_cost *cost,
    struct match **ret)
{
	struct match *m = calloc(1, sizeof *m);
	uint32_t size = 256;

	if (m == NULL)
		return -ENOMEM;
	m->sums = *sums;
	m->strong = strong;
	m->in_place = in_place;
	m->cost = cost;
	m->want = m->found = -1;
	while (size < sums->count * 2 && size < 1u << 30)
		size *= 2;
	m->mask = size - 1;
	m->head = calloc(size, sizeof *m->head);
	m->next = calloc(sums->count + 1, sizeof *m->next);
	m->seen_mask = SEEN_MIN;
	while (m->seen_mask < sums->count * SEEN_PER_BLOCK && m->seen_mask < SEEN_MAX)
		m->seen_mask *= 2;
	m->seen = calloc(m->seen_mask / 64, sizeof *m->seen);
	m->seen_mask--;
	if (m->head == NULL || m->next == NULL || m->seen == NULL) {
		match_free(m);
		return -ENOMEM;
	}
	for (size_t i = sums->count; i-- > 0;) {	/* backwards: chains then run in file order */
		uint32_t b = bucket(m, sums->weak[i]);

		m->next[i] = m->head[b];
		m->head[b] = (uint32_t)i + 1;
		b = mix(sums->weak[i]) & m->seen_mask;
		m->seen[b / 64] |= 1ull << (b % 64);
	}
	*ret = m;
	return 0;
}

void
match_free(struct match *m)
{
	if (m == NULL)
		return;
	free(m->head);
	free(m->next);
	free(m->seen);
	free(m);
}

static size_t
block_len(const struct match *m, size_t i)
{
	return i + 1 == m->sums.count && m->sums.tail > 0 ? m->sums.tail : m->sums.block;
}

/* May block i stand for len bytes at the current offset?  The one place where a match is
 * accepted: length, weak sum and what in-place allows, then the strong sum by the caller. */
static bool
candidate(const struct match *m, size_t i, uint32_t weak, size_t len)
{
	return m->sums.weak[i] == weak && block_len(m, i) == len &&
	    (!m->in_place || (int64_t)(i * m->sums.block) >= m->at);
}

static bool
same_strong(const struct match *m, size_t i, const uint8_t *digest)
{
	return memcmp(m->sums.strong + i * m->sums.digest, digest, m->sums.digest) == 0;
}

/* Weak sums that are everywhere, with strong sums that are nowhere, would buy a whole block's hashing, and a walk along a
 * chain, at every offset: hours for one small request. */
static bool
may_search(struct match *m)
{
	uint64_t due = MATCH_VAIN_PER_BYTE * (uint64_t)m->at + m->lent, more;

	if (work_over(m->cost->work))
		return false;
	if (m->vain <= due)
		return true;
	more = m->vain - due < m->cost->spare ? m->vain - due : m->cost->spare;
	m->cost->spare -= more;
	m->lent += more;
	return m->vain <= due + more;
}

static void
in_vain(struct match *m, size_t bytes)
{
	m->vain += bytes;
	work_add(m->cost->work, bytes / MATCH_STEP_BYTES, 0);
}

/* The block that equals p[0..len), or -1. */
static int32_t
find(struct match *m, const uint8_t *p, size_t len, uint32_t weak)
{
	uint8_t digest[DIGEST_MAX];
	bool summed = false;
	int left = MATCH_CHAIN_MAX;

	if (!may_search(m))
		return -1;
	if (m->want >= 0 && (size_t)m->want < m->sums.count && candidate(m, (size_t)m->want, weak, len)) {
		strong_block(m->strong, p, len, digest);
		summed = true;
		if (same_strong(m, (size_t)m->want, digest))
			return m->want;
	}
	for (uint32_t i = m->head[bucket(m, weak)]; i != 0 && left > 0; i = m->next[i - 1], left--) {
		if (!candidate(m, i - 1, weak, len))
			continue;
		if (!summed)
			strong_block(m->strong, p, len, digest);
		summed = true;
		if (same_strong(m, i - 1, digest)) {
			in_vain(m, (size_t)(MATCH_CHAIN_MAX - left) * MATCH_STEP_BYTES);
			return (int32_t)(i - 1);
		}
	}
	in_vain(m, (size_t)(MATCH_CHAIN_MAX - left) * MATCH_STEP_BYTES + (summed ? len : 0));
	return -1;
}

static void
literal_event(struct match *m, const struct match_window *w, size_t len, struct match_event *ret)
{
	len = len > MATCH_LITERAL_MAX ? MATCH_LITERAL_MAX : len;
	*ret = (struct match_event){ MATCH_LITERAL, (size_t)(m->from - w->offset), len, 0, 0 };
	m->from += (int64_t)len;
}

/* Report the block found at m->at, once the literals before it are out. */
static void
found_event(struct match *m, const struct match_window *w, struct match_event *ret)
{
	if (m->at > m->from) {
		literal_event(m, w, (size_t)(m->at - m->from), ret);
		return;
	}
	*ret = (struct match_event){ MATCH_BLOCK, (size_t)(m->at - w->offset), m->found_len, m->found, 0 };
	m->at += (int64_t)m->found_len;
	m->from = m->at;
	m->want = m->found + 1;
	m->found = -1;
	m->rolled = false;
}

/* Slide until a bucket bit is set or the last place for a whole block is passed. */
static void
slide(struct match *m, const uint8_t *data, size_t *pos, size_t stop)
{
	struct rolling sum = m->sum;
	size_t n = m->sums.block, i = *pos;

	for (;;) {
		uint32_t b = mix(rolling_value(&sum)) & m->seen_mask;

		if (m->seen[b / 64] & 1ull << (b % 64) || i >= stop)
			break;
		rolling_slide(&sum, n, data[i], data[i + n]);
		i++;
	}
	m->sum = sum;
	*pos = i;
}

/* Search whole blocks from m->at on.  True when *ret holds an event. */
static bool
search(struct match *m, const struct match_window *w, struct match_event *ret)
{
	size_t n = m->sums.block, pos = (size_t)(m->at - w->offset), last, limit;
	int32_t block;

	if (w->len < n || pos > w->len - n)
		return false;
	last = w->len - n;		/* the last place where a whole block fits */
	if (!m->rolled)
		m->sum = rolling_of(w->data + pos, n);
	m->rolled = true;
	for (;;) {
		limit = (size_t)(m->from - w->offset) + MATCH_LITERAL_MAX;
		limit = limit < last ? limit : last;
		slide(m, w->data, &pos, limit);
		m->at = w->offset + (int64_t)pos;
		block = find(m, w->data + pos, n, rolling_value(&m->sum));
		if (block >= 0) {
			m->found = block;
			m->found_len = n;
			found_event(m, w, ret);
			return true;
		}
		if (pos >= last)
			break;
		rolling_slide(&m->sum, n, w->data[pos], w->data[pos + n]);
		m->at = w->offset + (int64_t)++pos;
		if (m->at - m->from >= MATCH_LITERAL_MAX) {
			literal_event(m, w, (size_t)(m->at - m->from), ret);
			return true;
		}
	}
	if (w->last) {
		m->at++;		/* no whole block fits any more */
		m->rolled = false;
	}
	return false;
}

/* The short last block matches at one place only: the very end of the file. */
static bool
search_tail(struct match *m, const struct match_window *w, struct match_event *ret)
{
	size_t tail = m->sums.tail, start;
	struct rolling sum;
	int32_t block;

	if (tail == 0 || w->len < tail || w->offset + (int64_t)(w->len - tail) < m->at)
		return false;
	start = w->len - tail;
	sum = rolling_of(w->data + start, tail);
	m->at = w->offset + (int64_t)start;
	if ((block = find(m, w->data + start, tail, rolling_value(&sum))) < 0)
		return false;
	m->found = block;
	m->found_len = tail;
	found_event(m, w, ret);
	return true;
}

void
match_next(struct match *m, const struct match_window *w, struct match_event *ret)
{
	int64_t end = w->offset + (int64_t)w->len;

	if (m->found >= 0) {
		found_event(m, w, ret);
		return;
	}
	if (m->sums.count > 0 && search(m, w, ret))
		return;
	if (!w->last) {
		if (m->sums.count == 0 && end > m->from) {
			literal_event(m, w, (size_t)(end - m->from), ret);
			m->at = m->from;
			return;
		}
		*ret = (struct match_event){ .kind = MATCH_MORE, .keep = m->from };
		return;
	}
	if (m->sums.count > 0 && search_tail(m, w, ret))
		return;
	if (m->from < end) {
		literal_event(m, w, (size_t)(end - m->from), ret);
		return;
	}
	*ret = (struct match_event){ .kind = MATCH_END };
}
