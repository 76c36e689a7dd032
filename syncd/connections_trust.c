/* Whose PROXY headers are taken. */
#include "config.h"

#include "syncd/connections.h"

#include <sys/socket.h>

#include "syncd/policy/hosts.h"
#include "syncd/policy/list.h"

bool
connections_proxied(const struct syncd_conf *conf, const struct addr *peer)
{
	const struct global_conf *g = &conf->global;

	return (peer->ss.ss_family == AF_UNIX && g->socket_proxy >= 0 ? g->socket_proxy : g->proxy_protocol) != 0;
}

/* Addresses only, no name is known yet, and nobody unless some are named. */
const char *
connections_distrust(const struct syncd_conf *conf, const struct addr *peer)
{
	const struct hosts_facts f = { .peer = peer, .name = "undetermined" };
	const char *hosts = conf->global.proxy_hosts;
	char token[64];

	if (!connections_proxied(conf, peer))
		return NULL;
	if (peer->ss.ss_family == AF_UNIX)	/* who is named there was asked for when it connected */
		return list_has_words(conf->global.socket_peers) ? NULL : "refused: proxy protocol rejected: \"socket peers\" names nobody";
	if (list_has_words(hosts) && !hosts_bad_token(hosts, token, sizeof token) &&
	    hosts_check(hosts, NULL, &f) == HOSTS_ALLOW)
		return NULL;
	return "refused: proxy protocol rejected from untrusted peer";
}
