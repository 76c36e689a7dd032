#include "deploy/out/shared.h"

/* sshd's port is the machine's: rules for it would lock out its administrator. */
int
out_has_firewall(const struct model *m)
{
	return m->firewall.kind.v != M_NO_FIREWALL && m->door.kind.v != M_SSH && !model_in_cluster(m);
}

const char *
out_door_user(const struct model *m)
{
	switch (m->door.kind.v) {
	case M_HAPROXY:
		return "haproxy";
	case M_SSH:
		return m->ssh.user.v;
	default:
		return "sallyport-tunnel";
	}
}

const char *
out_secrets_path(const struct model *m)
{
	if (model_in_containers(m))
		return POD_SECRETS "/" OUT_SECRETS_ID;
	if (m->daemon.privileged.v)
		return "/" OUT_SECRETS;
	return m->daemon.program.v == M_RSYNC ? "/run/credentials/rsync.service/" OUT_SECRETS_ID :
	    "/run/credentials/sallyport-syncd.service/" OUT_SECRETS_ID;
}

const char *
out_door_cert(const struct model *m)
{
	return model_in_cluster(m) ? POD_TLS "/tls.crt" : m->door.cert.v;
}

const char *
out_door_ca(const struct model *m)
{
	return model_in_cluster(m) ? POD_TLS "/ca.crt" : m->door.ca.v;
}

const char *
out_door_crl(const struct model *m)
{
	return model_in_cluster(m) && m->door.crl.v != NULL ? POD_TLS "/ca.crl" : m->door.crl.v;
}

const char *
out_door_key(const struct model *m)
{
	if (model_in_cluster(m))
		return POD_TLS "/tls.key";
	if (model_in_containers(m))
		return POD_SECRETS "/" OUT_KEY_ID;
	return m->door.kind.v == M_STUNNEL ? "/run/credentials/stunnel@sallyport.service/" OUT_KEY_ID :
	    "/run/credentials/sallyport-tunnel.service/" OUT_KEY_ID;
}

const char *
out_door_service(const struct model *m)
{
	static const char *const units[] = { [M_TUNNEL] = "sallyport-tunnel.service",
		[M_STUNNEL] = "stunnel@sallyport.service", [M_HAPROXY] = "haproxy.service", [M_SSH] = NULL };

	return units[m->door.kind.v];
}

const char *
out_door_guarded(const struct model *m)
{
	static const char *const units[] = { [M_TUNNEL] = "sallyport-tunnel.socket",
		[M_STUNNEL] = "sallyport-stunnel.socket", [M_HAPROXY] = "haproxy.service", [M_SSH] = NULL };

	if (model_in_containers(m))
		return m->containers.kind.v == M_PODMAN || m->containers.kind.v == M_QUADLET ? "sallyport-pod.service" : NULL;
	return units[m->door.kind.v];
}

uint16_t
out_door_port(const struct model *m)
{
	char host[64];

	return (uint16_t)model_endpoint(m->door.addresses.v[0].v, host);
}

uint16_t
out_daemon_port(const struct model *m)
{
	char host[64];

	return model_loopback(m) == NULL ? 0 : (uint16_t)model_endpoint(model_loopback(m), host);
}

void
out_failed(struct emit *o, int err)
{
	if (o->err == 0)
		o->err = err != 0 ? err : o->text.err;
}

void
out_heading(const struct model *m, struct emit *o, const char *what)
{
	emit_line(o, "# %s: %s", m->name.v, what);
	emit_line(o, "# Written by sallyport; change the deployment file and install again.");
}
