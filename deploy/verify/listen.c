#include "deploy/verify/listen.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "deploy/out/shared.h"
#include "deploy/verify/names.h"
#include "lib/err.h"

enum { PLAIN_PORT = 873, LISTENERS_MAX = MODEL_LIST_MAX };

/* "127.0.0.1:873", "[::1]:873" */
static const char *
printed(const struct addr *a, char *dst, size_t size)
{
	char host[ADDR_TEXT_SIZE];

	addr_host(a, host, sizeof host);
	snprintf(dst, size, a->ss.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, addr_port(a));
	return dst;
}

/* Who holds it besides the service manager, when that is not the service that shall: true, and told in dst. */
static bool
strange_holder(const struct processes *all, uint64_t inode, const char *service, char *dst, size_t size)
{
	for (size_t i = 0; i < all->n_holders && service != NULL; i++) {
		const struct process *p = &all->v[all->holders[i].process];

		if (all->holders[i].inode != inode || p->pid == 1 || strcmp(p->unit, service) == 0)
			continue;
		snprintf(dst, size, "process %d (%s) of %s", (int)p->pid, p->exe, p->unit[0] == '\0' ? "no unit" : p->unit);
		return true;
	}
	return false;
}

static bool
is_held(const struct processes *all, uint64_t inode)
{
	for (size_t i = 0; i < all->n_holders; i++)
		if (all->holders[i].inode == inode)
			return true;
	return false;
}

static bool
is_wanted(const char *text, const char *const *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(wanted[i], text) == 0)
			return true;
	return false;
}

static void
judge_holder(struct points *l, const struct processes *all, const char *id, const char *subject, uint64_t inode, const char *service)
{
	char holder[PATH_MAX + 200];
	bool strange = strange_holder(all, inode, service, holder, sizeof holder);

	if (strange || is_held(all, inode))
		point_add(l, !strange, id, subject, strange ? holder : "held by its service and the service manager", service,
		    "end that process, and start the service");
	else
		point_fail(l, id, subject, "nobody of this machine's processes holds it", service, "look for a container that does");
}

void
listen_judge_port(struct points *l, const struct processes *all, const char *id, uint16_t port, const char *const *wanted, size_t n,
    const char *service, bool holders_seen)
{
	char text[ADDR_TEXT_SIZE + 8];
	const struct kernel_sockets *s = &all->sockets;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < s->n && (s->v[k].local || strcmp(printed(&s->v[k].address, text, sizeof text), wanted[i]) != 0))
			k++;
		point_add(l, k < s->n, id, wanted[i], k < s->n ? "somebody listens" : "nobody listens", "its service listens",
		    "systemctl start its socket or service");
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].local || addr_port(&s->v[i].address) != port)
			continue;
		if (!is_wanted(printed(&s->v[i].address, text, sizeof text), wanted, n))
			point_fail(l, id, text, "somebody listens", "nobody, as the deployment file says",
			    "end it, or bind the address that the file has");
		if (service != NULL && holders_seen)
			judge_holder(l, all, "listen.owner", text, s->v[i].inode, service);
		else if (service != NULL)
			point_skip(l, "listen.owner", text, VERIFY_NEEDS_ROOT);
	}
}

void
listen_judge_plain(struct points *l, const struct processes *all, uint16_t port)
{
	char text[ADDR_TEXT_SIZE + 8], subject[32];
	size_t bad = 0;

	for (size_t i = 0; i < all->sockets.n; i++) {
		const struct kernel_socket *s = &all->sockets.v[i];

		if (s->local || addr_port(&s->address) != port || addr_is_loopback(&s->address))
			continue;
		bad++;
		point_fail(l, "listen.plain", printed(&s->address, text, sizeof text), "plain rsync could be reached from outside", "loopback alone",
		    "end it, and start the daemon's own service");
	}
	snprintf(subject, sizeof subject, "port %u", port);
	if (bad == 0)
		point_pass(l, "listen.plain", subject, "nobody listens beyond loopback");
}

/* --- the model's ----------------------------------------------------------------------------------- */

/* Those of a list that are endpoints of IP, as it spells them. */
static size_t
endpoints(const struct m_texts *texts, const char *ret[LISTENERS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < texts->n && n < LISTENERS_MAX; i++)
		if (texts->v[i].v[0] != '/')
			ret[n++] = texts->v[i].v;
	return n;
}

static void
daemon_port(const struct ask *a)
{
	const char *wanted[LISTENERS_MAX];
	uint16_t port = model_has_daemon(a->m) ? out_daemon_port(a->m) : 0;
	size_t n = model_has_daemon(a->m) ? endpoints(&a->m->daemon.listen, wanted) : 0;

	listen_judge_plain(a->points, a->running, PLAIN_PORT);
	if (port != 0 && port != PLAIN_PORT)
		listen_judge_plain(a->points, a->running, port);
	listen_judge_port(a->points, a->running, "listen.daemon", port != 0 ? port : PLAIN_PORT, wanted, n, verify_daemon_service(a->m), a->root);
}

/* Its mode and owners are the wall before everybody else on this machine. */
static void
judge_socket_file(const struct ask *a, const char *path)
{
	const char *user = out_door_user(a->m);
	const struct group *g;
	struct stat st;
	char seen[160], wanted[160];

	if (stat(path, &st) < 0) {
		point_fail(a->points, "socket.mode", path, strerror(errno), "a socket", "systemctl restart the daemon's socket");
		return;
	}
	g = getgrgid(st.st_gid);
	snprintf(seen, sizeof seen, "owner %u, group %s, mode %04o", st.st_uid, g == NULL ? "unknown" : g->gr_name,
	    (unsigned)st.st_mode & 07777);
	snprintf(wanted, sizeof wanted, "owner 0, group %s, mode 0660", user);
	point_add(a->points, S_ISSOCK(st.st_mode) && strcmp(seen, wanted) == 0, "socket.mode", path, seen, wanted,
	    "systemctl restart the daemon's socket");
}

static void
daemon_socket(const struct ask *a)
{
	const char *path = model_has_daemon(a->m) ? model_socket(a->m) : NULL;
	const struct kernel_sockets *s = &a->running->sockets;
	size_t k = 0;

	if (path == NULL)
		return;
	while (k < s->n && (!s->v[k].local || strcmp(s->v[k].path, path) != 0))
		k++;
	point_add(a->points, k < s->n, "listen.socket", path, k < s->n ? "somebody listens" : "nobody listens", "the daemon listens",
	    "systemctl restart the daemon's socket");
	if (k < s->n && a->root)
		judge_holder(a->points, a->running, "listen.owner", path, s->v[k].inode, verify_daemon_service(a->m));
	else if (k < s->n)
		point_skip(a->points, "listen.owner", path, VERIFY_NEEDS_ROOT);
	if (a->m->daemon.program.v == M_SALLYPORT)
		judge_socket_file(a, path);
}

void
listen_judge(const struct ask *a)
{
	const char *wanted[LISTENERS_MAX];

	if (a->running->error != 0) {
		point_skip(a->points, "listen.plain", "/proc", err_text(a->running->error));
		return;
	}
	if (model_in_containers(a->m)) {
		listen_judge_plain(a->points, a->running, PLAIN_PORT);
		point_skip(a->points, "listen.owner", a->file, "the listeners are in containers, whose runtime knows them");
		return;
	}
	daemon_port(a);
	daemon_socket(a);
	if (a->m->door.kind.v == M_SSH)
		point_skip(a->points, "listen.door", "sshd", "the machine's own ssh server is the door");
	else
		listen_judge_port(a->points, a->running, "listen.door", out_door_port(a->m), wanted, endpoints(&a->m->door.addresses, wanted),
		    out_door_service(a->m), a->root);
}
