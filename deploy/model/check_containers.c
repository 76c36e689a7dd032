/* The rules across keys where daemon and door are in containers. */
#include <string.h>

#include "deploy/model/check.h"
#include "deploy/model/value.h"
#include "lib/err.h"

/* The image holds our two programs, and they meet at a socket that both containers see. */
static void
containers_have_our_programs(const struct model *m, struct faults *l)
{
	const struct m_texts *v = &m->daemon.listen;

	if (!model_in_containers(m))
		return;
	if (!model_has_daemon(m))
		fault_add(l, m->backends.v[0].at, "the daemon is in a container beside the door; take the back ends out");
	if (m->daemon.program.v != M_SALLYPORT)
		fault_add(l, m->daemon.program.at, "the image has sallyport-syncd; have daemon.program = \"sallyport\"");
	if (m->door.kind.v != M_TUNNEL)
		fault_add(l, m->door.kind.at, "the image has sallyport-tunnel; have door.kind = \"tunnel\"");
	if (m->daemon.binary.v != NULL || m->door.binary.v != NULL)
		fault_add(l, m->daemon.binary.v != NULL ? m->daemon.binary.at : m->door.binary.at,
		    "the image has its programs where packages put them; take this out");
	if (m->daemon.listen.n != 1 || !check_is_below("/run/sallyport", v->v[0].v))
		fault_add(l, check_at(m, v->at, m->daemon.at), "daemon and door meet in /run/sallyport, which both containers "
		    "see; have daemon.listen = [ \"/run/sallyport/syncd.sock\" ]");
}

/* A path that is mounted: no runtime reads more of it than its characters, and nothing of the image is under it. */
static void
can_be_mounted(const struct m_text *path, struct faults *l)
{
	static const char *const image[] = { "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr" };

	if (path->v == NULL)
		return;
	if (value_path(path->v) != NULL || strchr(path->v, ':') != NULL)
		fault_add(l, path->at, "%s cannot be mounted into a container; use letters, digits and . _ + @ -", path->v);
	for (size_t i = 0; i < ARRAY_LEN(image); i++)
		if (check_is_below(image[i], path->v))
			fault_add(l, path->at, "%s would hide what the image has in %s; serve it from /srv", path->v, image[i]);
}

/* Users and groups that the image has, as Debian's has them. */
static int
is_in_image(const char *account)
{
	static const char *const known[] = { "root", "daemon", "mail", "www-data", "backup", "nobody", "nogroup" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i], account) == 0)
			return 1;
	return account[strspn(account, "0123456789")] == '\0';
}

static void
modules_fit_containers(const struct model *m, struct faults *l)
{
	for (size_t i = 0; model_in_containers(m) && i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];
		const struct m_text *names[] = { &o->user, &o->group };

		can_be_mounted(&o->path, l);
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (names[k]->v != NULL && !is_in_image(names[k]->v))
				fault_add(l, names[k]->at, "the image knows no \"%s\"; write its number", names[k]->v);
	}
}

/* The image has no programs but ours, and the pod nobody to ask. */
static void
containers_ask_nobody(const struct model *m, struct faults *l)
{
	if (model_in_containers(m) && m->daemon.reverse_lookup.v)
		fault_add(l, m->daemon.reverse_lookup.at, "a container asks no name servers; take this out");
	for (size_t i = 0; model_in_containers(m) && i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];
		const struct m_text *hooks[] = { &o->early_exec, &o->pre_xfer_exec, &o->post_xfer_exec };

		for (size_t k = 0; k < ARRAY_LEN(hooks); k++)
			if (hooks[k]->v != NULL)
				fault_add(l, hooks[k]->at, "the image has no programs of yours; take this out");
	}
}

/* The root of a container is read-only, and its own word goes to the runtime. */
static void
containers_keep_no_logs(const struct model *m, struct faults *l)
{
	const struct m_text *logs[] = { &m->daemon.log, &m->door.log };

	for (size_t i = 0; model_in_containers(m) && i < ARRAY_LEN(logs); i++)
		if (logs[i]->v != NULL && logs[i]->v[0] == '/')
			fault_add(l, logs[i]->at, "a container keeps no files, and what it says is its runtime's to keep; take "
			    "\"journal\"");
}

/* Of what the door reads, the directory is mounted, so that a renewed file is seen. */
static void
door_files_can_be_mounted(const struct model *m, struct faults *l)
{
	const struct m_text *files[] = { &m->door.cert, &m->door.ca, &m->door.crl };

	for (size_t i = 0; model_in_containers(m) && !model_in_cluster(m) && i < ARRAY_LEN(files); i++) {
		const char *v = files[i]->v;

		if (v != NULL && (strchr(v, ':') != NULL || strrchr(v, '/') == strchr(v + 1, '/') || strchr(v + 1, '/') == NULL))
			fault_add(l, files[i]->at, "the directory of %s is mounted into the door's container; move the file to "
			    "one of its own, such as /etc/sallyport/tls", v);
	}
}

/* A file of this machine that the daemon's unit or container shows to it. */
static void
motd_can_be_shown(const struct model *m, struct faults *l)
{
	const char *v = m->daemon.motd.v;

	if (v != NULL && strchr(v, ':') != NULL)
		fault_add(l, m->daemon.motd.at, "%s has a colon, at which units and containers end a path; choose another name", v);
}

/* The daemon's file is in an object, which is YAML. */
static void
cluster_can_spell(const struct model *m, struct faults *l)
{
	for (size_t i = 0; model_in_cluster(m) && i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];

		if (o->comment.v != NULL && !value_is_unicode(o->comment.v))
			fault_add(l, o->comment.at, "YAML can hold UTF-8 only, and some characters not; word the comment otherwise");
		for (size_t k = 0; k < o->exclude.n; k++)
			if (!value_is_unicode(o->exclude.v[k].v))
				fault_add(l, o->exclude.v[k].at, "YAML can hold UTF-8 only, and some characters not; write ? for each such byte");
	}
}

static void
cluster_has_claims(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];

		if (model_in_cluster(m) && o->claim.v == NULL)
			fault_add(l, o->at, "modules.claim is missing: which PersistentVolumeClaim holds the files?");
		if (!model_in_cluster(m) && o->claim.v != NULL)
			fault_add(l, o->claim.at, "claims are Kubernetes'; take this out, or have containers.kind = \"kubernetes\"");
		if (m->containers.replicas.v > 1 && o->access.v != M_READ && !m->containers.shared.v)
			fault_add(l, o->access.at, "%d pods would write the claim of this module; have containers.replicas = 1, or "
			    "access = \"read\", or containers.shared = true where the claim is ReadWriteMany",
			    (int)m->containers.replicas.v);
	}
}

/* A name of an object, and files that are nowhere in a cluster. */
static void
cluster_fits(const struct model *m, struct faults *l)
{
	const struct m_containers *c = &m->containers;
	const char *fault = m->name.v == NULL ? NULL : value_label(m->name.v);

	if (!model_in_cluster(m)) {
		if (c->replicas.v > 1 || c->shared.at.line != 0)
			fault_add(l, c->replicas.v > 1 ? c->replicas.at : c->shared.at,
			    "pods are counted and claims are shared in a cluster only; take this out, or have containers.kind = "
			    "\"kubernetes\"");
		return;
	}
	if (fault != NULL)
		fault_add(l, m->name.at, "\"%s\" %s", m->name.v, fault);
	if (m->daemon.motd.v != NULL)
		fault_add(l, m->daemon.motd.at, "%s is a file of this machine, and the cluster has it not; take this out",
		    m->daemon.motd.v);
}

static void (*const rules[])(const struct model *m, struct faults *l) = {
	containers_have_our_programs, modules_fit_containers, containers_ask_nobody, containers_keep_no_logs, door_files_can_be_mounted,
	motd_can_be_shown, cluster_can_spell, cluster_has_claims, cluster_fits,
};

void
check_containers(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rules[i](m, l);
}
