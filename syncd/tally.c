#include "syncd/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"

const unsigned tally_buckets[TALLY_BUCKETS - 1] = { 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000 };
const char *const tally_state_names[TALLY_STATES] = {
	[TALLY_GREETS] = "greeting", [TALLY_LOGS_IN] = "login", [TALLY_OPENS] = "opening", [TALLY_RUNS] = "transfer", [TALLY_ENDS] = "ending",
};

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL };

enum { MAGIC = 0x73705431, WORDS = (sizeof(struct tally_session) + 7) / 8, READ_TRIES = 64 };

struct column {
	char name[MODULE_NAME_MAX + 1];
	_Atomic uint64_t counts[TALLY_COUNTERS];
	_Atomic uint64_t next;		/* us: when the rate that all of its sessions share is free again */
};

/* One writes, many read: seq is odd while it is written.  In words, so that a reader never meets a half of one. */
struct row {
	_Atomic uint32_t seq, used;
	_Atomic uint64_t words[WORDS];
};

/* Memory that nobody has written costs nothing. */
struct page {
	uint32_t magic;
	_Atomic uint32_t n_columns, n_rows;	/* rows that were ever used */
	_Atomic uint32_t waiting, served;
	_Atomic uint64_t next;
	struct column columns[TALLY_COLUMNS];
	struct row rows[TALLY_ROWS];
};

struct tally {
	struct page *page;
	int fd;
};

static int
map_and_seal(struct tally *t)
{
	if (ftruncate(t->fd, sizeof *t->page) < 0)
		return -errno;
	if ((t->page = mmap(NULL, sizeof *t->page, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0)) == MAP_FAILED)
		return -errno;
	return fcntl(t->fd, F_ADD_SEALS, SEALS) < 0 ? -errno : 0;
}

int
tally_new(struct tally **ret)
{
	struct tally *t = calloc(1, sizeof *t);
	int r;

	if (t == NULL)
		return -ENOMEM;
	t->fd = memfd_create("tally", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	r = t->fd < 0 ? -errno : map_and_seal(t);
	if (r != 0) {
		if (t->fd >= 0)
			close(t->fd);
		free(t);
		return r;
	}
	t->page->magic = MAGIC;
	atomic_store(&t->page->n_columns, 1);
	*ret = t;
	return 0;
}

int
tally_fd(const struct tally *t)
{
	return t->fd;
}

static bool
sealed(int fd)
{
	const int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

int
tally_map(int fd, struct tally **ret)
{
	struct tally *t = calloc(1, sizeof *t);
	struct stat st;

	if (t == NULL)
		return -ENOMEM;
	t->fd = -1;
	if (!sealed(fd) || fstat(fd, &st) < 0 || st.st_size != (off_t)sizeof *t->page ||
	    (t->page = mmap(NULL, sizeof *t->page, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		free(t);
		return E_FORMAT;
	}
	if (t->page->magic != MAGIC) {
		tally_unmap(t);
		return E_FORMAT;
	}
	*ret = t;
	return 0;
}

void
tally_unmap(struct tally *t)
{
	if (t == NULL)
		return;
	munmap(t->page, sizeof *t->page);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

/* --- columns -------------------------------------------------------------------------------- */

size_t
tally_columns(const struct tally *t)
{
	size_t n = atomic_load(&t->page->n_columns);

	return n < TALLY_COLUMNS ? n : TALLY_COLUMNS;
}

const char *
tally_name(const struct tally *t, size_t column, char ret[MODULE_NAME_MAX + 1])
{
	snprintf(ret, MODULE_NAME_MAX + 1, "%.*s", MODULE_NAME_MAX, t->page->columns[column].name);
	return ret;
}

size_t
tally_column(const struct tally *t, const char *module)
{
	for (size_t i = 1, n = t == NULL ? 0 : tally_columns(t); i < n; i++)
		if (strcmp(t->page->columns[i].name, module) == 0)
			return i;
	return 0;
}

size_t
tally_make_column(struct tally *t, const char *module)
{
	size_t at = tally_column(t, module), n = t == NULL ? TALLY_COLUMNS : tally_columns(t);

	if (at > 0 || n == TALLY_COLUMNS)
		return at;
	snprintf(t->page->columns[n].name, sizeof t->page->columns[n].name, "%s", module);
	atomic_store(&t->page->n_columns, (uint32_t)n + 1);	/* by now the name can be read */
	return n;
}

void
tally_add(struct tally *t, size_t column, enum tally_counter counter, uint64_t n)
{
	if (t != NULL)
		atomic_fetch_add_explicit(&t->page->columns[column].counts[counter], n, memory_order_relaxed);
}

void
tally_first(struct tally *t, size_t column, uint64_t ms)
{
	unsigned i = 0;

	while (i < TALLY_BUCKETS - 1 && ms > tally_buckets[i])
		i++;
	tally_add(t, column, TALLY_FIRST + i, 1);
	tally_add(t, column, TALLY_FIRST_MS, ms);
}

uint64_t
tally_count(const struct tally *t, size_t column, enum tally_counter counter)
{
	return atomic_load_explicit(&t->page->columns[column].counts[counter], memory_order_relaxed);
}

/* --- rows ----------------------------------------------------------------------------------- */

size_t
tally_take_row(struct tally *t)
{
	size_t row = 0;

	if (t == NULL)
		return TALLY_NO_ROW;
	while (row < TALLY_ROWS && atomic_load(&t->page->rows[row].used) != 0)
		row++;
	if (row == TALLY_ROWS)
		return TALLY_NO_ROW;
	atomic_store(&t->page->rows[row].used, 1);
	if (row >= atomic_load(&t->page->n_rows))
		atomic_store(&t->page->n_rows, (uint32_t)row + 1);
	return row;
}

void
tally_tell(struct tally *t, size_t row, const struct tally_session *s)
{
	uint64_t words[WORDS] = { 0 };
	struct row *r;

	if (t == NULL || row >= TALLY_ROWS)
		return;
	r = &t->page->rows[row];
	memcpy(words, s, sizeof *s);
	atomic_store(&r->seq, atomic_load(&r->seq) | 1);
	for (size_t i = 0; i < WORDS; i++)
		atomic_store_explicit(&r->words[i], words[i], memory_order_release);
	atomic_fetch_add(&r->seq, 1);
}

/* Its monitor may have died while it wrote. */
void
tally_give_row(struct tally *t, size_t row)
{
	const struct tally_session none = { .pid = 0 };

	if (t == NULL || row >= TALLY_ROWS)
		return;
	tally_tell(t, row, &none);
	atomic_store(&t->page->rows[row].used, 0);
}

static void
end_texts(struct tally_session *s)
{
	s->module[sizeof s->module - 1] = s->user[sizeof s->user - 1] = s->addr[sizeof s->addr - 1] = '\0';
	if (s->state >= TALLY_STATES)
		s->state = TALLY_GREETS;
}

bool
tally_read(const struct tally *t, size_t row, struct tally_session *ret)
{
	const struct row *r = &t->page->rows[row];
	uint64_t words[WORDS];

	if (row >= atomic_load(&t->page->n_rows))
		return false;
	for (int i = 0; i < READ_TRIES; i++) {
		uint32_t seq = atomic_load(&r->seq);

		for (size_t k = 0; k < WORDS; k++)
			words[k] = atomic_load_explicit(&r->words[k], memory_order_acquire);
		if ((seq & 1) == 0 && atomic_load(&r->seq) == seq) {
			memcpy(ret, words, sizeof *ret);
			end_texts(ret);
			return ret->pid != 0;
		}
	}
	return false;
}

void
tally_tell_queues(struct tally *t, unsigned waiting, unsigned served)
{
	if (t == NULL)
		return;
	atomic_store_explicit(&t->page->waiting, waiting, memory_order_relaxed);
	atomic_store_explicit(&t->page->served, served, memory_order_relaxed);
}

void
tally_queues(const struct tally *t, unsigned *ret_waiting, unsigned *ret_served)
{
	*ret_waiting = atomic_load_explicit(&t->page->waiting, memory_order_relaxed);
	*ret_served = atomic_load_explicit(&t->page->served, memory_order_relaxed);
}

/* --- a rate that many share ------------------------------------------------------------------ */

static _Atomic uint64_t *
next_of(struct tally *t, size_t column)
{
	return column == TALLY_ALL ? &t->page->next : &t->page->columns[column].next;
}

static uint64_t
takes_us(uint64_t bytes, uint64_t rate)
{
	return bytes * 1000000 / (rate * 1024);
}

uint64_t
tally_reserve(struct tally *t, size_t column, uint64_t bytes, uint64_t rate, uint64_t now)
{
	_Atomic uint64_t *next;
	uint64_t was, from;

	if (t == NULL || rate == 0)
		return now;
	next = next_of(t, column);
	was = atomic_load(next);
	do
		from = was > now ? was : now;
	while (!atomic_compare_exchange_weak(next, &was, from + takes_us(bytes, rate)));
	return from;
}

void
tally_give_back(struct tally *t, size_t column, uint64_t bytes, uint64_t rate, uint64_t now)
{
	_Atomic uint64_t *next;
	uint64_t was, us;

	if (t == NULL || rate == 0)
		return;
	next = next_of(t, column);
	us = takes_us(bytes, rate);
	was = atomic_load(next);
	while (was > now && !atomic_compare_exchange_weak(next, &was, was - now > us ? was - us : now))
		;
}
