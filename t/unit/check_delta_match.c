#include "syncd/delta/match.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/delta/rolling.h"
#include "t/unit/unit.h"

struct bytes {
	uint8_t *p;
	size_t n;
};

static struct strong *strong;
static struct work work;
static struct match_cost cost;

static void
cost_begins(void)
{
	work = (struct work){ .vain_max = 0 };
	cost = (struct match_cost){ &work, MATCH_VAIN_SPARE };
}

static void
setup(void)
{
	strong_prepare();
	ck_assert_int_eq(strong_new(SUM_MD5, 0x1234, 1, &strong), 0);
	cost_begins();
}

static void
teardown(void)
{
	strong_free(strong);
}

static struct block_sums
sums_of(const struct bytes *basis, size_t block, size_t digest)
{
	size_t count = (basis->n + block - 1) / block;
	uint32_t *weak = calloc(count + 1, sizeof *weak);
	uint8_t *strongs = calloc(count + 1, digest + 1), out[DIGEST_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t len = i + 1 == count ? basis->n - i * block : block;
		struct rolling r = rolling_of(basis->p + i * block, len);

		weak[i] = rolling_value(&r);
		strong_block(strong, basis->p + i * block, len, out);
		memcpy(strongs + i * digest, out, digest);
	}
	return (struct block_sums){ count, block, basis->n % block, digest, weak, strongs };
}

static void
sums_free(struct block_sums *s)
{
	free((void *)s->weak);
	free((void *)s->strong);
}

struct outcome {
	size_t blocks, literals, events;
	int32_t last_block;
};

/* What searching in n bytes may take at most. */
static uint64_t
most_steps(size_t n)
{
	return (MATCH_VAIN_SPARE + MATCH_VAIN_PER_BYTE * (uint64_t)n) / MATCH_STEP_BYTES + 2 * MATCH_CHAIN_MAX + n;
}

/* Run the search in windows that grow by `step` bytes, put the result together and compare it
 * with the file.  The receiver's own rules are checked on the way. */
static struct outcome
run(const struct bytes *file, const struct bytes *basis, const struct block_sums *sums, size_t step, bool in_place)
{
	struct outcome o = { .last_block = -1 };
	uint8_t *made = malloc(file->n + 1), *window = NULL;
	size_t at = 0, least = sums->block + MATCH_LITERAL_MAX;
	struct match_window w = { 0 };
	struct match_event ev;
	struct match *m;

	ck_assert_int_eq(match_new(sums, strong, in_place, &cost, &m), 0);
	w.last = file->n == 0;
	for (;;) {
		match_next(m, &w, &ev);
		o.events++;
		ck_assert_msg(o.events < 10 * file->n + 1000, "no end");
		if (ev.kind == MATCH_END)
			break;
		if (ev.kind == MATCH_MORE) {
			size_t keep = (size_t)ev.keep, want;

			ck_assert(!w.last && ev.keep >= w.offset && keep <= (size_t)w.offset + w.len);
			want = (size_t)w.offset + w.len - keep + step;
			want = want < least ? least : want;
			ck_assert_msg(want <= least + 2 * MATCH_LITERAL_MAX + 2 * sums->block + step, "the window grows: %zu", want);
			want = want > file->n - keep ? file->n - keep : want;
			free(window);
			window = malloc(want + 1);
			memcpy(window, file->p + keep, want);
			w = (struct match_window){ window, want, ev.keep, keep + want == file->n };
			continue;
		}
		ck_assert_msg(w.offset + (int64_t)ev.at == (int64_t)at, "in order, without a gap");
		ck_assert(ev.len > 0 && ev.at + ev.len <= w.len);
		if (ev.kind == MATCH_LITERAL) {
			ck_assert_uint_le(ev.len, MATCH_LITERAL_MAX);
			memcpy(made + at, w.data + ev.at, ev.len);
			o.literals += ev.len;
		} else {
			size_t i = (size_t)ev.block, from = i * sums->block;

			ck_assert(ev.block >= 0 && i < sums->count);
			ck_assert_uint_eq(ev.len, i + 1 == sums->count && sums->tail > 0 ? sums->tail : sums->block);
			ck_assert(!in_place || from >= at);
			memcpy(made + at, basis->p + from, ev.len);
			o.blocks++;
			o.last_block = ev.block;
		}
		at += ev.len;
	}
	ck_assert_uint_eq(at, file->n);
	ck_assert(memcmp(made, file->p, file->n) == 0);
	match_free(m);
	free(window);
	free(made);
	return o;
}

static void
fill(uint8_t *p, size_t n, int alphabet)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(random() % alphabet);
}

/* The basis with pieces put in, taken out, moved and overwritten. */
static struct bytes
edited(const struct bytes *basis, int edits)
{
	struct bytes f = { malloc(basis->n + (size_t)edits * 3000 + 1), basis->n };

	memcpy(f.p, basis->p, basis->n);
	for (int i = 0; i < edits; i++) {
		size_t at = f.n == 0 ? 0 : (size_t)random() % f.n, len = (size_t)random() % 3000;

		if (random() % 3 == 0) {
			memmove(f.p + at + len, f.p + at, f.n - at);
			fill(f.p + at, len, 256);
			f.n += len;
		} else {
			len = len > f.n - at ? f.n - at : len;
			if (random() % 2)
				fill(f.p + at, len, 256);
			else {
				memmove(f.p + at, f.p + at + len, f.n - at - len);
				f.n -= len;
			}
		}
	}
	return f;
}

START_TEST(random_edits_come_out_whole_in_any_window)
{
	static const size_t blocks[] = { 1, 7, 512, 700, 1000, 4096 };
	size_t block = blocks[_i % 6], size = block == 1 ? 3000 : 30000 + (size_t)_i * 777;
	struct bytes basis = { malloc(size), size }, file;
	struct block_sums sums;

	srandom((unsigned)_i);
	fill(basis.p, basis.n, _i % 2 ? 256 : 2);
	file = edited(&basis, _i % 5);
	sums = sums_of(&basis, block, 16);
	struct outcome a = run(&file, &basis, &sums, 1 << 20, false), b = run(&file, &basis, &sums, 1 + (size_t)random() % 50, false);
	ck_assert_uint_eq(a.blocks, b.blocks);		/* the window makes no difference */
	ck_assert_uint_eq(a.literals, b.literals);
	run(&file, &basis, &sums, 1000, true);
	if (_i % 5 == 0) {
		ck_assert_uint_eq(a.literals, 0);
		ck_assert_uint_eq(a.blocks, sums.count);
	}
	sums_free(&sums);
	free(basis.p);
	free(file.p);
}
END_TEST

START_TEST(a_shifted_file_costs_only_what_is_new)
{
	struct bytes basis = { malloc(70000), 70000 }, file = { malloc(70013), 70013 };
	struct block_sums sums;
	struct outcome o;

	srandom(7);
	fill(basis.p, basis.n, 256);
	memcpy(file.p, "thirteen byte", 13);
	memcpy(file.p + 13, basis.p, basis.n);
	sums = sums_of(&basis, 700, 16);
	o = run(&file, &basis, &sums, 4000, false);
	ck_assert_uint_eq(o.literals, 13);
	ck_assert_uint_eq(o.blocks, 100);
	o = run(&file, &basis, &sums, 4000, true);	/* everything moved up: each block is overwritten before its time */
	ck_assert_uint_eq(o.blocks, 0);
	sums_free(&sums);
	free(basis.p);
	free(file.p);
}
END_TEST

START_TEST(the_short_block_matches_at_the_end_alone)
{
	struct bytes basis = { malloc(1010), 1010 }, file = { malloc(3000), 0 };
	struct block_sums sums;
	struct outcome o;

	srandom(8);
	fill(basis.p, basis.n, 256);
	sums = sums_of(&basis, 500, 16);		/* 500, 500, 10 */
	file.n = 510;
	memcpy(file.p, basis.p + 1000, 10);		/* the tail in front: no match */
	memcpy(file.p + 10, basis.p, 500);
	o = run(&file, &basis, &sums, 100, false);
	ck_assert(o.blocks == 1 && o.literals == 10);
	memcpy(file.p, basis.p, 500);			/* and at the end: one */
	memcpy(file.p + 500, basis.p + 1000, 10);
	o = run(&file, &basis, &sums, 100, false);
	ck_assert(o.blocks == 2 && o.literals == 0 && o.last_block == 2);
	file.n = 10;					/* nothing else than the tail */
	memcpy(file.p, basis.p + 1000, 10);
	o = run(&file, &basis, &sums, 100, false);
	ck_assert(o.blocks == 1 && o.literals == 0);
	file.n = 9;
	o = run(&file, &basis, &sums, 100, false);
	ck_assert(o.blocks == 0 && o.literals == 9);
	file.n = 0;
	o = run(&file, &basis, &sums, 100, false);
	ck_assert_uint_eq(o.events, 1);
	sums_free(&sums);
	free(basis.p);
	free(file.p);
}
END_TEST

START_TEST(without_sums_everything_is_literal)
{
	struct bytes basis = { malloc(1), 0 }, file = { malloc(200000), 200000 };
	struct block_sums sums = { .block = 700 };
	struct outcome o;

	fill(file.p, file.n, 256);
	o = run(&file, &basis, &sums, 1000, false);
	ck_assert_uint_eq(o.literals, file.n);
	free(basis.p);
	free(file.p);
}
END_TEST

START_TEST(a_run_goes_on_with_the_block_behind_the_last)
{
	struct bytes basis = { calloc(1, 70000), 70000 };	/* all blocks are equal */
	struct block_sums sums = sums_of(&basis, 700, 16);
	struct outcome o = run(&basis, &basis, &sums, 5000, false);

	ck_assert_uint_eq(o.blocks, 100);
	ck_assert_int_eq(o.last_block, 99);
	o = run(&basis, &basis, &sums, 5000, true);		/* in place a file onto itself: each block stays */
	ck_assert_uint_eq(o.blocks, 100);
	sums_free(&sums);
	free(basis.p);
}
END_TEST

/* A peer says that a million blocks all have the weak sum that our file has everywhere, with
 * strong sums that are all wrong. */
START_TEST(many_equal_weak_sums_stay_bounded)
{
	enum { COUNT = 1000000 };
	struct bytes file = { calloc(1, 200000), 200000 }, basis = { NULL, 0 };
	uint32_t *weak = calloc(COUNT, sizeof *weak);
	uint8_t *strongs = malloc((size_t)COUNT * 16);
	struct block_sums sums = { COUNT, 700, 0, 16, weak, strongs };
	struct outcome o;

	memset(strongs, 0xee, (size_t)COUNT * 16);
	o = run(&file, &basis, &sums, 1 << 20, false);
	ck_assert_uint_eq(o.literals, file.n);
	ck_assert_uint_le(work.done, most_steps(file.n));
	free(weak);
	free(strongs);
	free(file.p);
}
END_TEST

/* One block of 128 KiB whose weak sum is that of zeros, in a file of zeros: each offset looks like
 * a match.  Hashing it each time would take half an hour. */
START_TEST(hashing_in_vain_has_an_end)
{
	static const uint8_t wrong[16] = { 1 };
	static const uint32_t weak[1];
	struct bytes file = { calloc(1, 8 << 20), 8 << 20 }, basis = { NULL, 0 };
	struct block_sums sums = { 1, 131072, 0, 16, weak, wrong };
	struct outcome o = run(&file, &basis, &sums, 1 << 20, false);

	ck_assert_uint_eq(o.literals, file.n);
	ck_assert_uint_le(work.done, most_steps(file.n));
	free(file.p);
}
END_TEST

/* 1,024 weak sums that share a bucket with that of zeros, and equal it nowhere: nothing is ever hashed, each offset
 * walks the whole chain. */
START_TEST(walking_in_vain_has_an_end)
{
	enum { COUNT = 1024 };
	struct bytes file = { calloc(1, 8 << 20), 8 << 20 }, basis = { NULL, 0 };
	uint32_t *weak = calloc(COUNT, sizeof *weak);
	uint8_t *strongs = calloc(COUNT, 16);
	struct block_sums sums = { COUNT, 700, 0, 16, weak, strongs };
	struct outcome o;
	uint32_t v = 1;

	for (size_t i = 0; i < COUNT; v++)
		if (((v * 0x9e3779b1u >> 7 ^ v) & 0x7fff) == 0)
			weak[i++] = v;
	o = run(&file, &basis, &sums, 1 << 20, false);
	ck_assert_uint_eq(o.literals, file.n);
	ck_assert_uint_gt(work.done, file.n);		/* the chain is there */
	ck_assert_uint_le(work.done, most_steps(file.n));
	free(weak);
	free(strongs);
	free(file.p);
}
END_TEST

/* What is spare is spare once: many files do not get it each. */
START_TEST(what_is_spare_is_shared)
{
	static const uint8_t wrong[16] = { 1 };
	static const uint32_t weak[1];
	struct bytes file = { calloc(1, 1 << 20), 1 << 20 }, basis = { NULL, 0 };
	struct block_sums sums = { 1, 131072, 0, 16, weak, wrong };

	for (int i = 0; i < 20; i++)
		run(&file, &basis, &sums, 1 << 20, false);
	ck_assert_uint_eq(cost.spare, 0);
	ck_assert_uint_le(work.done, most_steps(20 * file.n) + 20 * 131072 / MATCH_STEP_BYTES);
	free(file.p);
}
END_TEST

static int
gone(void *arg)
{
	(void)arg;
	return E_EOF;
}

START_TEST(nobody_searches_for_who_is_gone)
{
	static const uint8_t wrong[16] = { 1 };
	static const uint32_t weak[1];
	struct bytes file = { calloc(1, 8 << 20), 8 << 20 }, basis = { NULL, 0 };
	struct block_sums sums = { 1, 131072, 0, 16, weak, wrong };

	work.look = gone;
	run(&file, &basis, &sums, 1 << 20, false);
	ck_assert_int_eq(work.err, E_EOF);
	ck_assert_uint_le(work.done, 131072);
	free(file.p);
}
END_TEST

/* Large files that differ here and there: what is done in vain is far below what may be. */
START_TEST(honest_files_come_nowhere_near)
{
	struct bytes basis = { malloc(32 << 20), 32 << 20 }, file = { malloc(32 << 20), 32 << 20 };
	struct block_sums sums;
	struct outcome o;

	srandom(9);
	fill(basis.p, basis.n, 256);
	memcpy(file.p, basis.p, basis.n);
	for (int i = 0; i < 2000; i++)
		file.p[random() % (long)file.n] ^= 1;
	sums = sums_of(&basis, 700, 4);
	o = run(&file, &basis, &sums, 1 << 20, false);
	ck_assert_uint_gt(o.blocks, 40000);
	ck_assert_uint_eq(cost.spare, MATCH_VAIN_SPARE);
	ck_assert_uint_le(work.done, file.n);
	sums_free(&sums);
	free(basis.p);
	free(file.p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/delta/match");
	TCase *t = tcase_create("match");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, random_edits_come_out_whole_in_any_window, 0, 36);
	tcase_add_test(t, a_shifted_file_costs_only_what_is_new);
	tcase_add_test(t, the_short_block_matches_at_the_end_alone);
	tcase_add_test(t, without_sums_everything_is_literal);
	tcase_add_test(t, a_run_goes_on_with_the_block_behind_the_last);
	tcase_add_test(t, many_equal_weak_sums_stay_bounded);
	tcase_add_test(t, hashing_in_vain_has_an_end);
	tcase_add_test(t, walking_in_vain_has_an_end);
	tcase_add_test(t, what_is_spare_is_shared);
	tcase_add_test(t, nobody_searches_for_who_is_gone);
	tcase_add_test(t, honest_files_come_nowhere_near);
	suite_add_tcase(s, t);
	return unit_main(s);
}
