#include "deploy/host.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct asked {
	const char *root;
	struct faults *l, *notes;
};

/* A file that the door reads; private: it holds a key. */
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

void
host_check(const struct model *m, const char *file, const char *root, struct faults *l, struct faults *notes)
{
	const struct asked a = { root, l, notes };

	look(&a, "door.cert", &m->door.cert, m->door.kind.v == M_HAPROXY && m->door.key.v == NULL);
	look(&a, "door.key", &m->door.key, 1);
	look(&a, "door.ca", &m->door.ca, 0);
	look(&a, "door.crl", &m->door.crl, 0);
	look(&a, "haproxy.ca", &m->haproxy.ca, 0);
	look(&a, "haproxy.cert", &m->haproxy.cert, 1);
	look_at_secrets(m, file, l);
	faults_sort(l);
	faults_sort(notes);
}
