#include "deploy/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/emit.h"
#include "deploy/tree.h"
#include "lib/err.h"
#include "lib/grow.h"

static const char HEADING[] = "# What sallyport installed; it removes these.";

bool
manifest_has(const struct manifest *l, const char *digest, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].dir && strcmp(l->v[i].path, path) == 0 &&
		    (digest == NULL || strcmp(l->v[i].digest, digest) == 0))
			return true;
	return false;
}

int
manifest_add(struct manifest *l, const char *digest, const char *path)
{
	struct manifest_item *item;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].dir == (digest == NULL) && strcmp(l->v[i].path, path) == 0 && (digest == NULL ||
		    strcmp(l->v[i].digest, digest) == 0))
			return 0;
	if (!grow(&l->v, sizeof *l->v, l->n, &l->cap))
		return -ENOMEM;
	item = &l->v[l->n];
	*item = (struct manifest_item){ .dir = digest == NULL, .path = strdup(path) };
	if (item->path == NULL)
		return -ENOMEM;
	if (digest != NULL)
		memcpy(item->digest, digest, sizeof item->digest);
	l->n++;
	return 0;
}

/* Paths are ours: relative, and nowhere up. */
static int
is_path(const char *path)
{
	return path[0] != '\0' && path[0] != '/' && strstr(path, "..") == NULL;
}

static int
take_line(struct manifest *l, const char *line)
{
	char digest[CRYPT_DIGEST_SIZE];

	if (line[0] == '#')
		return 0;
	if (strncmp(line, "d ", 2) == 0 && is_path(line + 2))
		return manifest_add(l, NULL, line + 2);
	if (strncmp(line, "f ", 2) != 0 || strspn(line + 2, "0123456789abcdef") != sizeof digest - 1 ||
	    line[sizeof digest + 1] != ' ' ||
	    !is_path(line + sizeof digest + 2))
		return E_FORMAT;
	memcpy(digest, line + 2, sizeof digest - 1);
	digest[sizeof digest - 1] = '\0';
	return manifest_add(l, digest, line + sizeof digest + 2);
}

int
manifest_read(int root, struct manifest *ret)
{
	struct buf text = BUF_INIT;
	struct stat st;
	char *line, *rest;
	int r = tree_read(root, MANIFEST_PATH, &text, &st);

	if (r == 0 && buf_cstr(&text) == NULL)
		r = -ENOMEM;
	rest = r == 0 ? (char *)text.data + text.head : NULL;
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			r = take_line(ret, line);
	buf_done(&text);
	return r == -ENOENT ? 0 : r;
}

int
manifest_write(int root, const struct manifest *l)
{
	struct emit o = EMIT_INIT;
	int r;

	if (l->n == 0) {
		r = tree_remove(root, MANIFEST_PATH);
		return r == -ENOENT ? 0 : r;
	}
	emit_line(&o, "%s", HEADING);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].dir)
			emit_line(&o, "d %s", l->v[i].path);
		else
			emit_line(&o, "f %s %s", l->v[i].digest, l->v[i].path);
	if ((r = tree_stage(root, MANIFEST_PATH, &o, 0600, true)) == 0)
		r = tree_commit(root, MANIFEST_PATH, true);
	emit_done(&o);
	return r;
}

void
manifest_done(struct manifest *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct manifest)MANIFEST_INIT;
}
