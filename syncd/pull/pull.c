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
	names_init(&p->users, -1, 'u');
	names_init(&p->groups, -1, 'g');
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
	attrs_free(p->attrs);
	source_free(p->source);
	strong_free(p->list_sum);
	free(p->list_chunk);
	free(p->small);
	compress_free(p->compress);
	names_done(&p->users);
	names_done(&p->groups);
	free(p);
	s->pull = NULL;
}

enum step
pull_broken(struct session *s, int err)
{
	if (s->pull->source != NULL)
		s->rules_error = source_rules_error(s->pull->source);
	return session_broken(s, err);
}

const char *
pull_shown(const struct session *s, const struct file *f, char *dst, size_t size)
{
	const char *dir = source_place(s->pull->source, f)->fs;
	char path[2 * NAME_BYTES_MAX];

	snprintf(path, sizeof path, "%s%s%s", dir, dir[0] == '\0' ? "" : "/", f->name);
	return source_shown(s->pull->source, f->dir, path, dst, size);
}

int
pull_open(struct session *s, const struct file *f, struct stat *ret_st)
{
	const char *dir = source_place(s->pull->source, f)->fs;

	return f->followed ? opener_followed(&s->pull->opener, dir, f->name, ret_st) :
	    opener_file(&s->pull->opener, dir, f->name, ret_st);
}
