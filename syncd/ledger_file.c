#include "syncd/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/trusted.h"

/* What is read back: all that one "cut" can name, and the entry before it. */
enum { TAIL_MAX = LEDGER_TORN_MAX + 2 * LEDGER_LINE_MAX, FILE_MODE = 0600 };

/* --- what is there --------------------------------------------------------------------------------- */

static int
read_tail(int fd, off_t size, struct buf *ret)
{
	const size_t want = size > TAIL_MAX ? TAIL_MAX : (size_t)size;
	uint8_t *at = buf_reserve(ret, want + 1);
	ssize_t n = at == NULL ? 0 : pread(fd, at, want, size - (off_t)want);

	if (at == NULL || n != (ssize_t)want)
		return at == NULL ? ret->err : n < 0 ? -errno : E_SHORT;
	buf_commit(ret, want);
	return 0;
}

/* A line that is whole.  Where the one before it is known, it has to follow it. */
static void
take_line(struct ledger_file *f, const char *line, size_t n)
{
	struct ledger_entry e;

	if (ledger_get(line, n, &e) != 0) {
		buf_put(&f->torn, line, n);
		buf_text(&f->torn, "\n");
		return;
	}
	f->strange = f->strange || (f->begun && !ledger_follows(&f->chain, line, &e));
	f->begun = true;
	f->chain.seq = e.seq;
	memcpy(f->chain.hash, e.hash, sizeof f->chain.hash);
	buf_clear(&f->torn);		/* named by this one, or the checker's to tell */
}

/* What has no end of line is whole all the same where that is all it lacks. */
static void
take_rest(struct ledger_file *f, const char *rest, size_t n)
{
	struct ledger_entry e;

	f->owed = ledger_get(rest, n, &e) == 0;
	if (f->owed)
		take_line(f, rest, n);
	else
		buf_put(&f->torn, rest, n);
}

/* The first entry of a new file, as far as it was written. */
static bool
is_torn_beginning(const struct buf *torn)
{
	static const char words[] = "{\"seq\": ";
	const size_t n = buf_len(torn);

	return n <= LEDGER_LINE_MAX && memcmp(buf_head(torn), words, n < sizeof words - 1 ? n : sizeof words - 1) == 0;
}

static int
read_back(struct ledger_file *f)
{
	struct buf tail = BUF_INIT;
	struct stat st;
	const char *at, *end, *next;
	int r = fstat(f->fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -ENOTSUP : read_tail(f->fd, st.st_size, &tail);

	at = (const char *)buf_head(&tail);
	end = at + buf_len(&tail);
	if (r == 0 && st.st_size > TAIL_MAX)	/* it begins in the middle of a line */
		at = (next = memchr(at, '\n', (size_t)(end - at))) == NULL ? end : next + 1;
	for (; r == 0 && (next = memchr(at, '\n', (size_t)(end - at))) != NULL; at = next + 1)
		take_line(f, at, (size_t)(next - at));
	if (r == 0)
		take_rest(f, at, (size_t)(end - at));
	if (r == 0)
		r = f->torn.err;
	if (r == 0 && !f->begun && st.st_size > 0 && (st.st_size > TAIL_MAX || !is_torn_beginning(&f->torn)))
		r = E_FORMAT;
	if (r == 0 && buf_len(&f->torn) > LEDGER_TORN_MAX)
		r = E_FORMAT;
	buf_done(&tail);
	return r;
}

static int
open_locked(const char *path)
{
	int fd = trusted_file(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE), r;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int
ledger_file_open(const char *path, struct ledger_file *ret)
{
	int r;

	*ret = (struct ledger_file){ .path = path, .fd = open_locked(path) };
	if (ret->fd < 0)
		return ret->fd;
	if ((r = read_back(ret)) != 0)
		ledger_file_close(ret);
	return r;
}

/* --- what is appended ------------------------------------------------------------------------------- */

/* What is written in part stays, and is named later: taking it back is what a file that can only grow does not let us do. */
static int
append(struct ledger_file *f, const struct buf *line)
{
	ssize_t n = write(f->fd, buf_head(line), buf_len(line));
	int r = n < 0 ? -errno : -ENOSPC;

	if (n == (ssize_t)buf_len(line))
		return 0;
	if (n > 0 && n == (ssize_t)buf_len(line) - 1) {
		f->owed = true;
		return 0;
	}
	if (n > 0)
		buf_put(&f->torn, buf_head(line), (size_t)n);
	return r;
}

/* What has no end of line gets one, so that what comes now is a line. */
static int
end_line(struct ledger_file *f)
{
	const bool owed = f->owed;
	const size_t n = buf_len(&f->torn);
	struct buf end = BUF_INIT;
	int r;

	if (!owed && (n == 0 || buf_head(&f->torn)[n - 1] == '\n'))
		return 0;
	if (n + LEDGER_LINE_MAX > LEDGER_TORN_MAX)
		return E_LIMIT;
	buf_text(&end, "\n");
	r = end.err != 0 ? end.err : append(f, &end);
	f->owed = owed && r != 0;
	if (r == 0 && !owed)
		buf_text(&f->torn, "\n");
	buf_done(&end);
	return r != 0 ? r : f->torn.err;
}

static int
append_entry(struct ledger_file *f, const char *members)
{
	struct ledger_chain next = f->chain;
	struct buf line = BUF_INIT;
	int r = end_line(f);

	if (r == 0)
		r = ledger_put(&next, time(NULL), members, &line);
	if (r == 0 && (r = append(f, &line)) == 0)
		f->chain = next;
	buf_done(&line);
	return r;
}

/* The entry whose members put appends. */
static int
append_own(struct ledger_file *f, struct buf *members)
{
	int r = buf_cstr(members) == NULL ? members->err : append_entry(f, buf_cstr(members));

	buf_done(members);
	return r;
}

static int
begin(struct ledger_file *f)
{
	struct buf members = BUF_INIT;
	int r;

	ledger_put_begin(&members, &f->chain);
	if ((r = append_own(f, &members)) == 0)
		f->begun = true;
	return r;
}

static int
name_torn(struct ledger_file *f)
{
	struct buf members = BUF_INIT;
	int r;

	if (buf_len(&f->torn) == 0)
		return 0;
	if ((r = end_line(f)) != 0)	/* which is named, too */
		return r;
	ledger_put_cut(&members, buf_head(&f->torn), buf_len(&f->torn));
	if ((r = append_own(f, &members)) == 0)
		buf_clear(&f->torn);
	return r;
}

int
ledger_file_add(struct ledger_file *f, const char *members)
{
	int r = f->torn.err;

	if (r == 0 && !f->begun)
		r = begin(f);
	if (r == 0)
		r = name_torn(f);
	return r != 0 ? r : append_entry(f, members);
}

/* --- the end, and a new one ---------------------------------------------------------------------------- */

void
ledger_file_close(struct ledger_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	buf_done(&f->torn);
}

int
ledger_file_reopen(struct ledger_file *f)
{
	struct stat here, there;
	int fd, r;

	if (fstat(f->fd, &here) == 0 && stat(f->path, &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
		f->begun = f->begun && here.st_size > 0;	/* it may have been emptied */
		return 0;
	}
	if ((fd = open_locked(f->path)) < 0)
		return fd;
	if (fstat(fd, &there) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	(void)end_line(f);
	f->owed = false;
	ledger_file_close(f);
	f->fd = fd;
	f->begun = there.st_size > 0;	/* what is in it already does not follow, and the checker says so */
	return 0;
}
