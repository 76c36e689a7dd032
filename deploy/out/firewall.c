#include "deploy/out/firewall.h"

#include <string.h>
#include <sys/socket.h>

#include "deploy/out/outputs.h"
#include "lib/err.h"
#include "nft/facts.h"
#include "nft/iptables.h"
#include "nft/ruleset.h"

enum { RSYNC_PORT = 873 };	/* what is closed where the daemon has a socket and no port */

struct facts {
	struct nft_facts f;
	const char *sources4[MODEL_LIST_MAX], *sources6[MODEL_LIST_MAX], *owner;
};

static void
gather(const struct model *m, struct facts *ret)
{
	const struct m_firewall *w = &m->firewall;
	const char *plain = model_loopback(m);
	char host[64];

	ret->owner = out_door_user(m);
	ret->f = (struct nft_facts){ .table = "sallyport", .sources4 = ret->sources4, .sources6 = ret->sources6,
		.plain_port = plain == NULL ? RSYNC_PORT : (uint16_t)model_endpoint(plain, host),
		.tls_port = (uint16_t)model_endpoint(m->door.addresses.v[0].v, host), .anyone = (int)w->anyone.v,
		.connections = (unsigned)w->connections.v, .per_minute = (unsigned)w->rate.v, .burst = (unsigned)w->burst.v,
		/* beside a socket the port is for whoever is on this machine */
		.owners = &ret->owner, .n_owners = plain != NULL && model_socket(m) == NULL };
	for (size_t i = 0; i < w->clients.n; i++)
		if (strchr(w->clients.v[i].v, ':') == NULL)
			ret->sources4[ret->f.n_sources4++] = w->clients.v[i].v;
		else
			ret->sources6[ret->f.n_sources6++] = w->clients.v[i].v;
}

static void
put(const struct model *m, struct emit *o, int (*text)(const struct nft_facts *f, struct buf *out))
{
	struct facts facts;

	gather(m, &facts);
	o->err = text(&facts.f, &o->text);
}

static int
rules4(const struct nft_facts *f, struct buf *out)
{
	return iptables_put(f, AF_INET, out);
}

static int
rules6(const struct nft_facts *f, struct buf *out)
{
	return iptables_put(f, AF_INET6, out);
}

void
out_nft(const struct model *m, struct emit *o)
{
	put(m, o, ruleset_put);
}

void
out_nft_removal(const struct model *m, struct emit *o)
{
	put(m, o, ruleset_put_removal);
}

void
out_iptables4(const struct model *m, struct emit *o)
{
	put(m, o, rules4);
}

void
out_iptables6(const struct model *m, struct emit *o)
{
	put(m, o, rules6);
}

void
out_iptables_script(const struct model *m, struct emit *o)
{
	put(m, o, iptables_put_script);
}

void
out_iptables_removal(const struct model *m, struct emit *o)
{
	put(m, o, iptables_put_removal);
}
