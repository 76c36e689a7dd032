/* What a pull holds, from the client's last rule to its end. */
#include "syncd/pull/pull.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A record of compressed data, from the compressor. */
static void
sink(void *arg, const uint8_t *bytes, size_t n)
{
	struct session *s = arg;

	token_data_put(peer_out(&s->peer), bytes, n);
}

int
pull_begin(struct session *s)
{
	struct pull *p;

	if (s->pull != NULL)
		return 0;
	if ((p = s->pull = calloc(1, sizeof *p)) == NULL)
		return -ENOMEM;
	p->send.fd = p->opener.fd = p->remover.fd = -1;
	p->match_cost = (struct match_cost){ &s->work, MATCH_VAIN_SPARE };
	names_init(&p->user_names, -1, 'u');
	names_init(&p->group_names, -1, 'g');
	return s->method == COMPRESS_NONE ? 0 : compress_new(s->method, s->level, sink, s, &p->compress);
}

void
pull_free(struct session *s)
{
	struct pull *p = s->pull;

	if (p == NULL)
		return;
	opener_done(&p->opener);
	opener_done(&p->remover);
	xattr_send_free(p->xattrs);
	flist_free(p->flist);
	strong_free(p->list_sum);
	free(p->list_chunk);
	free(p->small);
	compress_free(p->compress);
	names_done(&p->user_names);
	names_done(&p->group_names);
	free(p);
	s->pull = NULL;
}

enum step
pull_error(struct session *s, int err)
{
	if (s->pull->flist != NULL)
		s->rules_error = flist_rules_error(s->pull->flist);
	return session_error(s, err);
}

const char *
pull_shown(const struct session *s, const struct file *f, char *dst, size_t size)
{
	const char *dir = flist_dir_of(s->pull->flist, f)->fs;
	char path[2 * NAME_BYTES_MAX];

	snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", f->name);
	return flist_shown(s->pull->flist, f->dir, path, dst, size);
}

int
pull_open(struct session *s, const struct file *f, struct stat *ret_st)
{
	const char *dir = flist_dir_of(s->pull->flist, f)->fs;

	return f->followed ? opener_followed(&s->pull->opener, dir, f->name, ret_st) :
	    opener_file(&s->pull->opener, dir, f->name, ret_st);
}
