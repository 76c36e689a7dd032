/* What a push holds, from its list to its end: made and freed in one place. */
#include "syncd/push/parts.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/err.h"
#include "syncd/push/basis_sums.h"
#include "syncd/push/content.h"
#include "syncd/push/delete.h"
#include "syncd/push/directories.h"
#include "syncd/push/endgame.h"
#include "syncd/push/flist_recv.h"
#include "syncd/push/generator.h"
#include "syncd/push/push.h"
#include "syncd/push/receiver.h"
#include "syncd/push/xattr_recv.h"

static const struct {
	int (*begin)(struct session *s);
	void (*end)(struct session *s);
} parts[] = {
	{ xattr_begin, xattr_end },
	{ content_begin, content_end },
	{ delete_begin, delete_end },
	{ directories_begin, directories_end },
	{ basis_sums_begin, basis_sums_end },
	{ generator_begin, generator_end },
	{ receiver_begin, receiver_end },
	{ endgame_begin, endgame_end },
	{ flist_recv_begin, flist_recv_end },	/* last: it may find an option wrong */
};

int
push_begin(struct session *s)
{
	int r = 0;

	session_log(s, "receiving file list");
	if ((s->push = calloc(1, sizeof *s->push)) == NULL)
		return -ENOMEM;
	s->root = (struct root){ s->grant.root_fd, s->grant.conf.fake_super };
	dest_init(&s->push->dest, s);
	for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++)
		r = parts[i].begin(s);
	return r;
}

void
push_free(struct session *s)
{
	if (s->push == NULL)
		return;
	receiver_abort(s);	/* while all the others are there */
	for (size_t i = ARRAY_LEN(parts); i-- > 0;)
		parts[i].end(s);
	requests_done(&s->push->requests);
	dest_done(&s->push->dest);
	free(s->push);
	s->push = NULL;
}

void
push_no_send(struct session *s, int32_t ndx)
{
	if (s->push != NULL)
		requests_no_send(&s->push->requests, ndx);
}

void
push_abort(struct session *s)
{
	if (s->push != NULL)
		receiver_abort(s);
}
