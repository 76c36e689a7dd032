/* What the workers tell without being asked: numbers in memory that all processes share.  Each worker writes a row of
 * its own, and can write no other; whoever wants to know adds the rows up.  A row outlives its worker and the next one goes
 * on with it, so that what is counted never gets less.  How many rows and columns there are, and their names, the master
 * keeps in its own memory and tells in pages that nobody else can write.  Knows no socket. */
#ifndef SALLYPORT_TUNNEL_SERVICE_SCOREBOARD_H
#define SALLYPORT_TUNNEL_SERVICE_SCOREBOARD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCOREBOARD_ROWS = 1024, SCOREBOARD_COLUMNS = 128, SCOREBOARD_LINE = 64, SCOREBOARD_NAME_SIZE = 64, SCOREBOARD_BUCKETS = 13,
	SCOREBOARD_PAGE = 65536,		/* a multiple of every page's size there is */
	SCOREBOARD_LIVE_MAX = 1 << 19,	/* no worker has more connections: half of its descriptors, of which 1 << 20 count */
	SCOREBOARD_WAITING_MAX = 1024,	/* nor more handshakes that wait (VAULT_QUEUE) */
	SCOREBOARD_NO_ROW = SCOREBOARD_ROWS
};

/* What is counted for each section. */
enum counter {
	COUNT_ACCEPTED, COUNT_CLOSED, COUNT_RESET, COUNT_REFUSED_RATE, COUNT_REFUSED_TOTAL, COUNT_REFUSED_SHARE,
	COUNT_SHAKEN_FULL, COUNT_SHAKEN_RESUMED,
	COUNT_FAIL_GONE, COUNT_FAIL_CERT, COUNT_FAIL_ALERT, COUNT_FAIL_TLS, COUNT_FAIL_TIME, COUNT_FAIL_STALL,
	COUNT_FAIL_RATE, COUNT_FAIL_REVOKED, COUNT_FAIL_OTHER,
	COUNT_TO_TLS, COUNT_TO_PLAIN,		/* bytes */
	COUNT_FIRST_MS,				/* until the first byte, all together */
	COUNT_FIRST,				/* and how often it took how long */
	COUNTERS = COUNT_FIRST + SCOREBOARD_BUCKETS
};

/* The upper bounds of all but the last bucket, in ms. */
extern const unsigned scoreboard_buckets[SCOREBOARD_BUCKETS - 1];

struct scoreboard;

/* Who has which row: the master's alone. */
struct scoreboard_owners {
	unsigned users[SCOREBOARD_ROWS];
};

/* For all processes forked from here on; 0 or -errno.  Never freed. */
int scoreboard_new(struct scoreboard **ret);

/* Gives up what this process holds of it, as it ends; the pages go with the last process.  B may be NULL. */
void scoreboard_free(struct scoreboard *b);

/* In a child: from here on this process can write that row and nothing else, also if it is taken over; with SCOREBOARD_NO_ROW it
 * only reads.  0 or -errno. */
int scoreboard_enter(struct scoreboard *b, size_t row);

/* In a child that has no business with it: nothing of it is mapped any more, and the board is not to be used. */
void scoreboard_leave(struct scoreboard *b);

/* A row for another worker, and back when the worker is no more.  When there are more workers than rows, the last row is
 * shared: all is counted, but connections of one that died only go with the last of those that share. */
size_t scoreboard_take(struct scoreboard *b, struct scoreboard_owners *o);
void scoreboard_give_back(struct scoreboard *b, struct scoreboard_owners *o, size_t row);

/* Connections of all workers. */
uint64_t scoreboard_live(const struct scoreboard *b);

/* The column of a section, which keeps it through all reloads.  When there are too many sections, the rest share the
 * first column.  The master's. */
size_t scoreboard_column(struct scoreboard *b, const char *name);
size_t scoreboard_columns(const struct scoreboard *b);

/* The name of a column that there is, cut to what fits; ret is returned. */
const char *scoreboard_name(const struct scoreboard *b, size_t column, char ret[SCOREBOARD_NAME_SIZE]);

/* How many workers accept now, and that there is another generation of them: the master's to say, everybody's to ask. */
void scoreboard_tell_workers(struct scoreboard *b, unsigned n);
void scoreboard_tell_generation(struct scoreboard *b);
unsigned scoreboard_workers(const struct scoreboard *b);
unsigned scoreboard_generation(const struct scoreboard *b);

/* So many more of them; the row must be this process's own. */
void scoreboard_count(struct scoreboard *b, size_t row, size_t column, size_t counter, uint64_t n);

/* Where this process tells how many handshakes wait for the vault. */
_Atomic uint32_t *scoreboard_waiting_of(struct scoreboard *b, size_t row);

/* The first byte came after that time. */
void scoreboard_first_byte(struct scoreboard *b, size_t row, size_t column, uint64_t ms);

/* A counter of a section (column), and the handshakes that wait for the vault, added up over all processes. */
uint64_t scoreboard_sum(const struct scoreboard *b, size_t column, size_t counter);
uint64_t scoreboard_waiting(const struct scoreboard *b);

/* So many more, or less. */
void scoreboard_add_live(struct scoreboard *b, size_t row, int n);

#endif
