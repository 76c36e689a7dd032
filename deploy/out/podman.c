#include "deploy/out/podman.h"

#include "deploy/out/pod.h"
#include "deploy/out/shared.h"

static void
put_part(const struct model *m, const struct pod_part *p, struct emit *o)
{
	const char *name = m->name.v, *caps = p->caps;
	char cap[32];

	if (p->secret_id != NULL)
		emit_line(o, "\tpodman secret create %s-%s %s", name, p->secret_id, p->secret);
	emit_line(o, "\tpodman create --pod %s --name %s-%s --restart=on-failure \\", name, name, p->name);
	emit_line(o, "\t    --user=%s:%s \\", p->user, p->user);
	if (p->group != NULL)
		emit_line(o, "\t    --group-add=%s \\", p->group);
	emit_line(o, "\t    --read-only --read-only-tmpfs=false --security-opt=no-new-privileges --cap-drop=all \\");
	while (pod_cap(&caps, cap) != NULL)
		emit_line(o, "\t    --cap-add=%s \\", cap);
	if (p->secret_id != NULL)
		emit_line(o, "\t    --secret=%s-%s,type=mount,target=" POD_SECRETS "/%s,uid=%s,gid=%s,mode=0400 \\", name, p->secret_id, p->secret_id,
		    p->user, p->user);
	if (p->tmp)
		emit_line(o, "\t    --tmpfs=/tmp:" POD_TMP " \\");
	emit_line(o, "\t    --volume=%s-run:/run/sallyport \\", name);
	for (size_t i = 0; i < p->n_mounts; i++)
		emit_line(o, "\t    --volume=%s:%s:%s \\", p->mounts[i].path, p->mounts[i].path, p->mounts[i].writes ? "rw" : "ro");
	emit_line(o, "\t    %s %s%s", m->containers.image.v, p->program, p->config);
}

static void
up(const struct model *m, struct emit *o)
{
	const char *name = m->name.v;

	emit_line(o, "up() {");
	emit_line(o, "\tdown");
	emit_line(o, "\t# of its own: no other container reaches the door's port past the firewall");
	emit_line(o, "\tpodman network create%s --disable-dns %s-net", pod_has_ipv6(m) ? " --ipv6" : "", name);
	emit_line(o, "\tpodman volume create --opt type=tmpfs --opt device=tmpfs --opt o=" POD_RUN " %s-run", pod_owner(m), name);
	emit_line(o, "\tpodman pod create --name %s --network %s-net \\", name, name);
	for (size_t i = 0; i < m->door.addresses.n; i++)
		emit_line(o, "\t    --publish=%s:" POD_PORT "%s", m->door.addresses.v[i].v, i + 1 < m->door.addresses.n ? " \\" : "");
	pod_parts(m, o, put_part);
	emit_line(o, "\tpodman pod start %s", name);
	emit_line(o, "}");
}

static void
down(const struct model *m, struct emit *o)
{
	const char *name = m->name.v;

	emit_line(o, "down() {");
	emit_line(o, "\tpodman pod exists %s && podman pod rm -f %s", name, name);
	emit_line(o, "\tfor secret in %s-" OUT_KEY_ID " %s-" OUT_SECRETS_ID "; do", name, name);
	emit_line(o, "\t\tpodman secret inspect $secret > /dev/null 2>&1 && podman secret rm $secret");
	emit_line(o, "\tdone");
	emit_line(o, "\tpodman volume exists %s-run && podman volume rm %s-run", name, name);
	emit_line(o, "\tpodman network exists %s-net && podman network rm %s-net", name, name);
	emit_line(o, "\ttrue");
	emit_line(o, "}");
}

void
out_podman(const struct model *m, struct emit *o)
{
	emit_line(o, "#!/bin/sh -e");
	out_heading(m, o, "a pod with daemon and door.");
	emit_line(o, "# pod.sh up makes it anew, pod.sh down takes it away; the files that are served stay where they are.");
	emit_line(o, "%s", "");
	down(m, o);
	emit_line(o, "%s", "");
	up(m, o);
	emit_line(o, "%s", "");
	emit_line(o, "case $1 in");
	emit_line(o, "up | down) $1 ;;");
	emit_line(o, "*) echo 'usage: pod.sh up|down' >&2; exit 2 ;;");
	emit_line(o, "esac");
}

void
out_podman_unit(const struct model *m, struct emit *o)
{
	out_heading(m, o, "makes the pod when the machine starts.");
	emit_line(o, "[Unit]");
	emit_line(o, "Description=Sallyport in a pod");
	emit_line(o, "Wants=network-online.target");
	emit_line(o, "After=network-online.target");
	emit_line(o, "%s", "");
	emit_line(o, "[Service]");
	emit_line(o, "Type=oneshot");
	emit_line(o, "RemainAfterExit=yes");
	emit_line(o, "ExecStart=/" OUT_POD_SCRIPT " up");
	emit_line(o, "ExecStop=/" OUT_POD_SCRIPT " down");
	emit_line(o, "%s", "");
	emit_line(o, "[Install]");
	emit_line(o, "WantedBy=multi-user.target");
}
