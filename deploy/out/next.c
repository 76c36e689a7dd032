#include "deploy/out/next.h"

#include <stdio.h>
#include <string.h>

#include "deploy/out/shared.h"
#include "deploy/out/units.h"

/* Words with blanks between them. */
struct words {
	char text[400];
};

static void
add(struct words *w, const char *word)
{
	size_t n = strlen(w->text);

	snprintf(w->text + n, sizeof w->text - n, "%s%s", n > 0 ? " " : "", word);
}

/* What listens, as the daemon's unit files have it. */
static void
add_daemon(const struct model *m, struct words *started, struct words *running)
{
	if (!model_has_daemon(m))
		return;
	if (m->daemon.program.v == M_RSYNC) {
		add(started, "rsync.service");
		add(running, "rsync.service");
		return;
	}
	if (model_loopback(m) != NULL)
		add(started, "sallyport-syncd.socket");
	if (model_socket(m) != NULL)
		add(started, "sallyport-syncd-unix.socket");
	add(running, "sallyport-syncd.service");
}

/* A socket is started before the services that are restarted: no client is turned away in between. */
static void
units(const struct model *m, int update, struct emit *o)
{
	struct words started = { "" }, running = { "" };

	if (out_has_firewall(m))
		add(&started, "sallyport-firewall.service");
	add_daemon(m, &started, &running);
	if (out_door_guarded(m) != NULL)
		add(&started, out_door_guarded(m));
	if (out_door_service(m) != NULL)
		add(&running, out_door_service(m));
	if (model_has_authority(m))
		add(&started, "sallyport-ca.timer");
	if (model_renews(m))
		add(&started, "sallyport-renew.socket");
	emit_line(o, "systemctl enable --now %s", started.text);
	if (update && out_has_firewall(m))
		emit_line(o, "systemctl reload sallyport-firewall.service");
	if (update || m->door.kind.v == M_HAPROXY)	/* which its package started */
		emit_line(o, "systemctl try-restart %s", running.text);
	if (m->door.kind.v == M_SSH)
		emit_line(o, "# in sshd_config: Match User %s, and there AuthorizedKeysFile /etc/sallyport/authorized_keys; then systemctl "
		    "reload ssh", m->ssh.user.v);
}

static void
pod(const struct model *m, int update, struct emit *o)
{
	const char *verb = update ? "restart" : "start";

	emit_line(o, "# the image: /" OUT_CONTAINERFILE " says how it is made");
	if (out_has_firewall(m))
		emit_line(o, "systemctl enable --now sallyport-firewall.service");
	if (update && out_has_firewall(m))
		emit_line(o, "systemctl reload sallyport-firewall.service");
	if (model_has_authority(m))
		emit_line(o, "systemctl enable --now sallyport-ca.timer");
	if (m->containers.kind.v == M_COMPOSE)
		emit_line(o, "# copies of secrets, and the start: /" OUT_COMPOSE " says how");
	else if (m->containers.kind.v == M_QUADLET)
		emit_line(o, "systemctl %s sallyport-pod.service", verb);
	else
		emit_line(o, "systemctl enable sallyport-pod.service && systemctl %s sallyport-pod.service", verb);
}

void
out_next(const struct model *m, int update, struct emit *o)
{
	if (model_in_cluster(m)) {
		emit_line(o, "# nothing runs on this machine: sallyport generate writes kubernetes/sallyport.yaml, which says what comes before "
		    "kubectl apply");
		return;
	}
	emit_line(o, "systemctl daemon-reload%s && systemd-tmpfiles --create", out_has_users(m) ? " && systemd-sysusers" : "");
	if (model_in_containers(m))
		pod(m, update, o);
	else
		units(m, update, o);
}
