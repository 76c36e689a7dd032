/* --files-from=:FILE: a file of the module holds the names that a pull sends, or that the client of a push is to send
 * (rsync-wire 5.12). */
#include "syncd/session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syncd/policy/path.h"

enum { NAMES_FILE_MAX = 64 << 20 };

char *
names_file_read(struct session *s, size_t *ret_n)
{
	const struct root root = { s->grant.root_fd, s->grant.conf.fake_super };
	char path[NAME_BYTES_MAX];

	*ret_n = 0;
	snprintf(path, sizeof path, "%s", s->opt.files_from);
	path_clean_arg(path, false);
	return rules_hidden(s->grant.hidden, path, false) ? NULL : root_read_bytes(&root, path, NAMES_FILE_MAX, ret_n);
}

/* CR and LF become NUL unless the file is NUL-ended itself; runs of NULs count once, and two end the list
 * (rsync-wire 5.12 b).  Comments are names like any other here. */
void
names_file_put(struct session *s)
{
	bool at_nul = true;
	struct buf *b = peer_out(&s->peer);
	size_t n;
	char *text = names_file_read(s, &n);

	if (text == NULL) {
		snprintf(s->refusal, sizeof s->refusal, "rsync: [Receiver] failed to open files-from file %.128s", s->opt.files_from);
		session_refuse(s, RERR_FILEIO, s->refusal);
	}
	for (size_t i = 0; i < n; i++) {
		bool end = text[i] == '\0' || (!s->opt.from0 && (text[i] == '\n' || text[i] == '\r'));

		if (end && at_nul)
			continue;
		if ((b = peer_out(&s->peer))->err != 0)
			break;
		buf_u8(b, end ? 0 : (uint8_t)text[i]);
		at_nul = end;
	}
	b = peer_out(&s->peer);
	buf_put(b, "\0", at_nul && b->err == 0 ? 1 : 0);
	if (!at_nul)
		buf_put(b, "\0\0", 2);
	free(text);
}
