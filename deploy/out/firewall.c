#include "deploy/out/firewall.h"

#include <netinet/in.h>
#include <string.h>

#include "deploy/out/shared.h"
#include "nft/iptables.h"
#include "nft/ruleset.h"
#include "units/service.h"

#define OPENS "who reaches the door, and nobody the daemon."

struct facts {
	struct nft_facts nft;
	const char *sources4[MODEL_LIST_MAX], *sources6[MODEL_LIST_MAX], *owner;
};

static void
sources(const struct model *m, struct facts *f)
{
	for (size_t i = 0; i < m->firewall.clients.n; i++) {
		const char *net = m->firewall.clients.v[i].v;

		if (strchr(net, ':') == NULL)
			f->sources4[f->nft.n_sources4++] = net;
		else
			f->sources6[f->nft.n_sources6++] = net;
	}
	f->nft.sources4 = f->sources4;
	f->nft.sources6 = f->sources6;
}

/* Beside root only the door may reach the daemon's port; one beside a socket is for whoever is on this machine. */
static void
facts(const struct model *m, struct facts *f)
{
	const struct m_firewall *w = &m->firewall;
	uint16_t port = model_has_daemon(m) ? out_daemon_port(m) : 0;

	*f = (struct facts){ .nft = { .table = "sallyport", .plain_port = port, .tls_port = out_door_port(m),
	    .anyone = (int)w->anyone.v, .connections = (unsigned)w->connections.v, .per_minute = (unsigned)w->rate.v,
	    .burst = (unsigned)w->burst.v, .quiet = !w->log.v, .n_owners = port != 0 && model_socket(m) == NULL },
	    .owner = out_door_user(m) };
	f->nft.owners = &f->owner;
	sources(m, f);
}

/* The heading goes behind a "#!" line. */
static void
put(const struct model *m, struct emit *o, const char *what, int r, struct buf *text)
{
	const char *body = buf_cstr(text), *end;

	out_failed(o, r != 0 || body != NULL ? r : text->err);
	if (o->err == 0 && strncmp(body, "#!", 2) == 0 && (end = strchr(body, '\n')) != NULL) {
		emit_line(o, "%.*s", (int)(end - body), body);
		body = end + 1;
	}
	out_heading(m, o, what);
	if (o->err == 0)
		buf_text(&o->text, body);
	out_failed(o, 0);
	buf_done(text);
}

static void
put_text(const struct model *m, struct emit *o, const char *what, int (*of)(const struct nft_facts *f, struct buf *out))
{
	struct buf text = BUF_INIT;
	struct facts f;
	int r;

	facts(m, &f);
	r = of(&f.nft, &text);
	put(m, o, what, r, &text);
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
	put_text(m, o, OPENS, ruleset_put);
}

void
out_nft_removal(const struct model *m, struct emit *o)
{
	put_text(m, o, "takes the table away.", ruleset_put_removal);
}

void
out_iptables(const struct model *m, struct emit *o)
{
	put_text(m, o, OPENS, rules4);
}

void
out_ip6tables(const struct model *m, struct emit *o)
{
	put_text(m, o, OPENS, rules6);
}

void
out_iptables_script(const struct model *m, struct emit *o)
{
	put_text(m, o, "loads the rules.", iptables_put_script);
}

void
out_iptables_removal(const struct model *m, struct emit *o)
{
	put_text(m, o, "takes the rules away.", iptables_put_removal);
}

enum out_lets
out_firewall_lets(const struct model *m, const struct addr *from, const char **ret)
{
	struct facts f;

	facts(m, &f);
	if (addr_is_loopback(from))	/* nobody comes from there by the wire: chain "early" */
		return OUT_LETS_LOCAL;
	if (f.nft.anyone)
		return OUT_LETS_ANYONE;
	*ret = nft_source_of(&f.nft, from);
	return *ret == NULL ? OUT_LETS_NOT : OUT_LETS_LISTED;
}

/* --- the unit ------------------------------------------------------------------------------ */

static struct unit_firewall
unit_facts(const struct model *m)
{
	const char *guards = out_door_guarded(m);

	if (m->firewall.kind.v == M_NFTABLES)
		return (struct unit_firewall){ .rules = "/" OUT_NFT, .remove = "/" OUT_NFT_REMOVE, .guards = guards };
	return (struct unit_firewall){ "/" OUT_RULES4, "/" OUT_RULES6, "/" OUT_IPTABLES, "/" OUT_IPTABLES_REMOVE, guards };
}

void
out_firewall_unit(const struct model *m, struct emit *o)
{
	const struct unit_firewall f = unit_facts(m);

	out_heading(m, o, "loads the firewall before the door opens.");
	out_failed(o, unit_put_firewall(&f, &o->text));
}

void
out_nftables_dropin(const struct model *m, struct emit *o)
{
	const struct unit_firewall f = unit_facts(m);

	out_heading(m, o, "the table outlives nftables.service.");
	out_failed(o, unit_put_nftables_dropin(&f, &o->text));
}
