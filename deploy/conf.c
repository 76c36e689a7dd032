#include "deploy/conf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/model/value.h"

/* rsyncd.conf(5) expands %NAME% and has no way to write it otherwise. */
static void
emit_path(struct emit *o, const char *name, const char *dir, const char *below)
{
	char text[PATH_MAX + 32];

	snprintf(text, sizeof text, "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", below);
	if (value_expands(text) && o->err == 0)
		o->err = E_FORMAT;
	emit_setting(o, name, text);
}

void
conf_syncd(const struct plan *p, struct emit *o)
{
	if (p->socket[0] != '\0') {	/* no other user of this machine reaches it; the log has the clients' addresses */
		emit_path(o, "socket", p->run_dir, "daemon");
		emit_setting(o, "socket mode", "0600");
		emit_number(o, "socket peers", geteuid());
		emit_setting(o, "socket proxy protocol", "yes");
		emit_setting(o, "reverse lookup", "no");
	} else {
		emit_setting(o, "address", "127.0.0.1");
		emit_number(o, "port", p->daemon_port);
	}
	if (p->calm)
		emit_setting(o, "log style", "json");
	emit_path(o, "pid file", p->run_dir, "syncd.pid");
	if (p->as_root && p->socket[0] != '\0') {	/* ours knows names in a jail, too; links need no other wall there */
		emit_setting(o, "use chroot", "yes");
		emit_setting(o, "numeric ids", "no");
	} else {
		emit_setting(o, "use chroot", "no");
	}
	emit_section(o, p->module);
	emit_path(o, "path", p->path, "");	/* the slash at its end is cut again, and keeps a blank or '\\' before it */
	emit_setting(o, "read only", p->writable ? "no" : "yes");
	if (p->as_root) {	/* nobody could not read every file, nor see its owner kept */
		emit_number(o, "uid", 0);
		emit_number(o, "gid", 0);
	}
}

void
conf_tunnel(const struct plan *p, struct emit *o)
{
	emit_setting(o, "foreground", "yes");
	emit_setting(o, "syslog", "no");
	emit_number(o, "debug", 6);	/* the ready message is at level 6 */
	emit_setting(o, "sslVersionMin", "TLSv1.2");
	emit_section(o, "serve");
	emit_line(o, "accept = %s%u", p->has_six ? ":::" : "", p->port);
	if (p->socket[0] != '\0') {
		emit_setting(o, "connect", p->socket);
		emit_setting(o, "protocol", "proxy");
		if (p->own_tunnel) {
			emit_number(o, "proxyVersion", 2);
			emit_setting(o, "proxyTLV", "yes");
		}
	} else {
		emit_line(o, "connect = 127.0.0.1:%u", p->daemon_port);
	}
	emit_setting(o, "cert", p->cert);
	emit_setting(o, "key", p->key);
	if (p->clients[0] != '\0') {	/* these very certificates, whatever else the CA has signed */
		emit_setting(o, "CAfile", p->clients);
		emit_setting(o, "verifyPeer", "yes");
	}
}
