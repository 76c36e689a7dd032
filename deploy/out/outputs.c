#include "deploy/out/outputs.h"

#include <string.h>

#include "deploy/model/value.h"
#include "deploy/out/client.h"
#include "deploy/out/firewall.h"
#include "deploy/out/haproxy.h"
#include "deploy/out/rsyncd.h"
#include "deploy/out/ssh.h"
#include "deploy/out/stunnel.h"
#include "deploy/out/units.h"
#include "lib/err.h"

static int
ours(const struct model *m)
{
	return model_has_daemon(m) && m->daemon.program.v == M_SALLYPORT;
}

static int
stock(const struct model *m)
{
	return model_has_daemon(m) && m->daemon.program.v == M_RSYNC;
}

static int
ours_socket(const struct model *m)
{
	return ours(m) && model_socket(m) != NULL;
}

static int
ours_port(const struct model *m)
{
	return ours(m) && model_loopback(m) != NULL;
}

static int
users(const struct model *m)
{
	return m->users.n > 0;
}

static int
tunnel(const struct model *m)
{
	return m->door.kind.v == M_TUNNEL;
}

static int
stunnel(const struct model *m)
{
	return m->door.kind.v == M_STUNNEL;
}

static int
haproxy(const struct model *m)
{
	return m->door.kind.v == M_HAPROXY;
}

static int
ssh(const struct model *m)
{
	return m->door.kind.v == M_SSH;
}

static int
tls(const struct model *m)
{
	return m->door.kind.v != M_SSH;
}

static int
address(const struct model *m)
{
	return m->client.address.v != NULL && value_address(m->host.v) != NULL;	/* the host has a name */
}

static int
all(const struct model *m)
{
	(void)m;
	return 1;
}

/* sshd's port is the machine's: rules for it would lock out its administrator. */
int
out_has_firewall(const struct model *m)
{
	return m->firewall.kind.v != M_NO_FIREWALL && tls(m);
}

static int
nftables(const struct model *m)
{
	return m->firewall.kind.v == M_NFTABLES && tls(m);
}

static int
iptables(const struct model *m)
{
	return m->firewall.kind.v == M_IPTABLES && tls(m);
}

#define UNITS "etc/systemd/system/"

const struct output outputs[] = {
	{ "daemon", "etc/sallyport/syncd.conf", 0644, .wanted = ours, .write = out_syncd },
	{ "daemon", "etc/sallyport/rsyncd.conf", 0644, .wanted = stock, .write = out_rsyncd },
	{ "secrets", OUT_SECRETS, 0600, .secret = true, .wanted = users },
	{ "door", "etc/sallyport/tunnel.conf", 0644, .wanted = tunnel, .write = out_tunnel },
	{ "door", "etc/stunnel/sallyport.conf", 0644, .wanted = stunnel, .write = out_stunnel },
	{ "door", "etc/haproxy/haproxy.cfg", 0644, .wanted = haproxy, .write = out_haproxy },
	{ "door", "etc/sallyport/authorized_keys", 0644, .wanted = ssh, .write = out_authorized_keys },
	{ "units", UNITS "sallyport-syncd.service", 0644, .wanted = ours, .write = out_unit_daemon },
	{ "units", UNITS "sallyport-syncd.socket", 0644, .wanted = ours_port, .write = out_unit_daemon_socket },
	{ "units", UNITS "sallyport-syncd-unix.socket", 0644, .wanted = ours_socket, .write = out_unit_daemon_unix_socket },
	{ "units", UNITS "rsync.service.d/50-sallyport.conf", 0644, .wanted = stock, .write = out_unit_rsync },
	{ "units", UNITS "sallyport-tunnel.service", 0644, .wanted = tunnel, .write = out_unit_tunnel },
	{ "units", UNITS "sallyport-tunnel.socket", 0644, .wanted = tunnel, .write = out_unit_door_socket },
	{ "units", UNITS "stunnel@sallyport.service.d/50-sallyport.conf", 0644, .wanted = stunnel, .write = out_unit_stunnel },
	{ "units", UNITS "sallyport-stunnel.socket", 0644, .wanted = stunnel, .write = out_unit_door_socket },
	{ "units", UNITS "haproxy.service.d/50-sallyport.conf", 0644, .wanted = haproxy, .write = out_unit_haproxy },
	{ "units", "etc/sysusers.d/sallyport.conf", 0644, .wanted = out_has_users, .write = out_sysusers },
	{ "units", "etc/tmpfiles.d/sallyport.conf", 0644, .wanted = all, .write = out_tmpfiles },
	{ "firewall", OUT_NFT, 0644, .wanted = nftables, .write = out_nft },
	{ "firewall", OUT_NFT_REMOVE, 0644, .wanted = nftables, .write = out_nft_removal },
	{ "firewall", OUT_RULES4, 0644, .wanted = iptables, .write = out_iptables },
	{ "firewall", OUT_RULES6, 0644, .wanted = iptables, .write = out_ip6tables },
	{ "firewall", OUT_IPTABLES, 0755, .wanted = iptables, .write = out_iptables_script },
	{ "firewall", OUT_IPTABLES_REMOVE, 0755, .wanted = iptables, .write = out_iptables_removal },
	{ "firewall", UNITS "sallyport-firewall.service", 0644, .wanted = out_has_firewall, .write = out_firewall_unit },
	{ "firewall", UNITS "nftables.service.d/50-sallyport.conf", 0644, .wanted = nftables, .write = out_nftables_dropin },
	{ "client", "client/hosts", 0644, .client = true, .wanted = address, .write = out_hosts },
	{ "client", "client/stunnel.conf", 0644, .client = true, .wanted = tls, .write = out_client },
	{ "client", "client/ssh_config", 0644, .client = true, .wanted = ssh, .write = out_ssh_config },
	{ "client", "client/sallyport-ssh.service", 0644, .client = true, .wanted = ssh, .write = out_unit_ssh },
};
const size_t outputs_n = ARRAY_LEN(outputs);

int
output_kind(const char *kind)
{
	for (size_t i = 0; i < outputs_n; i++)
		if (strcmp(outputs[i].kind, kind) == 0)
			return 1;
	return 0;
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
	if (m->daemon.privileged.v)
		return "/" OUT_SECRETS;
	return m->daemon.program.v == M_RSYNC ? "/run/credentials/rsync.service/" OUT_SECRETS_ID :
	    "/run/credentials/sallyport-syncd.service/" OUT_SECRETS_ID;
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
