#include "deploy/out/compose.h"

#include "deploy/out/pod.h"
#include "deploy/out/shared.h"

/* Compose mounts the files of secrets as they are: copies, each its reader's alone. */
#define COPIES "/etc/sallyport/containers"

static void
put_copy(const struct model *m, const struct pod_part *p, struct emit *o)
{
	(void)m;
	if (p->secret_id != NULL)
		emit_line(o, "#   install -D -m 400 -o %s %s " COPIES "/%s", p->user, p->secret, p->secret_id);
}

static void
put_walls(const struct pod_part *p, struct emit *o)
{
	const char *caps = p->caps;
	char cap[32];

	emit_line(o, "    user: \"%s:%s\"", p->user, p->user);
	if (p->group != NULL)
		emit_line(o, "    group_add: [\"%s\"]", p->group);
	emit_line(o, "    read_only: true");
	emit_line(o, "    security_opt: [\"no-new-privileges:true\"]");
	emit_line(o, "    cap_drop: [\"ALL\"]");
	if (caps[0] != '\0')
		emit_line(o, "    cap_add:");
	while (pod_cap(&caps, cap) != NULL)
		emit_line(o, "      - \"%s\"", cap);
}

/* The daemon has no network at all. */
static void
put_network(const struct model *m, const struct pod_part *p, struct emit *o)
{
	if (!pod_is_door(p)) {
		emit_line(o, "    network_mode: \"none\"");
		return;
	}
	emit_line(o, "    depends_on: [\"syncd\"]");
	emit_line(o, "    networks: [\"door\"]");
	emit_line(o, "    ports:");
	for (size_t i = 0; i < m->door.addresses.n; i++)
		emit_line(o, "      - \"%s:" POD_PORT "\"", m->door.addresses.v[i].v);
}

static void
put_mounts(const struct pod_part *p, struct emit *o)
{
	if (p->tmp)
		emit_line(o, "    tmpfs: [\"/tmp:" POD_TMP "\"]");
	emit_line(o, "    volumes:");
	emit_line(o, "      - \"run:/run/sallyport\"");
	for (size_t i = 0; i < p->n_mounts; i++)
		emit_line(o, "      - \"%s:%s:%s\"", p->mounts[i].path, p->mounts[i].path, p->mounts[i].writes ? "rw" : "ro");
	if (p->secret_id != NULL)
		emit_line(o, "      - \"" COPIES "/%s:" POD_SECRETS "/%s:ro\"", p->secret_id, p->secret_id);
}

static void
put_part(const struct model *m, const struct pod_part *p, struct emit *o)
{
	emit_line(o, "  %s:", p->name);
	emit_line(o, "    image: \"%s\"", m->containers.image.v);
	emit_line(o, "    command: \"%s%s\"", p->program, p->config);
	emit_line(o, "    restart: \"unless-stopped\"");
	put_walls(p, o);
	put_network(m, p, o);
	put_mounts(p, o);
}

void
out_compose(const struct model *m, struct emit *o)
{
	out_heading(m, o, "daemon and door, for docker compose.");
	emit_line(o, "# Secrets are mounted as they are, so that each needs a copy that is its reader's alone (and a new key a new copy):");
	pod_parts(m, o, put_copy);
	emit_line(o, "#   docker compose -p %s -f /" OUT_COMPOSE " up -d", m->name.v);
	emit_line(o, "services:");
	pod_parts(m, o, put_part);
	emit_line(o, "volumes:");
	emit_line(o, "  run:");
	emit_line(o, "    driver_opts:");
	emit_line(o, "      type: \"tmpfs\"");
	emit_line(o, "      device: \"tmpfs\"");
	emit_line(o, "      o: \"" POD_RUN "\"", pod_owner(m));
	emit_line(o, "networks:");
	emit_line(o, "  door:");
	emit_line(o, "    driver: \"bridge\"");
	if (pod_has_ipv6(m))
		emit_line(o, "    enable_ipv6: true");
}
