#include "tunnel/board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

const unsigned board_buckets[BOARD_BUCKETS - 1] = { 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000 };

int
board_new(struct board **ret)
{
	struct board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (b == MAP_FAILED)
		return -errno;
	snprintf(b->names[0], sizeof b->names[0], "(other)");
	b->n_columns = 1;
	*ret = b;
	return 0;
}

size_t
board_take(struct board *b, struct board_owners *o)
{
	size_t row = 0;

	while (row < BOARD_ROWS - 1 && o->users[row] > 0)
		row++;
	o->users[row]++;
	if (row >= atomic_load(&b->n))
		atomic_store(&b->n, (uint32_t)row + 1);
	return row;
}

void
board_give_back(struct board *b, struct board_owners *o, size_t row)
{
	if (--o->users[row] == 0) {
		atomic_store(&b->rows[row].live, 0);
		atomic_store(&b->rows[row].waiting, 0);
	}
}

uint64_t
board_live(const struct board *b)
{
	uint64_t sum = 0;

	for (uint32_t i = 0, n = atomic_load(&b->n); i < n; i++)
		sum += atomic_load(&b->rows[i].live);
	return sum;
}

void
board_add_live(struct board *b, size_t row, int n)
{
	atomic_fetch_add(&b->rows[row].live, (uint32_t)n);
}

size_t
board_column(struct board *b, const char *name)
{
	uint32_t n = atomic_load(&b->n_columns);
	char cut[BOARD_NAME_SIZE];

	snprintf(cut, sizeof cut, "%s", name);
	for (uint32_t i = 1; i < n; i++)
		if (strcmp(b->names[i], cut) == 0)
			return i;
	if (n == BOARD_COLUMNS)
		return 0;
	memcpy(b->names[n], cut, sizeof cut);
	atomic_store(&b->n_columns, n + 1);	/* by now the name can be read */
	return n;
}

size_t
board_columns(const struct board *b)
{
	return atomic_load(&b->n_columns);
}

const char *
board_name(const struct board *b, size_t column)
{
	return b->names[column];
}

void
board_first_byte(struct board *b, size_t row, size_t column, uint64_t ms)
{
	size_t i = 0;

	while (i < BOARD_BUCKETS - 1 && ms > board_buckets[i])
		i++;
	board_count(b, row, column, COUNT_FIRST + i, 1);
	board_count(b, row, column, COUNT_FIRST_MS, ms);
}

uint64_t
board_sum(const struct board *b, size_t column, size_t counter)
{
	uint64_t sum = 0;

	for (uint32_t i = 0, n = atomic_load(&b->n); i < n; i++)
		sum += atomic_load_explicit(&b->rows[i].counts[column][counter], memory_order_relaxed);
	return sum;
}

uint64_t
board_waiting(const struct board *b)
{
	uint64_t sum = 0;

	for (uint32_t i = 0, n = atomic_load(&b->n); i < n; i++)
		sum += atomic_load(&b->rows[i].waiting);
	return sum;
}
