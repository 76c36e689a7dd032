#include "tunnel/master/reload.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "tunnel/conf/load.h"
#include "tunnel/service/service_build.h"

static int
complain(const struct conf_err *e, int r)
{
	char text[sizeof e->path + sizeof e->text + 16];

	if (r == E_CONF)
		log_error("%s", conf_err_print(e, text, sizeof text));
	else
		log_error("%s", err_text(r));
	return r;
}

static int
build(struct tun_conf *conf, const struct plan *old, const struct keep *keep, struct plan *ret, struct conf_err *e)
{
	struct plan p = { NULL, NULL, NULL };
	int r;

	if ((r = service_set_build(conf, keep->remote, &p.services, e)) != 0)
		return r;
	log_notice("Configuration successful");
	if (!p.services->conf->inetd &&
	    (r = listener_set_open(p.services, old == NULL ? NULL : old->listeners, &keep->passed, &p.listeners, e)) != 0) {
		service_set_free(p.services);
		return r;
	}
	ret->services = p.services;
	ret->listeners = p.listeners;
	return 0;
}

/* Before they are read, so that no change is missed. */
static int
look_at_files(const struct source *from, const struct tun_conf *conf, struct watched **ret)
{
	if (!conf->watch || conf->inetd)
		return 0;
	if (from->fd < 0)
		return watched_new(from->path, conf, ret);
	log_warn("\"watch\" has no effect: the configuration came from a descriptor");
	return 0;
}

int
plan_build(const struct source *from, const struct plan *old, const struct keep *keep, struct plan *ret)
{
	struct watched *files = NULL;
	struct tun_conf *conf;
	struct conf_err e = { "", 0, "" };
	int r;

	log_notice("Reading configuration from %s %s", from->fd >= 0 ? "descriptor" : "file", from->path);
	if ((r = load_file(from->path, from->fd, &conf, &e)) != 0)
		return complain(&e, r);
	if ((r = look_at_files(from, conf, &files)) != 0) {
		tun_conf_free(conf);
		return complain(&e, r);
	}
	if ((r = build(conf, old, keep, ret, &e)) != 0) {
		watched_free(files);
		return complain(&e, r);
	}
	ret->files = files;
	return 0;
}

void
plan_free(struct plan *p, const struct plan *heir)
{
	listener_set_free(p->listeners, heir == NULL ? NULL : heir->listeners, 1);
	service_set_free(p->services);
	watched_free(p->files);
	*p = (struct plan){ NULL, NULL, NULL };
}
