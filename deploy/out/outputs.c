#include "deploy/out/outputs.h"

#include <string.h>

#include "deploy/model/value.h"
#include "deploy/out/authority.h"
#include "deploy/out/client.h"
#include "deploy/out/cluster.h"
#include "deploy/out/compose.h"
#include "deploy/out/firewall.h"
#include "deploy/out/haproxy.h"
#include "deploy/out/image.h"
#include "deploy/out/podman.h"
#include "deploy/out/quadlet.h"
#include "deploy/out/rsyncd.h"
#include "deploy/out/shared.h"
#include "deploy/out/ssh.h"
#include "deploy/out/stunnel.h"
#include "deploy/out/units.h"
#include "lib/err.h"

static int
ours(const struct model *m)
{
	return model_has_daemon(m) && m->daemon.program.v == M_SALLYPORT && !model_in_cluster(m);
}

/* As a service of this machine. */
static int
ours_unit(const struct model *m)
{
	return ours(m) && !model_in_containers(m);
}

static int
stock(const struct model *m)
{
	return model_has_daemon(m) && m->daemon.program.v == M_RSYNC;
}

static int
ours_socket(const struct model *m)
{
	return ours_unit(m) && model_socket(m) != NULL;
}

static int
ours_port(const struct model *m)
{
	return ours_unit(m) && model_loopback(m) != NULL;
}

static int
groups(const struct model *m)
{
	return ours(m) && model_has_groups(m);
}

static int
users(const struct model *m)
{
	return m->users.n > 0;
}

static int
tunnel(const struct model *m)
{
	return m->door.kind.v == M_TUNNEL && !model_in_cluster(m);
}

static int
tunnel_unit(const struct model *m)
{
	return tunnel(m) && !model_in_containers(m);
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
here(const struct model *m)
{
	return !model_in_cluster(m);
}

static int
podman(const struct model *m)
{
	return m->containers.kind.v == M_PODMAN;
}

static int
quadlet(const struct model *m)
{
	return m->containers.kind.v == M_QUADLET;
}

static int
compose(const struct model *m)
{
	return m->containers.kind.v == M_COMPOSE;
}

static int
containers_here(const struct model *m)
{
	return model_in_containers(m) && here(m);
}

static int
nftables(const struct model *m)
{
	return m->firewall.kind.v == M_NFTABLES && out_has_firewall(m);
}

static int
iptables(const struct model *m)
{
	return m->firewall.kind.v == M_IPTABLES && out_has_firewall(m);
}

#define UNITS "etc/systemd/system/"
#define QUADLETS "etc/containers/systemd/"

const struct output outputs[] = {
	{ "daemon", "etc/sallyport/syncd.conf", 0644, .wanted = ours, .write = out_syncd },
	{ "daemon", "etc/sallyport/rsyncd.conf", 0644, .wanted = stock, .write = out_rsyncd },
	{ "daemon", OUT_GROUPS, 0644, .wanted = groups, .write = out_groups },
	{ "secrets", OUT_SECRETS, 0600, .secret = true, .wanted = users },
	{ "door", "etc/sallyport/tunnel.conf", 0644, .wanted = tunnel, .write = out_tunnel },
	{ "door", "etc/stunnel/sallyport.conf", 0644, .wanted = stunnel, .write = out_stunnel },
	{ "door", "etc/haproxy/haproxy.cfg", 0644, .wanted = haproxy, .write = out_haproxy },
	{ "door", "etc/sallyport/authorized_keys", 0644, .wanted = ssh, .write = out_authorized_keys },
	{ "units", UNITS "sallyport-syncd.service", 0644, .wanted = ours_unit, .write = out_unit_daemon },
	{ "units", UNITS "sallyport-syncd.socket", 0644, .wanted = ours_port, .write = out_unit_daemon_socket },
	{ "units", UNITS "sallyport-syncd-unix.socket", 0644, .wanted = ours_socket, .write = out_unit_daemon_unix_socket },
	{ "units", UNITS "rsync.service.d/50-sallyport.conf", 0644, .wanted = stock, .write = out_unit_rsync },
	{ "units", UNITS "sallyport-tunnel.service", 0644, .wanted = tunnel_unit, .write = out_unit_tunnel },
	{ "units", UNITS "sallyport-tunnel.socket", 0644, .wanted = tunnel_unit, .write = out_unit_door_socket },
	{ "units", UNITS "stunnel@sallyport.service.d/50-sallyport.conf", 0644, .wanted = stunnel, .write = out_unit_stunnel },
	{ "units", UNITS "sallyport-stunnel.socket", 0644, .wanted = stunnel, .write = out_unit_door_socket },
	{ "units", UNITS "haproxy.service.d/50-sallyport.conf", 0644, .wanted = haproxy, .write = out_unit_haproxy },
	{ "units", UNITS "sallyport-ca.service", 0644, .wanted = model_has_authority, .write = out_unit_authority },
	{ "units", UNITS "sallyport-ca.timer", 0644, .wanted = model_has_authority, .write = out_unit_authority_timer },
	{ "units", UNITS "sallyport-renew@.service", 0644, .wanted = model_renews, .write = out_unit_renewal },
	{ "units", UNITS "sallyport-renew.socket", 0644, .wanted = model_renews, .write = out_unit_renewal_socket },
	{ "units", "etc/sysusers.d/sallyport.conf", 0644, .wanted = out_has_users, .write = out_sysusers },
	{ "units", "etc/tmpfiles.d/sallyport.conf", 0644, .wanted = here, .write = out_tmpfiles },
	{ "firewall", OUT_NFT, 0644, .wanted = nftables, .write = out_nft },
	{ "firewall", OUT_NFT_REMOVE, 0644, .wanted = nftables, .write = out_nft_removal },
	{ "firewall", OUT_RULES4, 0644, .wanted = iptables, .write = out_iptables },
	{ "firewall", OUT_RULES6, 0644, .wanted = iptables, .write = out_ip6tables },
	{ "firewall", OUT_IPTABLES, 0755, .wanted = iptables, .write = out_iptables_script },
	{ "firewall", OUT_IPTABLES_REMOVE, 0755, .wanted = iptables, .write = out_iptables_removal },
	{ "firewall", UNITS "sallyport-firewall.service", 0644, .wanted = out_has_firewall, .write = out_firewall_unit },
	{ "firewall", UNITS "nftables.service.d/50-sallyport.conf", 0644, .wanted = nftables, .write = out_nftables_dropin },
	{ "containers", OUT_CONTAINERFILE, 0644, .wanted = containers_here, .write = out_image },
	{ "containers", OUT_POD_SCRIPT, 0755, .wanted = podman, .write = out_podman },
	{ "containers", UNITS "sallyport-pod.service", 0644, .wanted = podman, .write = out_podman_unit },
	{ "containers", QUADLETS "sallyport.pod", 0644, .wanted = quadlet, .write = out_quadlet_pod },
	{ "containers", QUADLETS "sallyport.network", 0644, .wanted = quadlet, .write = out_quadlet_network },
	{ "containers", QUADLETS "sallyport-run.volume", 0644, .wanted = quadlet, .write = out_quadlet_volume },
	{ "containers", QUADLETS "sallyport-syncd.container", 0644, .wanted = quadlet, .write = out_quadlet_daemon },
	{ "containers", QUADLETS "sallyport-tunnel.container", 0644, .wanted = quadlet, .write = out_quadlet_door },
	{ "containers", OUT_COMPOSE, 0644, .wanted = compose, .write = out_compose },
	{ "containers", "kubernetes/Containerfile", 0644, .client = true, .wanted = model_in_cluster, .write = out_image },
	{ "containers", "kubernetes/sallyport.yaml", 0644, .client = true, .wanted = model_in_cluster, .write = out_cluster },
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
