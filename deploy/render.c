#include "deploy/render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/out/shared.h"
#include "deploy/secrets.h"
#include "deploy/tree.h"
#include "lib/err.h"

static int
render_secrets(const struct model *m, int root, struct emit *o, struct faults *l)
{
	struct buf old = BUF_INIT;
	const char *text = "";
	struct stat st;
	int r = tree_read(root, OUT_SECRETS, &old, &st);

	if (r == 0 && (text = buf_cstr(&old)) == NULL)
		r = -ENOMEM;
	if (r == -ENOENT || r == 0)
		r = secrets_write(m, text, &o->text, l);
	else
		fault_add(l, (struct where){ "/" OUT_SECRETS, 0 }, "%s", tree_error(r));
	buf_wipe(&old);
	return r;
}

static int
render_one(const struct model *m, int root, struct rendered *one, struct faults *l)
{
	if (one->row->secret)
		return render_secrets(m, root, &one->text, l);
	one->row->write(m, &one->text);
	if (one->text.err != 0)
		fault_add(l, m->at, "%s cannot be written: %s", one->row->path,
		    one->text.err == E_LIMIT ? "a line is too long; shorten a list" : err_text(one->text.err));
	return one->text.err;
}

int
render(const struct model *m, int root, const char *only, struct rendering *ret, struct faults *l)
{
	int r = 0;

	*ret = (struct rendering){ calloc(outputs_n, sizeof *ret->v), 0 };
	if (ret->v == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < outputs_n && r == 0; i++) {
		if (!outputs[i].wanted(m) || (only != NULL && strcmp(outputs[i].kind, only) != 0))
			continue;
		ret->v[ret->n].row = &outputs[i];
		r = render_one(m, root, &ret->v[ret->n++], l);
	}
	return faults_any(l) ? E_CONF : r;
}

int
rendered_is(const struct rendered *one, const struct buf *old)
{
	const struct buf *text = &one->text.text;

	return buf_len(old) == buf_len(text) && memcmp(buf_head(old), buf_head(text), buf_len(old)) == 0;
}

void
rendering_done(struct rendering *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].row->secret)
			buf_wipe(&r->v[i].text.text);
		emit_done(&r->v[i].text);
	}
	free(r->v);
	*r = (struct rendering){ NULL, 0 };
}
