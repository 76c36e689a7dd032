#include "deploy/host.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "deploy/out/units.h"
#include "lib/num.h"

struct asked {
	const char *root;
	struct faults *l, *notes;
};

/* A file that door or daemon reads; private: it holds a key. */
static void
look(const struct asked *a, const char *key, const struct m_text *path, int private)
{
	char full[PATH_MAX];
	struct stat st;

	if (path->v == NULL)
		return;
	snprintf(full, sizeof full, "%s%s", a->root, path->v);
	if (stat(full, &st) < 0)
		fault_add(a->notes, path->at, "%s: %s: %s", key, path->v,
		    errno == ENOENT || errno == ENOTDIR ? "it is not there yet" : strerror(errno));
	else if (!S_ISREG(st.st_mode))
		fault_add(a->l, path->at, "%s: %s is no file", key, path->v);
	else if (private && (st.st_mode & 027) != 0)
		fault_add(a->l, path->at, "%s: others can read or change %s, which holds a private key; chmod 600 it",
		    key, path->v);
}

/* What an authority of the deployment's own makes is not missed before. */
static void
look_at_door(const struct asked *a, const struct model *m)
{
	struct faults unsaid = FAULTS_INIT;
	const struct asked own = { a->root, a->l, model_has_authority(m) ? &unsaid : a->notes };

	look(&own, "door.cert", &m->door.cert, m->door.kind.v == M_HAPROXY && m->door.key.v == NULL);
	look(&own, "door.key", &m->door.key, 1);
	look(&own, "door.ca", &m->door.ca, 0);
	look(&own, "door.crl", &m->door.crl, 0);
	faults_done(&unsaid);
}

static void
look_at_secrets(const struct model *m, const char *file, struct faults *l)
{
	struct stat st;

	for (size_t i = 0; i < m->users.n; i++) {
		const struct m_user *u = &m->users.v[i];

		if (u->secret_file.v != NULL && stat(u->secret_file.v, &st) == 0 && (st.st_mode & 077) != 0)
			fault_add(l, u->secret_file.at, "others can read %s; chmod 600 it", u->secret_file.v);
		if (u->secret_file.v == NULL && !model_makes_secret(u) && stat(file, &st) == 0 &&
		    (st.st_mode & 077) != 0)
			fault_add(l, u->secret.at, "others can read this file, and a secret is in it; chmod 600 it, or "
			    "write \"make\"");
	}
}

/* --- can the daemon reach what it shall serve? -------------------------------------------------- */

enum { NOBODY = -1 };

/* Numbers of an account, as this machine knows it; NOBODY where it does not. */
static int64_t
number_of(const char *account, int group)
{
	const struct passwd *u = group ? NULL : getpwnam(account);
	const struct group *g = group ? getgrnam(account) : NULL;
	int64_t n;

	if (num_parse(account, 0, UINT32_MAX, &n) == 0)
		return n;
	return u != NULL ? (int64_t)u->pw_uid : g != NULL ? (int64_t)g->gr_gid : NOBODY;
}

/* By its mode; a list of rights besides may say anything. */
static int
may_search(const char *dir, const struct stat *st, int64_t uid, int64_t gid)
{
	mode_t bit = st->st_uid == uid ? S_IXUSR : st->st_gid == gid ? S_IXGRP : S_IXOTH;

	return (st->st_mode & bit) != 0 || getxattr(dir, "system.posix_acl_access", NULL, 0) > 0;
}

/* The module's directory itself: of ours the session enters it as root or as the module's user, of rsync's as root alone. */
static int
may_enter(const struct model *m, const struct m_module *o, const char *dir, const struct stat *st)
{
	int64_t uid = number_of(o->user.v, 0), gid = number_of(o->group.v, 1);

	return may_search(dir, st, 0, 0) || (m->daemon.program.v == M_SALLYPORT && (uid == NOBODY || gid == NOBODY || may_search(dir, st, uid, gid)));
}

/* Whoever pushes writes as the module's user; folders in it may all the same be his. */
static void
look_at_uploads(const struct asked *a, const struct m_module *o, const char *dir, const struct stat *st)
{
	int64_t uid = number_of(o->user.v, 0), gid = number_of(o->group.v, 1);
	mode_t bit = st->st_uid == uid ? S_IWUSR : st->st_gid == gid ? S_IWGRP : S_IWOTH;

	if (o->access.v == M_READ || uid <= 0 || gid == NOBODY || (st->st_mode & bit) != 0 || getxattr(dir, "system.posix_acl_access", NULL, 0) > 0)
		return;
	fault_add(a->notes, o->path.at, "modules.path: user %s may not write %s (%04o): uploads into it will fail; chown it, or let \"user\" be its owner",
	    o->user.v, o->path.v, (unsigned)st->st_mode & 07777);
}

/* Every directory from the root of this machine to the module's.  What is not there yet is not looked at. */
static void
look_at_module(const struct asked *a, const struct model *m, const struct m_module *o)
{
	char full[PATH_MAX];
	size_t from = strlen(a->root), n = (size_t)snprintf(full, sizeof full, "%s%s", a->root, o->path.v);
	struct stat st;

	for (size_t i = from + 1; i <= n && n < sizeof full; i++) {
		char was = full[i];
		int ok;

		if (was != '/' && was != '\0')
			continue;
		full[i] = '\0';
		if (stat(full, &st) < 0)
			return;
		ok = was == '\0' ? may_enter(m, o, full, &st) : may_search(full, &st, 0, 0);
		if (!S_ISDIR(st.st_mode))
			fault_add(a->l, o->path.at, "modules.path: %s is no directory", full + from);
		else if (!ok)
			fault_add(a->l, o->path.at, "modules.path: the daemon may not enter %s, since its root reads nothing that its "
			    "mode (%04o) forbids; chmod o+x it, or serve another directory", full + from, (unsigned)st.st_mode & 07777);
		if (!S_ISDIR(st.st_mode) || !ok)
			return;
		if (was == '\0')
			look_at_uploads(a, o, full, &st);
		full[i] = was;
	}
}

/* A daemon that is never root has users that may not be there yet, and one that reads everything as root is not kept out. */
static void
look_at_modules(const struct asked *a, const struct model *m)
{
	if (!model_has_daemon(m) || !m->daemon.privileged.v || model_in_cluster(m) || m->modules.n > MODEL_LIST_MAX ||
	    strstr(out_daemon_caps(m), "CAP_DAC_READ_SEARCH") != NULL)
		return;
	for (size_t i = 0; i < m->modules.n; i++)
		look_at_module(a, m, &m->modules.v[i]);
}

void
host_check(const struct model *m, const char *file, const char *root, struct faults *l, struct faults *notes)
{
	const struct asked a = { root, l, notes };

	look_at_door(&a, m);
	look(&a, "daemon.ledger_key", &m->daemon.ledger_key, 1);
	look(&a, "haproxy.ca", &m->haproxy.ca, 0);
	look(&a, "haproxy.cert", &m->haproxy.cert, 1);
	look_at_secrets(m, file, l);
	look_at_modules(&a, m);
	faults_sort(l);
	faults_sort(notes);
}
