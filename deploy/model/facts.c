/* What follows from a model: questions that several outputs ask. */
#include <string.h>

#include "deploy/model/model.h"
#include "deploy/model/value.h"
#include "lib/err.h"

static const char *
find_listen(const struct model *m, int path)
{
	for (size_t i = 0; i < m->daemon.listen.n; i++)
		if ((m->daemon.listen.v[i].v[0] == '/') == path)
			return m->daemon.listen.v[i].v;
	return NULL;
}

const char *
model_socket(const struct model *m)
{
	return find_listen(m, 1);
}

const char *
model_loopback(const struct model *m)
{
	return find_listen(m, 0);
}

int
model_has_daemon(const struct model *m)
{
	return m->backends.n == 0;
}

int
model_sends_address(const struct model *m)
{
	return m->door.kind.v != M_SSH && m->door.send_address.v;
}

int
model_in_containers(const struct model *m)
{
	return m->containers.kind.v != M_NO_CONTAINERS;
}

int
model_in_cluster(const struct model *m)
{
	return m->containers.kind.v == M_KUBERNETES;
}

int
model_has_authority(const struct model *m)
{
	return m->door.authority.v == M_AUTHORITY_OWN;
}

/* sallyport-tunnel tells who is there; in a container it reaches nothing but the daemon. */
int
model_renews(const struct model *m)
{
	return model_has_authority(m) && m->door.kind.v == M_TUNNEL && !model_in_containers(m) && m->door.client_certs.v != M_CERTS_NONE;
}

/* Places that the door may read, unlike the authority's folder. */
void
model_complete(struct model *m)
{
	struct m_door *d = &m->door;
	const struct { struct m_text *text; const char *place; int lists; } places[] = {
		{ &d->cert, "/etc/sallyport/tls/server.crt", 0 }, { &d->key, "/etc/sallyport/tls/server.key", 0 },
		{ &d->ca, "/etc/sallyport/tls/clients.crt", 1 }, { &d->crl, "/etc/sallyport/tls/clients.crl", 1 },
	};
	int lists;

	if (!model_has_authority(m))
		return;
	if (d->client_certs.at.line == 0)
		d->client_certs.v = M_CERTS_REQUIRED;
	lists = d->client_certs.v == M_CERTS_REQUIRED || d->client_certs.v == M_CERTS_OPTIONAL;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i].text->v == NULL && (lists || !places[i].lists))
			places[i].text->v = places[i].place;
	if (m->client.ca.at.line == 0)
		m->client.ca.v = "/etc/sallyport/tls/ca.crt";
}

int
model_module_has_identities(const struct m_module *o)
{
	for (size_t i = 0; i < o->clients.n; i++)
		if (value_is_identity(o->clients.v[i].v))
			return 1;
	return 0;
}

int
model_has_identities(const struct model *m)
{
	for (size_t i = 0; i < m->modules.n; i++)
		if (model_module_has_identities(&m->modules.v[i]))
			return 1;
	return 0;
}

const struct m_group *
model_group(const struct model *m, const char *client)
{
	for (size_t i = 0; value_is_group(client) && i < m->groups.n; i++)
		if (m->groups.v[i].name.v != NULL && strcmp(m->groups.v[i].name.v, client + 1) == 0)
			return &m->groups.v[i];
	return NULL;
}

int
model_module_has_groups(const struct m_module *o)
{
	for (size_t i = 0; i < o->clients.n; i++)
		if (value_is_group(o->clients.v[i].v))
			return 1;
	return 0;
}

int
model_has_groups(const struct model *m)
{
	for (size_t i = 0; i < m->modules.n; i++)
		if (model_module_has_groups(&m->modules.v[i]))
			return 1;
	return 0;
}

int
model_has_hooks(const struct model *m)
{
	for (size_t i = 0; i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];

		if (o->early_exec.v != NULL || o->pre_xfer_exec.v != NULL || o->post_xfer_exec.v != NULL)
			return 1;
	}
	return 0;
}

int
model_makes_secret(const struct m_user *u)
{
	return u->secret_file.v == NULL && strcmp(u->secret.v, "make") == 0;
}
