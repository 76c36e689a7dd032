/* What there is to be told of the daemon while it runs: numbers of each module, and a row for each connection that has a monitor, in memory
 * that the listener and its monitors share.  They alone can write it: workers and sessions come from the spawner, which never had it, and
 * everybody else gets a descriptor through which it can only be read.  Knows no socket, no configuration and no log. */
#ifndef SALLYPORT_SYNCD_TALLY_H
#define SALLYPORT_SYNCD_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "syncd/types.h"

enum {
	TALLY_COLUMNS = 1024,		/* modules; further ones share the first column, with what has no module (manual: LIMITS) */
	TALLY_ROWS = 2048,		/* connections; no more can have a monitor */
	TALLY_BUCKETS = 13,
	TALLY_NO_ROW = TALLY_ROWS,
	TALLY_USER_SIZE = 256,
};

/* What is counted for each module. */
enum tally_counter {
	TALLY_PULLS, TALLY_PULLS_FAILED, TALLY_PUSHES, TALLY_PUSHES_FAILED, TALLY_CUT,	/* sessions that ended; the last: before it was known which */
	TALLY_IN, TALLY_OUT, TALLY_FILES, TALLY_FILE_BYTES,
	TALLY_LOGINS, TALLY_LOGINS_FAILED,
	TALLY_NO_ADDRESS, TALLY_NO_IDENTITY, TALLY_NO_MODULE, TALLY_NO_PLACE, TALLY_NO_HOOK, TALLY_NO_OPEN, TALLY_NO_PEER, TALLY_NO_ROOM, TALLY_GIVEN_UP,	/* refusals */
	TALLY_FIRST_MS, TALLY_FIRST,	/* from the accept to the session: all together; and how often it took how long */
	TALLY_COUNTERS = TALLY_FIRST + TALLY_BUCKETS
};

/* The upper bounds of all but the last bucket, in ms. */
extern const unsigned tally_buckets[TALLY_BUCKETS - 1];

enum tally_state { TALLY_GREETS, TALLY_LOGS_IN, TALLY_OPENS, TALLY_RUNS, TALLY_ENDS, TALLY_STATES };
extern const char *const tally_state_names[TALLY_STATES];

/* A connection, as its monitor tells it.  in, out, files and the direction are the session's own word. */
struct tally_session {
	uint32_t pid;			/* the monitor's, which the log has, too; 0: none */
	uint8_t state;			/* enum tally_state */
	uint8_t direction;		/* 'o': a pull, 'i': a push, 0: not known yet */
	int64_t began;			/* seconds since the epoch */
	uint64_t in, out, files;	/* bytes on the wire, files whose data moved */
	char module[MODULE_NAME_MAX + 1], user[TALLY_USER_SIZE], addr[ADDR_TEXT_SIZE];
};

/* NULL is a tally that nobody wants to know: nothing is counted, nothing is waited for. */
struct tally;

/* For this process and those forked from it, the caller's to unmap at its end.  0 or -errno. */
int tally_new(struct tally **ret);

/* What tally_map reads, for another process: the tally's. */
int tally_fd(const struct tally *t);

/* A tally that can be read and not written, of a descriptor that came from elsewhere, which stays the caller's: one that could be cut while it is read
 * is none.  0, E_FORMAT or -errno. */
int tally_map(int fd, struct tally **ret);
void tally_unmap(struct tally *t);	/* of either kind; NULL is none */

/* --- columns -------------------------------------------------------------------------------- */

/* The column of a module, made if there is none; it stays through all reloads.  The listener's. */
size_t tally_make_column(struct tally *t, const char *module);

/* The column of a module; 0 where it has none of its own. */
size_t tally_column(const struct tally *t, const char *module);

/* How many there are; the first has no name.  The name of one, cut to what fits: ret is returned. */
size_t tally_columns(const struct tally *t);
const char *tally_name(const struct tally *t, size_t column, char ret[MODULE_NAME_MAX + 1]);

/* So many more of these; a session that began after so many ms; and how many there are. */
void tally_add(struct tally *t, size_t column, enum tally_counter counter, uint64_t n);
void tally_first(struct tally *t, size_t column, uint64_t ms);
uint64_t tally_count(const struct tally *t, size_t column, enum tally_counter counter);

/* --- rows ----------------------------------------------------------------------------------- */

/* A row for a monitor that is about to be forked, and back when it is reaped: the listener's.  TALLY_NO_ROW: none is free. */
size_t tally_take_row(struct tally *t);
void tally_give_row(struct tally *t, size_t row);

/* What stands in the row from now on: its monitor's. */
void tally_tell(struct tally *t, size_t row, const struct tally_session *s);

/* What stands in it; false: nothing. */
bool tally_read(const struct tally *t, size_t row, struct tally_session *ret);

/* How many have not come so far as a transfer, and how many have: the listener's to say. */
void tally_tell_queues(struct tally *t, unsigned waiting, unsigned served);
void tally_queues(const struct tally *t, unsigned *ret_waiting, unsigned *ret_served);

/* --- a rate that many share ------------------------------------------------------------------ */

enum { TALLY_ALL = TALLY_COLUMNS };	/* as a column: everybody */

/* The next bytes of those that share a rate (KiB a second) are ours: when may they move?  us on the monotonic clock.  Whoever asks once
 * and waits until then before it asks again gets its turn among those that do the same. */
uint64_t tally_reserve(struct tally *t, size_t column, uint64_t bytes, uint64_t rate, uint64_t now);

/* What was reserved last by us will not move: who asks from now on comes so much earlier. */
void tally_give_back(struct tally *t, size_t column, uint64_t bytes, uint64_t rate, uint64_t now);

#endif
