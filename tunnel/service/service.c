#include "tunnel/service/service.h"

#include "tunnel/ipc/spawnmsg.h"
#include "tunnel/proto/libwrap.h"

int
service_spawns(const struct tun_service *conf)
{
	return conf->exec != NULL && conf->exec[0] != '\0';
}

int
service_may_ask(const struct service *s, unsigned kind)
{
	const struct tun_service *conf = s->conf;

	switch (kind) {
	case SPAWN_PROGRAM:
		return service_spawns(conf);
	case SPAWN_CONNECT:
		return s->delays;
	case SPAWN_REDIRECT:
		return s->delays_redirect;
	case SPAWN_WRAP:
		return conf->libwrap;
	case SPAWN_IDENT:
		return conf->ident != NULL && conf->ident[0] != '\0';
	case SPAWN_FETCH:
		return s->staple_url != NULL || (conf->tls.ocsp != NULL && conf->tls.ocsp[0] != '\0') || conf->tls.ocsp_aia;
	case SPAWN_NAME:
		return !conf->tls.client && (conf->protocol == PROTOCOL_CONNECT || conf->protocol == PROTOCOL_SOCKS);
	default:
		return 0;
	}
}

int
service_set_asks(const struct service_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		for (unsigned kind = SPAWN_PROGRAM; kind < SPAWN_KINDS; kind++)
			if (service_may_ask(&set->v[i], kind))
				return 1;
	return 0;
}

int
service_is_program(const struct service *s)
{
	return service_spawns(s->conf) && s->conf->connect.n > 0;
}
