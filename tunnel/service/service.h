/* A service ready to run: its configuration, its TLS context, the addresses of its names.  A set
 * is one configuration's services; it never changes once built. */
#ifndef SALLYPORT_TUNNEL_SERVICE_SERVICE_H
#define SALLYPORT_TUNNEL_SERVICE_SERVICE_H

#include "tunnel/conf/conf.h"
#include "tunnel/conf/target.h"
#include "tunnel/tls/keyring.h"

struct service {
	const struct tun_service *conf;
	SSL_CTX *tls;
	struct targets accept, connect, redirect;
	struct targets local;		/* to connect from; the first counts */
	int delays, delays_redirect;	/* those two are looked up for every connection */
	char *staple_url;		/* server: who to ask about our own certificate, or NULL */
	char *sni;			/* client: the name to send, or NULL */
	const struct service **virtuals;	/* server: sections chosen by name, in file order */
	size_t n_virtuals;
	size_t column;			/* on the board */
};

struct service_set {
	struct tun_conf *conf;
	struct keyring keys;		/* those that are the vault's */
	int sessions_fd;		/* what its clients' sessions are kept in; -1: nothing */
	struct service *v;
	size_t n;
};

/* Does it start programs?  May it ask the spawner for that (enum spawn_kind)?  Does any of a set
 * need one?  And is a program, rather than a peer, what is connected? */
int service_spawns(const struct tun_service *conf);
int service_may_ask(const struct service *s, unsigned kind);
int service_set_asks(const struct service_set *set);
int service_is_program(const struct service *s);

#endif
