#include "tunnel/board.h"

#include <errno.h>
#include <sys/mman.h>

int
board_new(struct board **ret)
{
	struct board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (b == MAP_FAILED)
		return -errno;
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
	if (--o->users[row] == 0)
		atomic_store(&b->rows[row].live, 0);
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
