#include "deploy/verify/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/host.h"
#include "deploy/manifest.h"
#include "deploy/out/shared.h"
#include "deploy/tree.h"
#include "lib/err.h"
#include "lib/trusted.h"

#define INSTALL_AGAIN "sallyport install, and reload what it names"

const char *
files_owner_fault(const struct stat *st)
{
	if (st->st_uid != 0)
		return "its owner is not root";
	if ((st->st_mode & S_IWOTH) != 0 && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
		return "everybody may write it";
	if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0)
		return "a group other than root may write it";
	return NULL;
}

const char *
files_private_fault(const struct stat *st)
{
	const char *fault = files_owner_fault(st);

	if (fault != NULL)
		return fault;
	if ((st->st_mode & S_IROTH) != 0)
		return "everybody may read it";
	return (st->st_mode & S_IRGRP) != 0 && st->st_gid != 0 ? "a group other than root may read it" : NULL;
}

/* The directories above path, from the top: who may change one of them may change what is in it. */
static const char *
way_fault(const char *path, char where[PATH_MAX])
{
	char leaf[NAME_MAX + 1];
	struct stat st;
	int fd = trusted_parent(path, leaf);

	snprintf(where, PATH_MAX, "%s", path);
	if (fd < 0)
		return trusted_error(fd);
	close(fd);
	for (char *p = where; (p = strchr(p + 1, '/')) != NULL; *p = '/') {
		const char *fault;

		*p = '\0';
		fault = stat(where, &st) < 0 ? strerror(errno) : files_owner_fault(&st);
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

static void
judge_way(const struct ask *a, const char *id, const char *path)
{
	char where[PATH_MAX], seen[PATH_MAX + 80];
	const char *fault = way_fault(path, where);

	snprintf(seen, sizeof seen, "%s: %s", where, fault == NULL ? "" : fault);
	point_add(a->points, fault == NULL, id, path, fault == NULL ? "only root can put something else there" : seen,
	    "directories that root alone may write, and no links of others", "chown root, chmod go-w");
}

/* --- what is installed ------------------------------------------------------------------------- */

static void
judge_file(const struct ask *a, const struct rendered *one, const struct buf *old, const struct stat *st)
{
	char path[PATH_MAX], seen[160], wanted[64];
	const char *fault = one->row->secret ? files_private_fault(st) : files_owner_fault(st);

	snprintf(path, sizeof path, "/%s", one->row->path);
	point_add(a->points, rendered_is(one, old), "file.content", path, rendered_is(one, old) ? "as generated" : "it differs",
	    "what the deployment file says", one->row->secret ? INSTALL_AGAIN : "sallyport diff shows how; " INSTALL_AGAIN);
	snprintf(seen, sizeof seen, "%04o", (unsigned)st->st_mode & 07777);
	snprintf(wanted, sizeof wanted, "%04o", one->row->mode);
	point_add(a->points, (st->st_mode & 07777) == one->row->mode, "file.mode", path, seen, wanted, INSTALL_AGAIN);
	point_add(a->points, fault == NULL, "file.owner", path, fault == NULL ? "root" : fault, "root, and nobody else's to write",
	    "chown root:root, chmod go-w");
}

static void
look_at(const struct ask *a, int root, const struct rendered *one)
{
	struct buf old = BUF_INIT;
	struct stat st;
	char path[PATH_MAX];
	int r = tree_read(root, one->row->path, &old, &st);

	snprintf(path, sizeof path, "/%s", one->row->path);
	if (r == -EACCES && !a->root)
		point_skip(a->points, "file.content", path, VERIFY_NEEDS_ROOT);
	else if (r != 0)
		point_fail(a->points, "file.content", path, tree_error(r), "an installed file", INSTALL_AGAIN);
	else
		judge_file(a, one, &old, &st);
	buf_wipe(&old);
	if (r == 0)
		judge_way(a, "file.path", path);
}

/* Files of an earlier install that the model has no more. */
static void
leftovers(const struct ask *a, int root)
{
	struct manifest list = MANIFEST_INIT;
	int r = manifest_read(root, &list);
	char path[PATH_MAX];

	if (r != 0)
		point_skip(a->points, "file.leftover", "/" MANIFEST_PATH, r == -EACCES ? VERIFY_NEEDS_ROOT : tree_error(r));
	else if (list.n == 0)
		point_skip(a->points, "file.leftover", "/" MANIFEST_PATH, "there is no list of what was installed");
	for (size_t i = 0; i < list.n; i++) {
		const char *p = list.v[i].path;
		size_t k = 0;

		while (k < a->all->n && strcmp(a->all->v[k].row->path, p) != 0)
			k++;
		if (list.v[i].dir || k < a->all->n || strcmp(p, MANIFEST_PATH) == 0)
			continue;
		snprintf(path, sizeof path, "/%s", p);
		point_fail(a->points, "file.leftover", path, "an earlier install left it", "no such file", INSTALL_AGAIN);
	}
	manifest_done(&list);
}

void
files_installed(const struct ask *a)
{
	int root = tree_open("/", false);

	if (root < 0) {
		point_skip(a->points, "file.content", "/", tree_error(root));
		return;
	}
	for (size_t i = 0; i < a->all->n; i++)
		if (!a->all->v[i].row->client)
			look_at(a, root, &a->all->v[i]);
	leftovers(a, root);
	close(root);
}

/* --- secrets and keys --------------------------------------------------------------------------- */

static void
judge_private(const struct ask *a, const char *ids[2], const char *path, bool secret)
{
	int fd = trusted_file(path, O_RDONLY | O_CLOEXEC, 0);
	const char *fault;
	struct stat st;
	char seen[200];

	if (fd == -EACCES && !a->root) {
		point_skip(a->points, ids[0], path, VERIFY_NEEDS_ROOT);
		return;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		point_fail(a->points, ids[0], path, trusted_error(fd < 0 ? fd : -errno), "a file of root's", "put it there");
		return;
	}
	close(fd);
	fault = secret ? files_private_fault(&st) : files_owner_fault(&st);
	snprintf(seen, sizeof seen, "mode %04o, owner %u: %s", (unsigned)st.st_mode & 07777, st.st_uid, fault == NULL ? "right" : fault);
	point_add(a->points, fault == NULL, ids[0], path, seen, secret ? "root's, mode 0600" : "root's, and nobody else's to write",
	    secret ? "chown root:root, chmod 600" : "chown root, chmod go-w");
	judge_way(a, ids[1], path);
}

static void
keys(const struct ask *a)
{
	const struct m_door *d = &a->m->door;
	const struct { const struct m_text *text; bool secret; } all[] = { { &d->key, true },
	    { &d->cert, d->kind.v == M_HAPROXY && d->key.v == NULL }, { &d->ca, false }, { &d->crl, false },
	    { &a->m->haproxy.cert, true }, { &a->m->haproxy.ca, false },
	    { &a->m->daemon.ledger_key, true } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].text->v != NULL)
			judge_private(a, all[i].secret ? (const char *[2]){ "key.mode", "key.path" } :
			    (const char *[2]){ "cert.mode", "cert.path" }, all[i].text->v, all[i].secret);
	for (size_t i = 0; i < a->m->users.n; i++)
		if (a->m->users.v[i].secret_file.v != NULL)
			judge_private(a, (const char *[2]){ "secrets.mode", "secrets.path" }, a->m->users.v[i].secret_file.v, true);
}

static void
tell(const struct ask *a, const struct faults *l, const char *id, const char *passed)
{
	for (size_t i = 0; i < l->n; i++)
		point_fail(a->points, id, l->v[i].file[0] == '\0' ? a->file : l->v[i].file, l->v[i].text, "none of it", "mend what it says");
	if (l->n == 0)
		point_pass(a->points, id, a->file, passed);
}

void
files_private(const struct ask *a)
{
	struct faults l = FAULTS_INIT, notes = FAULTS_INIT;

	if (a->m->users.n > 0 && a->root)
		tell(a, a->faults, "secrets.placeholder", "no secret is a placeholder");
	keys(a);
	host_check(a->m, a->file, "", &l, &notes);
	tell(a, &l, "host.files", "keys are kept from others, and the daemon may enter its modules");
	faults_done(&l);
	faults_done(&notes);
}
