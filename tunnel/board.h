/* What the workers tell without being asked: numbers in memory that all processes share.  Each worker writes a row of
 * its own; whoever wants to know adds the rows up.  A row outlives its worker and the next one goes on with it, so that
 * what is counted never gets less.  Knows no socket. */
#ifndef SALLYPORT_TUNNEL_BOARD_H
#define SALLYPORT_TUNNEL_BOARD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { BOARD_ROWS = 1024, BOARD_LINE = 64 };

struct board_row {
	_Alignas(BOARD_LINE) _Atomic uint32_t live;	/* connections at present */
};

struct board {
	struct board_row rows[BOARD_ROWS];
	_Alignas(BOARD_LINE) _Atomic uint32_t n;	/* rows that were ever used */
};

/* Who has which row: the master's alone. */
struct board_owners {
	unsigned users[BOARD_ROWS];
};

/* For all processes forked from here on; 0 or -errno.  Never freed. */
int board_new(struct board **ret);

/* A row for another worker, and back when the worker is no more.  When there are more workers than rows, the last row is
 * shared: all is counted, but connections of one that died only go with the last of those that share. */
size_t board_take(struct board *b, struct board_owners *o);
void board_give_back(struct board *b, struct board_owners *o, size_t row);

/* Connections of all workers. */
uint64_t board_live(const struct board *b);

/* So many more, or less. */
void board_add_live(struct board *b, size_t row, int n);

#endif
