#include "tunnel/service/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const unsigned scoreboard_buckets[SCOREBOARD_BUCKETS - 1] = { 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000 };

struct facts {				/* what the master tells all others */
	_Alignas(SCOREBOARD_LINE) _Atomic uint32_t n;	/* rows that were ever used */
	_Atomic uint32_t n_columns;
	_Atomic uint32_t workers, generation;	/* that accept; how many there were */
	char names[SCOREBOARD_COLUMNS][SCOREBOARD_NAME_SIZE];	/* of columns; they stay */
};

struct row {
	_Alignas(SCOREBOARD_LINE) _Atomic uint32_t live;	/* connections at present */
	_Atomic uint32_t waiting;		/* handshakes, for the vault */
	_Atomic uint64_t counts[SCOREBOARD_COLUMNS][COUNTERS];
};

/* What lies in the memory that is shared: each part in pages of its own, and memory only where something was counted. */
struct pages {
	union { struct facts facts; char room[SCOREBOARD_PAGE]; };
	union room { struct row row; char room[SCOREBOARD_PAGE]; } rows[SCOREBOARD_ROWS];
};

_Static_assert(sizeof(struct facts) <= SCOREBOARD_PAGE && sizeof(struct pages) == (SCOREBOARD_ROWS + 1) * (size_t)SCOREBOARD_PAGE, "pages");

struct scoreboard {
	struct pages *own;		/* the master's, to write; of a worker's nothing but its row is mapped */
	const struct pages *all;	/* to read */
	int fd;				/* of the memory, until a child has entered */
	uint32_t n, n_columns;		/* the master's own count, which no page can change */
	unsigned generation;
	char names[SCOREBOARD_COLUMNS][SCOREBOARD_NAME_SIZE];
};

/* Mappings from here on can be read only: none of a child's can ever be made writable, but those that it kept. */
static int
map_and_seal(struct scoreboard *b)
{
	if (ftruncate(b->fd, sizeof *b->own) < 0)
		return -errno;
	b->own = mmap(NULL, sizeof *b->own, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	if (b->own == MAP_FAILED)
		return -errno;
	b->all = b->own;
	return fcntl(b->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0 ? -errno : 0;
}

static void
name_column(struct scoreboard *b, const char *name)
{
	struct facts *f = &b->own->facts;

	snprintf(b->names[b->n_columns], SCOREBOARD_NAME_SIZE, "%s", name);
	memcpy(f->names[b->n_columns], b->names[b->n_columns], SCOREBOARD_NAME_SIZE);
	atomic_store(&f->n_columns, ++b->n_columns);	/* by now the name can be read */
}

int
scoreboard_new(struct scoreboard **ret)
{
	struct scoreboard *b = calloc(1, sizeof *b);
	int r;

	if (b == NULL)
		return -ENOMEM;
	if ((b->fd = memfd_create("board", MFD_CLOEXEC | MFD_ALLOW_SEALING)) < 0) {
		r = -errno;
		goto err0;
	}
	if ((r = map_and_seal(b)) != 0)
		goto err1;
	name_column(b, "(other)");
	*ret = b;
	return 0;
err1:	close(b->fd);
err0:	free(b);
	return r;
}

void
scoreboard_free(struct scoreboard *b)
{
	if (b != NULL && b->fd >= 0)
		close(b->fd);
	free(b);
}

/* Nothing of what could be written stays mapped but the pages from..to. */
static int
keep_only(struct scoreboard *b, size_t from, size_t to)
{
	char *at = (char *)b->own;

	if ((from > 0 && munmap(at, from) < 0) || (to < sizeof *b->own && munmap(at + to, sizeof *b->own - to) < 0))
		return -errno;
	return 0;
}

int
scoreboard_enter(struct scoreboard *b, size_t row)
{
	size_t from = row < SCOREBOARD_ROWS ? offsetof(struct pages, rows) + row * sizeof(union room) : 0;
	void *all = mmap(NULL, sizeof *b->own, PROT_READ, MAP_SHARED, b->fd, 0);

	if (all == MAP_FAILED)
		return -errno;
	b->all = all;
	close(b->fd);
	b->fd = -1;
	return row < SCOREBOARD_ROWS ? keep_only(b, from, from + sizeof(union room)) : keep_only(b, 0, 0);
}

void
scoreboard_leave(struct scoreboard *b)
{
	keep_only(b, 0, 0);
	close(b->fd);
	b->fd = -1;
}

size_t
scoreboard_take(struct scoreboard *b, struct scoreboard_owners *o)
{
	size_t row = 0;

	while (row < SCOREBOARD_ROWS - 1 && o->users[row] > 0)
		row++;
	o->users[row]++;
	if (row >= b->n)
		b->n = (uint32_t)row + 1;
	atomic_store(&b->own->facts.n, b->n);
	return row;
}

void
scoreboard_give_back(struct scoreboard *b, struct scoreboard_owners *o, size_t row)
{
	if (--o->users[row] == 0) {
		atomic_store(&b->own->rows[row].row.live, 0);
		atomic_store(&b->own->rows[row].row.waiting, 0);
	}
}

/* The master alone can write it; who reads checks it all the same. */
static size_t
rows_used(const struct scoreboard *b)
{
	size_t n = atomic_load(&b->all->facts.n);

	return n < SCOREBOARD_ROWS ? n : SCOREBOARD_ROWS;
}

static uint32_t
bounded(uint32_t said, uint32_t most)
{
	return said < most ? said : most;
}

uint64_t
scoreboard_live(const struct scoreboard *b)
{
	uint64_t sum = 0;

	for (size_t i = 0, n = rows_used(b); i < n; i++)
		sum += bounded(atomic_load(&b->all->rows[i].row.live), SCOREBOARD_LIVE_MAX);
	return sum;
}

void
scoreboard_add_live(struct scoreboard *b, size_t row, int n)
{
	atomic_fetch_add(&b->own->rows[row].row.live, (uint32_t)n);
}

size_t
scoreboard_column(struct scoreboard *b, const char *name)
{
	char cut[SCOREBOARD_NAME_SIZE];

	snprintf(cut, sizeof cut, "%s", name);
	for (uint32_t i = 1; i < b->n_columns; i++)
		if (strcmp(b->names[i], cut) == 0)
			return i;
	if (b->n_columns == SCOREBOARD_COLUMNS)
		return 0;
	name_column(b, cut);
	return b->n_columns - 1;
}

size_t
scoreboard_columns(const struct scoreboard *b)
{
	size_t n = atomic_load(&b->all->facts.n_columns);

	return n < SCOREBOARD_COLUMNS ? n : SCOREBOARD_COLUMNS;
}

const char *
scoreboard_name(const struct scoreboard *b, size_t column, char ret[SCOREBOARD_NAME_SIZE])
{
	snprintf(ret, SCOREBOARD_NAME_SIZE, "%.*s", SCOREBOARD_NAME_SIZE - 1, b->all->facts.names[column]);
	return ret;
}

void
scoreboard_tell_workers(struct scoreboard *b, unsigned n)
{
	atomic_store(&b->own->facts.workers, n);
}

void
scoreboard_tell_generation(struct scoreboard *b)
{
	atomic_store(&b->own->facts.generation, ++b->generation);
}

unsigned
scoreboard_workers(const struct scoreboard *b)
{
	return atomic_load(&b->all->facts.workers);
}

unsigned
scoreboard_generation(const struct scoreboard *b)
{
	return atomic_load(&b->all->facts.generation);
}

void
scoreboard_count(struct scoreboard *b, size_t row, size_t column, size_t counter, uint64_t n)
{
	atomic_fetch_add_explicit(&b->own->rows[row].row.counts[column][counter], n, memory_order_relaxed);
}

_Atomic uint32_t *
scoreboard_waiting_of(struct scoreboard *b, size_t row)
{
	return &b->own->rows[row].row.waiting;
}

void
scoreboard_first_byte(struct scoreboard *b, size_t row, size_t column, uint64_t ms)
{
	size_t i = 0;

	while (i < SCOREBOARD_BUCKETS - 1 && ms > scoreboard_buckets[i])
		i++;
	scoreboard_count(b, row, column, COUNT_FIRST + i, 1);
	scoreboard_count(b, row, column, COUNT_FIRST_MS, ms);
}

uint64_t
scoreboard_sum(const struct scoreboard *b, size_t column, size_t counter)
{
	uint64_t sum = 0;

	for (size_t i = 0, n = rows_used(b); i < n; i++)
		sum += atomic_load_explicit(&b->all->rows[i].row.counts[column][counter], memory_order_relaxed);
	return sum;
}

uint64_t
scoreboard_waiting(const struct scoreboard *b)
{
	uint64_t sum = 0;

	for (size_t i = 0, n = rows_used(b); i < n; i++)
		sum += bounded(atomic_load(&b->all->rows[i].row.waiting), SCOREBOARD_WAITING_MAX);
	return sum;
}
