#include "deploy/out/quadlet.h"

#include "deploy/out/pod.h"
#include "deploy/out/shared.h"

void
out_quadlet_pod(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the pod, sallyport-pod.service.");
	emit_line(o, "[Pod]");
	emit_line(o, "PodName=%s", m->name.v);
	emit_line(o, "Network=sallyport.network");
	for (size_t i = 0; i < m->door.addresses.n; i++)
		emit_line(o, "PublishPort=%s:" POD_PORT, m->door.addresses.v[i].v);
	emit_line(o, "%s", "");
	emit_line(o, "[Install]");
	emit_line(o, "WantedBy=multi-user.target");
}

void
out_quadlet_network(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the pod's network: no other container reaches the door's port past the firewall.");
	emit_line(o, "[Network]");
	emit_line(o, "NetworkName=%s-net", m->name.v);
	emit_line(o, "DisableDNS=true");
	if (pod_has_ipv6(m))
		emit_line(o, "IPv6=true");
}

void
out_quadlet_volume(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the directory of the daemon's socket, in memory.");
	emit_line(o, "[Volume]");
	emit_line(o, "VolumeName=%s-run", m->name.v);
	emit_line(o, "Type=tmpfs");
	emit_line(o, "Device=tmpfs");
	emit_line(o, "Options=" POD_RUN, pod_owner(m));
}

/* Secrets are made anew at each start, so that a new key takes a restart and no more. */
static void
put_secret(const struct model *m, const struct pod_part *p, struct emit *o)
{
	if (p->secret_id == NULL)
		return;
	emit_line(o, "ExecStartPre=-/usr/bin/podman secret rm %s-%s", m->name.v, p->secret_id);
	emit_line(o, "ExecStartPre=/usr/bin/podman secret create %s-%s %s", m->name.v, p->secret_id, p->secret);
}

static void
put_part(const struct model *m, const struct pod_part *p, struct emit *o)
{
	const char *caps = p->caps;
	char cap[32];

	emit_line(o, "[Container]");
	emit_line(o, "ContainerName=%s-%s", m->name.v, p->name);
	emit_line(o, "Pod=sallyport.pod");
	emit_line(o, "Image=%s", m->containers.image.v);
	emit_line(o, "Exec=%s%s", p->program, p->config);
	emit_line(o, "User=%s", p->user);
	emit_line(o, "Group=%s", p->user);
	if (p->group != NULL)
		emit_line(o, "PodmanArgs=--group-add=%s", p->group);
	emit_line(o, "ReadOnly=true");
	emit_line(o, "ReadOnlyTmpfs=false");
	emit_line(o, "NoNewPrivileges=true");
	emit_line(o, "DropCapability=all");
	while (pod_cap(&caps, cap) != NULL)
		emit_line(o, "AddCapability=%s", cap);
	if (p->secret_id != NULL)
		emit_line(o, "Secret=%s-%s,type=mount,target=" POD_SECRETS "/%s,uid=%s,gid=%s,mode=0400", m->name.v, p->secret_id, p->secret_id,
		    p->user, p->user);
	if (p->tmp)
		emit_line(o, "Tmpfs=/tmp:" POD_TMP);
	emit_line(o, "Volume=sallyport-run.volume:/run/sallyport");
	for (size_t i = 0; i < p->n_mounts; i++)
		emit_line(o, "Volume=%s:%s:%s", p->mounts[i].path, p->mounts[i].path, p->mounts[i].writes ? "rw" : "ro");
	emit_line(o, "%s", "");
	emit_line(o, "[Service]");
	put_secret(m, p, o);
	emit_line(o, "Restart=on-failure");
}

void
out_quadlet_daemon(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the daemon.");
	pod_one(m, o, pod_daemon, put_part);
}

void
out_quadlet_door(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the door.");
	pod_one(m, o, pod_door, put_part);
}
