/* What a module is for this connection: path, chroot, uid, gid, munge symlinks, with %VAR% put in (rsyncd.conf(5)). */
#include "syncd/policy/module.h"

#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/num.h"
#include "syncd/policy/identity.h"
#include "syncd/policy/list.h"

struct messages {
	char *client, *log;
	const char **fault;
};

static int __attribute__((format(printf, 3, 4)))
refuse(const struct messages *w, const char *fault, const char *client, ...)
{
	va_list ap;

	*w->fault = fault;
	va_start(ap, client);
	vsnprintf(w->client, MODULE_MESSAGE_SIZE, client, ap);
	va_end(ap);
	if (w->log[0] == '\0')
		snprintf(w->log, MODULE_MESSAGE_SIZE, "%s", w->client);
	return E_DENIED;
}

static const char *
tls_user(const struct module_facts *f)
{
	return f->tls_user == NULL ? "" : f->tls_user;
}

/* Is what this variable stands for a name that a certificate has? */
static bool
is_of_certificate(const struct module_facts *f, const char *name)
{
	return strcmp(name, "TLS_USER") == 0 || (f->by_certificate && strcmp(name, "RSYNC_USER_NAME") == 0);
}

static bool
names_client(const char *text, const struct module_facts *f)
{
	char name[128];

	for (; text != NULL && *text != '\0'; text++)
		if (conf_variable(text, name, sizeof name) != NULL && is_of_certificate(f, name))
			return true;
	return false;
}

bool
module_is_unfit(const char *text, const struct module_facts *f)
{
	return names_client(text, f) && !identity_is_plain(tls_user(f));
}

/* No name of a certificate gets anywhere but by its own look. */
const char *
module_variable(const struct module_facts *f, const char *name)
{
	if (is_of_certificate(f, name))
		return identity_is_plain(tls_user(f)) ? tls_user(f) : NULL;
	if (strcmp(name, "RSYNC_MODULE_NAME") == 0)
		return f->module;
	if (strcmp(name, "RSYNC_HOST_NAME") == 0)
		return f->host;
	if (strcmp(name, "RSYNC_HOST_ADDR") == 0)
		return f->addr;
	if (strcmp(name, "RSYNC_USER_NAME") == 0)
		return f->user;
	return getenv(name);
}

static const char *
lookup(void *arg, const char *name)
{
	return module_variable(arg, name);
}

char *
module_expand(const char *text, const struct module_facts *f)
{
	return conf_expand(text == NULL ? "" : text, lookup, (void *)f);
}

static int
find_uid(const char *text, uid_t *ret)
{
	const struct passwd *pw;
	int64_t v;

	if (num_parse(text, 0, UINT32_MAX - 1, &v) == 0) {
		*ret = (uid_t)v;
		return 0;
	}
	if ((pw = getpwnam(text)) == NULL)
		return E_DENIED;
	*ret = pw->pw_uid;
	return 0;
}

static int
find_gid(const char *text, gid_t *ret)
{
	const struct group *gr;
	int64_t v;

	if (num_parse(text, 0, UINT32_MAX - 1, &v) == 0) {
		*ret = (gid_t)v;
		return 0;
	}
	if ((gr = getgrnam(text)) == NULL)
		return E_DENIED;
	*ret = gr->gr_gid;
	return 0;
}

/* By the name of a certificate nobody is root, and no number that it holds is somebody's. */
static int
find_client_uid(const char *text, uid_t *ret)
{
	const struct passwd *pw = getpwnam(text);

	if (pw == NULL || pw->pw_uid == 0)
		return E_DENIED;
	*ret = pw->pw_uid;
	return 0;
}

static int
plan_uid(const char *text, bool of_client, const struct module_facts *f, struct module_plan *p, const struct messages *w)
{
	p->uid = geteuid();
	if (text[0] == '\0' && !f->is_root)
		return 0;
	if (of_client && find_client_uid(text, &p->uid) != 0) {
		snprintf(w->log, MODULE_MESSAGE_SIZE, "uid %.64s, by the name of a certificate: there is no such user, or it is root", text);
		return refuse(w, "uid", "invalid uid");
	}
	if (!of_client && find_uid(text[0] == '\0' ? "nobody" : text, &p->uid) != 0)
		return refuse(w, "uid", "invalid uid %.64s", text);
	if (!f->is_root && p->uid != geteuid())
		return refuse(w, "uid", "setuid failed");
	p->set_ids = f->is_root;
	return 0;
}

/* All groups of the uid's user, for "*". */
static int
all_groups(struct module_plan *p, const struct messages *w)
{
	const struct passwd *pw = getpwuid(p->uid);
	int n = MODULE_GROUPS_MAX;

	if (pw == NULL)
		return refuse(w, "gid", "getpwuid failed");
	p->gid = pw->pw_gid;
	if (getgrouplist(pw->pw_name, pw->pw_gid, p->groups, &n) < 0)
		return refuse(w, "gid", "getgrouplist failed");
	p->n_groups = (size_t)n;
	return 0;
}

static int
add_group(struct module_plan *p, const char *token, const struct messages *w)
{
	gid_t gid;

	if (p->n_groups >= MODULE_GROUPS_MAX || find_gid(token, &gid) != 0)
		return refuse(w, "gid", "invalid gid %.64s", token);
	if (p->n_groups == 0)
		p->gid = gid;
	p->groups[p->n_groups++] = gid;
	return 0;
}

static int
plan_gids(char *text, const struct module_facts *f, struct module_plan *p, const struct messages *w)
{
	struct list gids = list_of(text);
	int r = 0, n = 0;

	p->gid = getegid();
	for (char *t; r == 0 && (t = list_next(&gids)) != NULL; n++)
		r = n == 0 && strcmp(t, "*") == 0 ? all_groups(p, w) : add_group(p, t, w);
	if (r == 0 && n > 0 && !f->is_root)
		return refuse(w, "gid", "setgid failed");
	if (r == 0 && n == 0 && f->is_root)
		return getgrnam("nogroup") != NULL ? add_group(p, "nogroup", w) : add_group(p, "nobody", w);
	return r;
}

/* Collapse "//", "/./" and ".." as text; the walk that opens it checks every link. */
static void
clean_absolute(char *path)
{
	char *to = path, *from = path;

	while (*from != '\0') {
		size_t n;

		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (n == 2 && memcmp(from, "..", 2) == 0) {
			while (to > path && *--to != '/')
				;
		} else if (n > 0 && !(n == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

static int
plan_path(const struct module_conf *m, const char *text, const struct module_facts *f, struct module_plan *p,
    const struct messages *w)
{
	const char *inner = strstr(text, "/./");
	bool jail = m->use_chroot == 1 || (m->use_chroot < 0 && f->is_root);

	if (text[0] == '\0') {
		snprintf(w->log, MODULE_MESSAGE_SIZE, "No path specified for module %.200s", m->name);
		return refuse(w, "path", "no path setting.");
	}
	if (text[0] != '/' || strlen(text) >= sizeof p->path) {
		snprintf(w->log, MODULE_MESSAGE_SIZE, "path of module %.128s is not absolute, or too long", m->name);
		return refuse(w, "path", "chdir failed");
	}
	if (jail && !f->is_root) {
		snprintf(w->log, MODULE_MESSAGE_SIZE, "use chroot = yes in module %.128s needs root", m->name);
		return refuse(w, "use chroot", "chroot failed");
	}
	strcpy(p->path, text);
	if (jail)
		snprintf(p->chroot, sizeof p->chroot, "%.*s", inner == NULL ? (int)strlen(text) : (int)(inner - text), text);
	if (jail && p->chroot[0] == '\0')
		strcpy(p->chroot, "/");
	clean_absolute(p->path);
	if (jail)
		clean_absolute(p->chroot);
	/* links are munged unless the module's directory is itself the chroot */
	p->munge = m->munge_symlinks >= 0 ? m->munge_symlinks == 1 : !jail || strcmp(p->chroot, p->path) != 0;
	/* in a jail nobody knows names, unless a program of the administrator's does */
	p->numeric_ids = jail && (m->name_converter == NULL || m->name_converter[0] == '\0') ? m->numeric_ids != 0 : m->numeric_ids == 1;
	return 0;
}

/* Before a name of the client's is put in anywhere. */
static int
plan_client(const struct module_conf *m, const struct module_facts *f, struct module_plan *p, const struct messages *w)
{
	const struct { const char *param, *text; } rows[] = { { "path", m->path }, { "uid", m->uid } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (module_is_unfit(rows[i].text, f)) {
			snprintf(w->log, MODULE_MESSAGE_SIZE, "%s names the client by its certificate, and \"%.100s\" is no name for a %s", rows[i].param,
			    tls_user(f), i == 0 ? "folder" : "user");
			return refuse(w, rows[i].param, "chdir failed");
		}
	if (names_client(m->gid, f)) {
		snprintf(w->log, MODULE_MESSAGE_SIZE, "gid does not name a client by its certificate: \"*\" means the groups of the uid");
		return refuse(w, "gid", "setgid failed");
	}
	p->of_client = names_client(m->path, f);
	return 0;
}

int
module_plan(const struct module_conf *m, const struct module_facts *f, struct module_plan *ret,
    char message[MODULE_MESSAGE_SIZE], char why[MODULE_MESSAGE_SIZE])
{
	char *path = module_expand(m->path, f), *uid = module_expand(m->uid, f), *gid = module_expand(m->gid, f);
	const struct messages w = { message, why, &ret->fault };
	int r;

	memset(ret, 0, sizeof *ret);
	message[0] = why[0] = '\0';
	if (path == NULL || uid == NULL || gid == NULL)
		r = refuse(&w, "path", "out of memory");
	else if ((r = plan_client(m, f, ret, &w)) == 0 && (r = plan_uid(uid, names_client(m->uid, f), f, ret, &w)) == 0 &&
	    (r = plan_gids(gid, f, ret, &w)) == 0)
		r = plan_path(m, path, f, ret, &w);
	free(path);
	free(uid);
	free(gid);
	return r;
}
