#include "deploy/out/outputs.h"

#include <string.h>

#include "deploy/model/value.h"
#include "deploy/out/client.h"
#include "deploy/out/firewall.h"
#include "deploy/out/haproxy.h"
#include "deploy/out/rsyncd.h"
#include "deploy/out/ssh.h"
#include "deploy/out/stunnel.h"
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

/* sshd's port is the machine's: rules for it would lock out its administrator. */
static int
nft(const struct model *m)
{
	return m->firewall.kind.v == M_NFTABLES && tls(m);
}

static int
iptables(const struct model *m)
{
	return m->firewall.kind.v == M_IPTABLES && tls(m);
}

static int
address(const struct model *m)
{
	return m->client.address.v != NULL && value_address(m->host.v) != NULL;	/* the host has a name */
}

const struct output outputs[] = {
	{ "daemon", "etc/sallyport/syncd.conf", 0644, .wanted = ours, .write = out_syncd },
	{ "daemon", "etc/sallyport/rsyncd.conf", 0644, .wanted = stock, .write = out_rsyncd },
	{ "secrets", OUT_SECRETS, 0600, .secret = true, .wanted = users },
	{ "door", "etc/sallyport/tunnel.conf", 0644, .wanted = tunnel, .write = out_tunnel },
	{ "door", "etc/stunnel/sallyport.conf", 0644, .wanted = stunnel, .write = out_stunnel },
	{ "door", "etc/haproxy/haproxy.cfg", 0644, .wanted = haproxy, .write = out_haproxy },
	{ "door", "etc/sallyport/authorized_keys", 0644, .wanted = ssh, .write = out_authorized_keys },
	{ "firewall", "etc/sallyport/firewall.nft", 0644, .wanted = nft, .write = out_nft },
	{ "firewall", "etc/sallyport/firewall-remove.nft", 0644, .wanted = nft, .write = out_nft_removal },
	{ "firewall", "etc/sallyport/firewall.rules4", 0644, .wanted = iptables, .write = out_iptables4 },
	{ "firewall", "etc/sallyport/firewall.rules6", 0644, .wanted = iptables, .write = out_iptables6 },
	{ "firewall", "etc/sallyport/firewall.sh", 0755, .wanted = iptables, .write = out_iptables_script },
	{ "firewall", "etc/sallyport/firewall-remove.sh", 0755, .wanted = iptables, .write = out_iptables_removal },
	{ "client", "client/hosts", 0644, .client = true, .wanted = address, .write = out_hosts },
	{ "client", "client/stunnel.conf", 0644, .client = true, .wanted = tls, .write = out_client },
	{ "client", "client/ssh_config", 0644, .client = true, .wanted = ssh, .write = out_ssh_config },
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
	return m->daemon.privileged.v ? "/" OUT_SECRETS : "/run/credentials/sallyport-syncd.service/syncd.secrets";
}

void
out_heading(const struct model *m, struct emit *o, const char *what)
{
	emit_line(o, "# %s: %s", m->name.v, what);
	emit_line(o, "# Written by sallyport; change the deployment file and install again.");
}
