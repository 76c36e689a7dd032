#include "tunnel/service/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ids.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "lib/metrics_address.h"

enum { BACKLOG = 1024, BACKLOG_METRICS = 128 };

struct opening {
	struct listener_set *set;
	const struct listener_set *old;
	const struct service_set *services;
	struct conf_err *e;
};

int
passed_add(struct passed *p, int fd)
{
	int *all = realloc(p->fds, (p->n + 1) * sizeof *all);

	if (all == NULL)
		return -ENOMEM;
	p->fds = all;
	p->fds[p->n++] = fd;
	return 0;
}

void
passed_close(struct passed *p)
{
	for (size_t i = 0; i < p->n; i++)
		close(p->fds[i]);
	free(p->fds);
	*p = (struct passed){ NULL, 0 };
}

static int
same_address(const struct addr *a, const struct addr *b)
{
	return a->len == b->len && memcmp(&a->ss, &b->ss, a->len) == 0;
}

static int
has_fd(const struct listener_set *set, int fd)
{
	for (size_t i = 0; set != NULL && i < set->n; i++)
		if (set->v[i].fd == fd)
			return 1;
	return set != NULL && set->metrics.fd == fd;
}

/* A socket that listens there already and that no earlier line of the new file took. */
static int
inherited(const struct opening *o, const struct addr *at)
{
	for (size_t i = 0; o->old != NULL && i < o->old->n; i++)
		if (same_address(&o->old->v[i].asked, at) && !has_fd(o->set, o->old->v[i].fd))
			return o->old->v[i].fd;
	if (o->old != NULL && o->old->metrics.fd >= 0 && same_address(&o->old->metrics.asked, at))
		return o->old->metrics.fd;
	return -1;
}

struct preparing {
	const struct tun_service *conf;
	int family;
	int both;			/* :: takes IPv4, too, unless the kernel is told otherwise */
};

/* sock_listen keeps to IPv6: back to what the kernel does by itself. */
static void
take_both(int fd)
{
	int fresh = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), only = 1;
	socklen_t n = sizeof only;

	if (fresh < 0)
		return;
	if (getsockopt(fresh, IPPROTO_IPV6, IPV6_V6ONLY, &only, &n) == 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
	close(fresh);
}

static int
prepare(int fd, void *arg)
{
	const struct preparing *p = arg;
	const char *refused;
	int err;

	if (p->both)
		take_both(fd);
	refused = sockopt_apply(&p->conf->plain.sockets, SOCKOPT_ACCEPT, fd, p->family);
	err = errno;
	if (refused == NULL)
		return 0;
	log_error("Service [%s]: setsockopt %s: %s (%d)", p->conf->name, refused, strerror(err), err);
	return -err;
}

/* A UNIX socket belongs to who may connect to it. */
static void
give_away(const struct tun_service *conf, const struct addr *at)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	int r;

	if (at->ss.ss_family != AF_UNIX || ids_user(conf->owner, &uid) != 0 ||
	    ids_group(conf->group, &gid) != 0 || (uid == (uid_t)-1 && gid == (gid_t)-1))
		return;
	if ((r = sock_give(((const struct sockaddr_un *)&at->ss)->sun_path, uid, gid, -1)) != 0)
		log_warn("Service [%s]: chown: %s (%d)", conf->name, strerror(-r), -r);
}

static void
say_bound(const struct tun_service *conf, int fd, const struct addr *at)
{
	char text[ADDR_TEXT_SIZE];
	struct addr real = *at;

	sock_local(fd, &real);
	log_info("Service [%s] (FD=%d) bound to %s", conf->name, fd, addr_text(&real, text, sizeof text));
}

static int
open_one(const struct opening *o, size_t service, const struct addr *at, int *ret)
{
	const struct tun_service *conf = o->services->v[service].conf;
	struct preparing p = { conf, at->ss.ss_family, at->ss.ss_family == AF_INET6 };
	char text[ADDR_TEXT_SIZE];
	int fd, r = sock_listen_prepared(at, BACKLOG, prepare, &p, &fd);

	if (r == -EADDRINUSE && p.both) {	/* IPv4 may have a socket of its own, as with a bare port */
		p.both = 0;
		r = sock_listen_prepared(at, BACKLOG, prepare, &p, &fd);
	}
	if (r != 0) {
		log_notice("Binding service [%s] to %s: %s (%d)", conf->name, addr_text(at, text, sizeof text), strerror(-r),
		    -r);
		return r;
	}
	give_away(conf, at);
	say_bound(conf, fd, at);
	*ret = fd;
	return 0;
}

static int
open_service(const struct opening *o, size_t service)
{
	const struct targets *t = &o->services->v[service].accept;
	const struct tun_service *conf = o->services->v[service].conf;
	size_t before = o->set->n;
	int fd;

	if (t->n == 0)
		log_debug("Skipped %s service [%s]", conf->sni != NULL && !conf->tls.client ? "SNI secondary" : "exec+connect", conf->name);
	for (size_t i = 0; i < t->n; i++) {
		if ((fd = inherited(o, &t->v[i])) >= 0)
			say_bound(conf, fd, &t->v[i]);
		else if (open_one(o, service, &t->v[i], &fd) != 0)
			continue;
		o->set->v[o->set->n++] = (struct listener){ fd, service, t->v[i] };
	}
	if (o->set->n > before || t->n == 0)	/* a section may have no address to listen on */
		return 0;
	return conf_err_set(o->e, NULL, 0, "Binding service [%.100s] failed", conf->name);
}

static int
open_metrics(const struct opening *o)
{
	const char *where = o->services->conf->metrics, *wrong;
	char text[ADDR_TEXT_SIZE];
	struct addr at;
	int fd, r;

	if (where == NULL || where[0] == '\0')
		return 0;
	if ((wrong = metrics_address(where, o->services->conf->metrics_public, METRICS_NOT_PUBLIC, &at)) != NULL)
		return conf_err_set(o->e, NULL, 0, "metrics: %s", wrong);
	if ((fd = inherited(o, &at)) < 0 && (r = sock_listen(&at, BACKLOG_METRICS, &fd)) != 0)
		return conf_err_set(o->e, NULL, 0, "Binding metrics to %s: %s (%d)", addr_text(&at, text, sizeof text), strerror(-r), -r);
	o->set->metrics = (struct listener){ .fd = fd, .asked = at };
	return 0;
}

static int
take_passed(const struct opening *o, size_t service, int fd)
{
	const char *name = o->services->v[service].conf->name;
	char text[ADDR_TEXT_SIZE] = "a socket that was passed";
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);
	struct addr at;

	if (copy < 0)
		return conf_err_set(o->e, NULL, 0, "Binding service [%.100s] failed: %s", name, strerror(errno));
	if (sock_local(copy, &at) == 0)
		addr_text(&at, text, sizeof text);
	log_info("Service [%s] (FD=%d) bound to %s", name, copy, text);
	o->set->v[o->set->n++] = (struct listener){ .fd = copy, .service = service };
	return 0;
}

int
listener_set_open(const struct service_set *services, const struct listener_set *old, const struct passed *passed,
    struct listener_set **ret, struct conf_err *e)
{
	struct opening o = { calloc(1, sizeof *o.set), old, services, e };
	size_t most = passed->n, taken = 0;
	int r = 0;

	if (o.set != NULL)
		o.set->metrics.fd = -1;
	for (size_t i = 0; i < services->n; i++)
		most += services->v[i].accept.n;
	if (o.set == NULL || (o.set->v = calloc(most + 1, sizeof *o.set->v)) == NULL) {
		free(o.set);
		return -ENOMEM;
	}
	for (size_t i = 0; i < services->n && r == 0; i++)
		if (taken < passed->n && services->v[i].conf->accept.n > 0)
			r = take_passed(&o, i, passed->fds[taken++]);
		else
			r = open_service(&o, i);
	if (r == 0)
		r = open_metrics(&o);
	if (r == 0 && taken < passed->n)
		r = conf_err_set(e, NULL, 0, "Too many listening file descriptors received from systemd, got %zu", passed->n);
	if (r != 0)
		listener_set_free(o.set, old, 1);
	else
		*ret = o.set;
	return r;
}

static void
close_one(const struct listener *l, const struct listener_set *heir, int final)
{
	if (l->fd < 0 || has_fd(heir, l->fd))
		return;
	if (final && l->asked.ss.ss_family == AF_UNIX)
		unlink(((const struct sockaddr_un *)&l->asked.ss)->sun_path);
	close(l->fd);
}

void
listener_set_free(struct listener_set *set, const struct listener_set *heir, int final)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n; i++)
		close_one(&set->v[i], heir, final);
	close_one(&set->metrics, heir, final);
	free(set->v);
	free(set);
}
