#include "deploy/out/pod.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/out/shared.h"
#include "deploy/out/units.h"
#include "lib/err.h"

static void
mount(struct pod_part *p, const char *path, int writes)
{
	p->mounts[p->n_mounts++] = (struct pod_mount){ path, writes };
}

const char *
pod_owner(const struct model *m)
{
	return m->daemon.privileged.v ? "0" : POD_DAEMON_ID;
}

int
pod_daemon(const struct model *m, struct pod_part *ret)
{
	*ret = (struct pod_part){ .name = "syncd", .user = pod_owner(m), .group = POD_DOOR_ID,
	    .program = "/usr/sbin/sallyport-syncd --daemon --no-detach --config=", .config = "/etc/sallyport/syncd.conf",
	    .secret_id = m->users.n > 0 ? OUT_SECRETS_ID : NULL, .secret = "/" OUT_SECRETS, .tmp = (int)m->daemon.privileged.v,
	    .caps = out_daemon_caps(m) };
	if ((ret->mounts = calloc(m->modules.n + 3, sizeof *ret->mounts)) == NULL)
		return -ENOMEM;
	mount(ret, ret->config, 0);
	if (model_has_groups(m))
		mount(ret, "/" OUT_GROUPS, 0);
	if (m->daemon.motd.v != NULL)
		mount(ret, m->daemon.motd.v, 0);
	for (size_t i = 0; i < m->modules.n; i++)
		mount(ret, m->modules.v[i].path.v, m->modules.v[i].access.v != M_READ);
	return 0;
}

/* A renewed file has another inode: its directory is mounted, once. */
static int
mount_directory(struct pod_part *p, const char *file)
{
	const char *slash = file == NULL ? NULL : strrchr(file, '/');
	size_t i = 0;

	if (slash == NULL)
		return 0;
	for (; p->dirs[i] != NULL; i++)
		if (strlen(p->dirs[i]) == (size_t)(slash - file) && strncmp(p->dirs[i], file, (size_t)(slash - file)) == 0)
			return 0;
	if ((p->dirs[i] = strndup(file, (size_t)(slash - file))) == NULL)
		return -ENOMEM;
	mount(p, p->dirs[i], 0);
	return 0;
}

int
pod_door(const struct model *m, struct pod_part *ret)
{
	const char *files[] = { m->door.cert.v, m->door.ca.v, m->door.crl.v };
	int r = 0;

	*ret = (struct pod_part){ .name = "tunnel", .user = POD_DOOR_ID, .program = "/usr/bin/sallyport-tunnel ",
	    .config = "/etc/sallyport/tunnel.conf", .secret_id = OUT_KEY_ID, .secret = m->door.key.v, .caps = "" };
	if ((ret->mounts = calloc(ARRAY_LEN(files) + 1, sizeof *ret->mounts)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(files) && r == 0; i++)
		r = mount_directory(ret, files[i]);
	mount(ret, ret->config, 0);
	return r;
}

int
pod_is_door(const struct pod_part *p)
{
	return strcmp(p->name, "tunnel") == 0;
}

void
pod_part_done(struct pod_part *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->dirs); i++)
		free(p->dirs[i]);
	free(p->mounts);
}

const char *
pod_cap(const char **at, char dst[32])
{
	size_t n;

	*at += strspn(*at, " ");
	n = strcspn(*at, " ");
	if (n <= strlen("CAP_"))
		return NULL;
	snprintf(dst, 32, "%.*s", (int)(n - strlen("CAP_")), *at + strlen("CAP_"));
	*at += n;
	return dst;
}

static int
has_family(const struct model *m, int six)
{
	char host[64];

	for (size_t i = 0; i < m->door.addresses.n; i++)
		if (model_endpoint(m->door.addresses.v[i].v, host) > 0 && (strchr(host, ':') != NULL) == six)
			return 1;
	return 0;
}

int
pod_has_ipv6(const struct model *m)
{
	return has_family(m, 1);
}

size_t
pod_listens(const struct model *m, const char *ret[2])
{
	size_t n = 0;

	if (has_family(m, 0))
		ret[n++] = "0.0.0.0:" POD_PORT;
	if (has_family(m, 1))
		ret[n++] = "[::]:" POD_PORT;
	return n;
}

void
pod_one(const struct model *m, struct emit *o, int (*make)(const struct model *m, struct pod_part *ret),
    void (*put)(const struct model *m, const struct pod_part *p, struct emit *o))
{
	struct pod_part p;
	int r = m->modules.n > MODEL_LIST_MAX ? E_LIMIT : make(m, &p);

	if (r == 0)
		put(m, &p, o);
	out_failed(o, r);
	if (r != E_LIMIT)
		pod_part_done(&p);
}

void
pod_parts(const struct model *m, struct emit *o,
    void (*put)(const struct model *m, const struct pod_part *p, struct emit *o))
{
	pod_one(m, o, pod_daemon, put);
	pod_one(m, o, pod_door, put);
}
