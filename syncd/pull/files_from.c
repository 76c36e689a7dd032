/* --files-from: names from the client, or from a file in the module (rsync-wire 5.12). */
#include "syncd/pull/pull.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/path.h"

/* As with the arguments: secluded ones are UTF-8. */
static int
take_name(struct session *s, const char *name)
{
	char text[NAME_BYTES_MAX];

	if (s->converts && s->opt.secluded && charset_from_wire(s->charset, name, text, sizeof text) == 0)
		name = text;
	return flist_name(s->pull->flist, s->pull->names_base, name);
}

/* Names from the wire: each ends in NUL, an empty one ends them all.  0, E_SHORT, or worse. */
static int
read_names(struct session *s)
{
	struct cursor c = peer_unread(&s->peer);
	const uint8_t *nul;
	int r = 0;

	while (r == 0) {
		if ((nul = memchr(c.at, '\0', cur_left(&c))) == NULL) {
			r = cur_left(&c) >= NAME_BYTES_MAX ? E_LIMIT : E_SHORT;
			break;
		}
		if (nul == c.at) {
			c.at++;
			break;
		}
		r = take_name(s, (const char *)c.at);
		c.at = nul + 1;
	}
	peer_consume(&s->peer, &c);
	return r;
}

/* Names from a file in the module: lines without comments, or NUL-ended. */
static int
read_file(struct session *s)
{
	char *text, *save = NULL;
	size_t n;
	int r = 0;

	if ((text = names_file_read(s, &n)) == NULL)
		return -ENOENT;
	if (s->opt.from0)
		for (char *p = text; r == 0 && p < text + n; p += strlen(p) + 1)
			r = *p == '\0' ? 0 : flist_name(s->pull->flist, s->pull->names_base, p);
	else
		for (char *p = strtok_r(text, "\r\n", &save); p != NULL && r == 0; p = strtok_r(NULL, "\r\n", &save))
			r = *p == '#' || *p == ';' ? 0 : flist_name(s->pull->flist, s->pull->names_base, p);
	free(text);
	return r;
}

/* 0: it is a directory that may be entered; 1: it is not, and the client was told. */
static int
enter_base(struct session *s, const char *arg)
{
	int r = flist_may_enter(s->pull->flist, s->pull->names_base);

	if (r == 0)
		return 0;
	session_fail(s, RERR_FILESELECT, "rsync: [sender] change_dir \"%s%s\" (in %s) failed: %s (%d)",
	    s->grant.jailed ? "/" : "", arg + strspn(arg, "/"), s->grant.module, strerror(-r), -r);
	return 1;
}

/* The path argument becomes the place that names start from. */
static int
open_names(struct session *s)
{
	const char *arg = args_below_module(s, s->paths < s->args.n ? s->args.v[s->paths] : "");
	size_t n;
	int r;

	if (strlen(arg) >= sizeof s->pull->names_base)
		return E_LIMIT;
	strcpy(s->pull->names_base, arg);
	path_clean_arg(s->pull->names_base, false);
	n = strlen(s->pull->names_base);
	if (n > 0 && s->pull->names_base[n - 1] == '/')
		s->pull->names_base[n - 1] = '\0';
	if (s->proto.version == 30 && s->peer.framed_in && strcmp(s->opt.files_from, "-") == 0)
		peer_unframe_input(&s->peer);
	r = flist_send_open(s);
	return r == 0 ? enter_base(s, arg) : r;
}

enum step
names_run(struct session *s)
{
	bool wire = s->opt.files_from != NULL && strcmp(s->opt.files_from, "-") == 0;
	int r = 0;

	if ((r = pull_begin(s)) != 0)
		return session_error(s, r);
	s->phase = PH_FLIST;
	if (s->opt.files_from == NULL)
		return STEP_NEXT;
	s->phase = PH_NAMES;
	if (s->pull->flist == NULL && (r = open_names(s)) != 0)
		return r == 1 ? STEP_NEXT : pull_error(s, r);
	r = wire ? read_names(s) : read_file(s);
	if (r == -ENOENT)
		return session_fail(s, RERR_FILEIO, "failed to open files-from file %s: No such file or directory",
		    s->opt.files_from);
	if (r != 0)
		return session_need_input(s, r);
	if (wire && s->proto.version == 30 && (r = session_frames(s)) != 0)
		return session_error(s, r);
	s->phase = PH_FLIST;
	return STEP_NEXT;
}
