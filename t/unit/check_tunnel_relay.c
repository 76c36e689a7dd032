#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/tls/relay.h"

/* A stream of memory: gives what it has in pieces, takes as much as it has room for. */
struct mem {
	struct stream s;
	const char *give;
	size_t piece;
	int at_end;			/* what read returns when nothing is left */
	char got[256];
	size_t n, room;
	int write_error;
	int flushed;			/* 0: flush would block */
	int ended;
};

static ssize_t
mem_read(struct stream *s, void *dst, size_t n)
{
	struct mem *m = (struct mem *)s;
	size_t k = strlen(m->give);

	k = k > m->piece ? m->piece : k;
	k = k > n ? n : k;
	memcpy(dst, m->give, k);
	m->give += k;
	return k > 0 ? (ssize_t)k : m->at_end;
}

static ssize_t
mem_write(struct stream *s, const void *src, size_t n)
{
	struct mem *m = (struct mem *)s;

	if (m->write_error != 0)
		return m->write_error;
	n = n > m->room ? m->room : n;
	memcpy(m->got + m->n, src, n);
	m->n += n;
	m->room -= n;
	return n > 0 ? (ssize_t)n : E_WANT_WRITE;
}

static int
mem_flush(struct stream *s)
{
	return ((struct mem *)s)->flushed ? 0 : E_WANT_WRITE;
}

static int
mem_shut(struct stream *s)
{
	((struct mem *)s)->ended++;
	return 0;
}

static const struct stream_ops mem_ops = { mem_read, mem_write, mem_flush, mem_shut };

static struct mem a, b;
static struct scratch *sc;
static struct half h;

static void
setup(void)
{
	a = (struct mem){ .s.ops = &mem_ops, .give = "hello, other side", .piece = 5 };
	b = (struct mem){ .s.ops = &mem_ops, .room = sizeof b.got, .flushed = 1, .give = "" };
	ck_assert_int_eq(scratch_new(&sc), 0);
	half_init(&h, &a.s, &b.s, sc);
}

static void
teardown(void)
{
	half_done(&h);
	scratch_free(sc);
}

START_TEST(everything_arrives_and_then_the_end)
{
	ck_assert_int_eq(half_pump(&h), 0);
	ck_assert_int_eq(b.ended, 1);
	ck_assert_uint_eq(h.moved, 17);
	ck_assert(memcmp(b.got, "hello, other side", 17) == 0);
	ck_assert_int_eq(half_pump(&h), 0);
	ck_assert_int_eq(b.ended, 1);	/* once */
}
END_TEST

START_TEST(what_is_not_taken_is_held_and_sent_first)
{
	b.room = 7;
	ck_assert_int_eq(half_pump(&h), E_WANT_WRITE);
	ck_assert(half_holds(&h));
	ck_assert_uint_eq(b.n, 7);
	b.room = 100;
	ck_assert_int_eq(half_pump(&h), 0);
	ck_assert(!half_holds(&h));
	ck_assert(memcmp(b.got, "hello, other side", 17) == 0);
}
END_TEST

START_TEST(nothing_is_read_while_the_writer_is_full)
{
	b.flushed = 0;
	ck_assert_int_eq(half_pump(&h), E_WANT_WRITE);
	ck_assert_str_eq(a.give, "hello, other side");
	ck_assert_int_eq(b.ended, 0);
}
END_TEST

START_TEST(a_pause_is_no_end)
{
	a.at_end = E_WANT_READ;
	ck_assert_int_eq(half_pump(&h), E_WANT_READ);
	ck_assert_uint_eq(b.n, 17);
	ck_assert_int_eq(b.ended, 0);
}
END_TEST

START_TEST(a_cut_is_reported_and_may_be_taken_for_the_end)
{
	a.at_end = E_EOF;
	ck_assert_int_eq(half_pump(&h), E_EOF);
	ck_assert_int_eq(h.write_failed, 0);
	ck_assert_int_eq(b.ended, 0);
	half_end(&h);
	ck_assert_int_eq(half_pump(&h), 0);
	ck_assert_int_eq(b.ended, 1);
}
END_TEST

START_TEST(a_writer_that_breaks_is_blamed)
{
	b.write_error = -EPIPE;
	ck_assert_int_eq(half_pump(&h), -EPIPE);
	ck_assert_int_eq(h.write_failed, 1);
}
END_TEST

START_TEST(a_busy_half_lets_others_run)
{
	a.piece = 1;
	ck_assert_int_eq(half_pump(&h), HALF_BUSY);
	ck_assert_uint_eq(b.n, 16);
	ck_assert_int_eq(half_pump(&h), 0);
	ck_assert_uint_eq(b.n, 17);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/relay");
	TCase *t = tcase_create("relay");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, everything_arrives_and_then_the_end);
	tcase_add_test(t, what_is_not_taken_is_held_and_sent_first);
	tcase_add_test(t, nothing_is_read_while_the_writer_is_full);
	tcase_add_test(t, a_pause_is_no_end);
	tcase_add_test(t, a_cut_is_reported_and_may_be_taken_for_the_end);
	tcase_add_test(t, a_writer_that_breaks_is_blamed);
	tcase_add_test(t, a_busy_half_lets_others_run);
	suite_add_tcase(s, t);
	return unit_main(s);
}
