#include "deploy/out/cluster.h"

#include <stdio.h>
#include <string.h>

#include "deploy/out/pod.h"
#include "deploy/out/rsyncd.h"
#include "deploy/out/shared.h"
#include "deploy/out/stunnel.h"

static int
writes(const struct model *m)
{
	for (size_t i = 0; i < m->modules.n; i++)
		if (m->modules.v[i].access.v != M_READ)
			return 1;
	return 0;
}

static int
has_authority(const struct model *m)
{
	return m->door.client_certs.v != M_CERTS_NONE;
}

/* --- what the administrator makes --------------------------------------------------------- */

/* A pod that reads everything as root takes a capability that only the level without walls allows. */
static const char *
level(const struct model *m)
{
	struct pod_part p;
	const char *ret = "baseline";

	if (!m->daemon.privileged.v)
		return "restricted";
	if (pod_daemon(m, &p) == 0 && strstr(p.caps, "CAP_DAC_READ_SEARCH") != NULL)
		ret = "privileged";
	pod_part_done(&p);
	return ret;
}

static void
heading(const struct model *m, struct emit *o)
{
	const char *name = m->name.v;

	out_heading(m, o, "daemon and door in one pod, for kubectl apply.");
	emit_line(o, "# It keeps Pod Security's level \"%s\".  First, in its namespace, beside the claims:", level(m));
	emit_line(o, "#   kubectl create secret tls %s-tls --cert=%s --key=%s", name, m->door.cert.v, m->door.key.v);
	if (has_authority(m))
		emit_line(o, "#   kubectl create secret generic %s-clients --from-file=ca.crt=%s%s%s", name, m->door.ca.v,
		    m->door.crl.v != NULL ? " --from-file=ca.crl=" : "", m->door.crl.v != NULL ? m->door.crl.v : "");
	if (m->users.n > 0)
		emit_line(o, "#   kubectl create secret generic %s-logins --from-file=" OUT_SECRETS, name);
}

/* --- parts that several objects have --------------------------------------------------------- */

static void
object(const struct model *m, struct emit *o, const char *api, const char *kind, const char *suffix)
{
	emit_line(o, "---");
	emit_line(o, "apiVersion: \"%s\"", api);
	emit_line(o, "kind: \"%s\"", kind);
	emit_line(o, "metadata:");
	emit_line(o, "  name: \"%s%s\"", m->name.v, suffix);
	emit_line(o, "  labels: {\"app.kubernetes.io/name\": \"sallyport\", \"app.kubernetes.io/instance\": \"%s\"}", m->name.v);
}

static void
selector(const struct model *m, struct emit *o, const char *before)
{
	emit_line(o, "%s{\"app.kubernetes.io/name\": \"sallyport\", \"app.kubernetes.io/instance\": \"%s\"}", before, m->name.v);
}

/* A configuration's text as a block of its own. */
static void
text(const struct model *m, struct emit *o, const char *file, void (*write)(const struct model *m, struct emit *o))
{
	struct emit own = EMIT_INIT;
	const char *line, *end;

	write(m, &own);
	out_failed(o, own.err);
	emit_line(o, "  %s: |", file);
	line = own.err == 0 ? buf_cstr(&own.text) : NULL;
	for (; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1)
		emit_line(o, "%s%.*s", end == line ? "" : "    ", (int)(end - line), line);
	emit_done(&own);
}

static void
config(const struct model *m, struct emit *o)
{
	object(m, o, "v1", "ConfigMap", "-conf");
	emit_line(o, "data:");
	text(m, o, "syncd.conf", out_syncd);
	if (model_has_groups(m))
		text(m, o, "syncd.groups", out_groups);
	text(m, o, "tunnel.conf", out_tunnel);
}

/* --- the pod ----------------------------------------------------------------------------------- */

static void
put_security(const struct pod_part *p, struct emit *o)
{
	const char *caps = p->caps;
	char cap[32];

	emit_line(o, "          securityContext:");
	emit_line(o, "            runAsUser: %s", p->user);
	emit_line(o, "            runAsGroup: %s", p->user);
	emit_line(o, "            runAsNonRoot: %s", strcmp(p->user, "0") == 0 ? "false" : "true");
	emit_line(o, "            allowPrivilegeEscalation: false");
	emit_line(o, "            readOnlyRootFilesystem: true");
	emit_line(o, "            capabilities:");
	emit_line(o, "              drop: [\"ALL\"]");
	if (caps[0] != '\0')
		emit_line(o, "              add:");
	while (pod_cap(&caps, cap) != NULL)
		emit_line(o, "                - \"%s\"", cap);
}

static void
put_mount(struct emit *o, const char *name, const char *path, const char *sub, int writes_it)
{
	emit_line(o, "            - {name: \"%s\", mountPath: \"%s\"%s%s%s%s}", name, path, sub != NULL ? ", subPath: \"" : "",
	    sub != NULL ? sub : "", sub != NULL ? "\"" : "", writes_it ? "" : ", readOnly: true");
}

static void
put_daemon_mounts(const struct model *m, struct emit *o)
{
	char claim[32];

	put_mount(o, "conf", "/etc/sallyport/syncd.conf", "syncd.conf", 0);
	if (model_has_groups(m))
		put_mount(o, "conf", "/" OUT_GROUPS, "syncd.groups", 0);
	if (m->users.n > 0)
		put_mount(o, "logins", POD_SECRETS "/" OUT_SECRETS_ID, OUT_SECRETS_ID, 0);
	for (size_t i = 0; i < m->modules.n; i++) {
		snprintf(claim, sizeof claim, "module-%zu", i + 1);
		put_mount(o, claim, m->modules.v[i].path.v, NULL, m->modules.v[i].access.v != M_READ);
	}
}

/* The door is ready when its port is open, the daemon when its socket is there. */
static void
put_door_rest(struct emit *o)
{
	put_mount(o, "conf", "/etc/sallyport/tunnel.conf", "tunnel.conf", 0);
	put_mount(o, "tls", POD_TLS, NULL, 0);
	emit_line(o, "          ports: [{name: \"rsyncs\", containerPort: " POD_PORT ", protocol: \"TCP\"}]");
	emit_line(o, "          readinessProbe: {tcpSocket: {port: \"rsyncs\"}, periodSeconds: 10}");
	emit_line(o, "          livenessProbe: {tcpSocket: {port: \"rsyncs\"}, periodSeconds: 30, failureThreshold: 3}");
}

static void
put_daemon_rest(const struct model *m, struct emit *o)
{
	put_daemon_mounts(m, o);
	emit_line(o, "          readinessProbe: {exec: {command: [\"test\", \"-S\", \"%s\"]}, periodSeconds: 10}", model_socket(m));
}

static void
put_part(const struct model *m, const struct pod_part *p, struct emit *o)
{
	const char *program = p->program;

	emit_line(o, "        - name: \"%s\"", p->name);
	emit_line(o, "          image: \"%s\"", m->containers.image.v);
	emit_line(o, "          command:");
	for (size_t n; (n = strcspn(program, " ")), program[n] != '\0'; program += n + 1)
		emit_line(o, "            - \"%.*s\"", (int)n, program);
	emit_line(o, "            - \"%s%s\"", program, p->config);
	put_security(p, o);
	emit_line(o, "          resources: {requests: {cpu: \"100m\", memory: \"64Mi\"}}");
	emit_line(o, "          volumeMounts:");
	put_mount(o, "run", "/run/sallyport", NULL, 1);
	if (p->tmp)
		put_mount(o, "tmp", "/tmp", NULL, 1);
	if (pod_is_door(p))
		put_door_rest(o);
	else
		put_daemon_rest(m, o);
}

static void
put_secret_volumes(const struct model *m, struct emit *o)
{
	const char *name = m->name.v;

	emit_line(o, "        - name: \"tls\"");
	emit_line(o, "          projected:");
	emit_line(o, "            defaultMode: 0440");
	emit_line(o, "            sources:");
	emit_line(o, "              - secret: {name: \"%s-tls\"}", name);
	if (has_authority(m))
		emit_line(o, "              - secret: {name: \"%s-clients\"}", name);
	if (m->users.n > 0)
		emit_line(o, "        - {name: \"logins\", secret: {secretName: \"%s-logins\", defaultMode: 0440}}", name);
}

static void
put_volumes(const struct model *m, struct emit *o)
{
	emit_line(o, "      volumes:");
	emit_line(o, "        # where the two meet: no port of the daemon's is on any network");
	emit_line(o, "        - {name: \"run\", emptyDir: {medium: \"Memory\", sizeLimit: \"1Mi\"}}");
	if (m->daemon.privileged.v)
		emit_line(o, "        - {name: \"tmp\", emptyDir: {medium: \"Memory\", sizeLimit: \"64Ki\"}}");
	emit_line(o, "        - {name: \"conf\", configMap: {name: \"%s-conf\"}}", m->name.v);
	put_secret_volumes(m, o);
	for (size_t i = 0; i < m->modules.n; i++)
		emit_line(o, "        - {name: \"module-%zu\", persistentVolumeClaim: {claimName: \"%s\"%s}}", i + 1,
		    m->modules.v[i].claim.v, m->modules.v[i].access.v == M_READ ? ", readOnly: true" : "");
}

static void
put_pod(const struct model *m, struct emit *o)
{
	emit_line(o, "    spec:");
	emit_line(o, "      automountServiceAccountToken: false");
	emit_line(o, "      enableServiceLinks: false");
	emit_line(o, "      terminationGracePeriodSeconds: 60");
	emit_line(o, "      securityContext:");
	emit_line(o, "        seccompProfile: {type: \"RuntimeDefault\"}");
	emit_line(o, "        # the door's group: the socket is given to it, and secrets are readable by it");
	emit_line(o, "        fsGroup: " POD_DOOR_ID);
	emit_line(o, "        fsGroupChangePolicy: \"OnRootMismatch\"");
	emit_line(o, "      containers:");
	pod_parts(m, o, put_part);
	put_volumes(m, o);
}

/* Files that one pod writes are never two pods', not for the length of an update either. */
static void
deployment(const struct model *m, struct emit *o)
{
	object(m, o, "apps/v1", "Deployment", "");
	emit_line(o, "spec:");
	emit_line(o, "  replicas: %d", (int)m->containers.replicas.v);
	emit_line(o, "  strategy: {type: \"%s\"}", writes(m) && !m->containers.shared.v ? "Recreate" : "RollingUpdate");
	emit_line(o, "  selector:");
	selector(m, o, "    matchLabels: ");
	emit_line(o, "  template:");
	emit_line(o, "    metadata:");
	selector(m, o, "      labels: ");
	put_pod(m, o);
}

/* --- who may come -------------------------------------------------------------------------------- */

static void
service(const struct model *m, struct emit *o)
{
	object(m, o, "v1", "Service", "");
	emit_line(o, "spec:");
	emit_line(o, "  type: \"LoadBalancer\"");
	emit_line(o, "  # the pod sees clients' own addresses");
	emit_line(o, "  externalTrafficPolicy: \"Local\"");
	selector(m, o, "  selector: ");
	emit_line(o, "  ports: [{name: \"rsyncs\", port: %d, targetPort: \"rsyncs\", protocol: \"TCP\"}]", (int)out_door_port(m));
	if (m->firewall.clients.n > 0)
		emit_line(o, "  loadBalancerSourceRanges:");
	for (size_t i = 0; i < m->firewall.clients.n; i++)
		emit_line(o, "    - \"%s\"", m->firewall.clients.v[i].v);
}

static void
policy(const struct model *m, struct emit *o)
{
	object(m, o, "networking.k8s.io/v1", "NetworkPolicy", "");
	emit_line(o, "spec:");
	emit_line(o, "  podSelector:");
	selector(m, o, "    matchLabels: ");
	emit_line(o, "  policyTypes: [\"Ingress\", \"Egress\"]");
	emit_line(o, "  # nothing goes out");
	emit_line(o, "  egress: []");
	emit_line(o, "  ingress:");
	emit_line(o, "    - ports: [{protocol: \"TCP\", port: " POD_PORT "}]");
	if (m->firewall.clients.n > 0)
		emit_line(o, "      from:");
	for (size_t i = 0; i < m->firewall.clients.n; i++)
		emit_line(o, "        - ipBlock: {cidr: \"%s\"}", m->firewall.clients.v[i].v);
}

void
out_cluster(const struct model *m, struct emit *o)
{
	heading(m, o);
	config(m, o);
	deployment(m, o);
	service(m, o);
	policy(m, o);
}
