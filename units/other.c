/* Units that are no service of ours: firewall, a user's ssh, and the files for users and directories. */
#include <string.h>

#include "lib/err.h"
#include "units/harden.h"
#include "units/service.h"
#include "units/text.h"

static void
put_words(struct text *t, const char *head, const char *const *words, size_t n)
{
	text_raw(t, head);
	for (size_t i = 0; i < n; i++) {
		text_raw(t, " ");
		text_word(t, TEXT_COMMAND, words[i]);
	}
	text_raw(t, "\n");
}

static void
put_load(const struct unit_firewall *f, const char *name, struct text *t)
{
	const char *const iptables[] = { f->load, f->rules, f->rules6 }, *const nft[] = { f->rules };

	text_raw(t, name);
	if (f->load != NULL)
		put_words(t, "/bin/sh", iptables, ARRAY_LEN(iptables));
	else
		put_words(t, "/usr/sbin/nft -f", nft, ARRAY_LEN(nft));
}

int
unit_put_firewall(const struct unit_firewall *f, struct buf *out)
{
	struct text t = { out, 0 };

	if ((f->load == NULL) != (f->rules6 == NULL))
		return E_FORMAT;
	text_line(&t, "[Unit]\nDescription=Sallyport firewall\nDefaultDependencies=no\nAfter=local-fs.target");
	text_line(&t, "Before=network-pre.target shutdown.target\nWants=network-pre.target\nConflicts=shutdown.target");
	text_line(&t, "# /etc/nftables.conf begins with \"flush ruleset\": whenever that is loaded, ours is loaded behind it");
	text_line(&t, "After=nftables.service\nPartOf=nftables.service\nReloadPropagatedFrom=nftables.service");
	if (f->guards != NULL) {
		text_raw(&t, "Before=");
		text_word(&t, TEXT_PLAIN, f->guards);
		text_raw(&t, "\n");
	}
	text_line(&t, "\n[Service]\nType=oneshot\nRemainAfterExit=yes");
	put_load(f, "ExecStart=", &t);
	put_load(f, "ExecReload=", &t);
	put_words(&t, f->load != NULL ? "ExecStop=/bin/sh" : "ExecStop=/usr/sbin/nft -f", &f->remove, 1);
	text_line(&t, "NoNewPrivileges=yes\nProtectSystem=%s\nProtectHome=yes\nPrivateTmp=yes", f->load != NULL ? "full" : "strict");
	text_line(&t, "ProtectControlGroups=yes\nProtectClock=yes\nProtectHostname=yes\nProtectKernelLogs=yes\nLockPersonality=yes");
	text_line(&t, "MemoryDenyWriteExecute=yes\nRestrictRealtime=yes\nRestrictNamespaces=yes\nRestrictSUIDSGID=yes");
	text_line(&t, "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW\nRestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6");
	text_line(&t, "SystemCallArchitectures=native\nSystemCallErrorNumber=EPERM\nSystemCallFilter=@system-service");
	text_line(&t, "\n[Install]\nWantedBy=multi-user.target");
	if (f->guards != NULL) {
		text_raw(&t, "# no firewall, no door\nRequiredBy=");
		text_word(&t, TEXT_PLAIN, f->guards);
		text_raw(&t, "\n");
	}
	return t.err != 0 ? t.err : out->err;
}

int
unit_put_nftables_dropin(const struct unit_firewall *f, struct buf *out)
{
	struct text t = { out, 0 };

	if (f->load != NULL)
		return E_UNSUPPORTED;
	text_line(&t, "# A first start of this service flushes all tables, ours too, and would tell nobody.\n[Service]");
	put_load(f, "ExecStartPost=-", &t);
	put_load(f, "ExecReload=-", &t);
	return t.err != 0 ? t.err : out->err;
}

/* As root, whose the keys are, and with none of root's capabilities. */
int
unit_put_authority(const struct unit_authority *f, struct buf *out)
{
	const struct sandbox s = { .needs = NEEDS_ROOT | (f->reload != NULL ? NEEDS_PROGRAMS : 0), .reach = REACH_NOTHING, .caps = "",
	    .program = f->program };
	struct text t = { out, 0 };

	text_line(&t, "[Unit]\nDescription=Sallyport certificates and revocation list, renewed\nDocumentation=man:sallyport(1)");
	text_line(&t, "\n[Service]\nType=oneshot");
	text_raw(&t, "ExecStart=");
	text_word(&t, TEXT_COMMAND, f->program);
	text_raw(&t, " ca renew --due --dir ");
	text_word(&t, TEXT_COMMAND, f->dir);
	text_raw(&t, "\n");
	if (f->reload != NULL) {
		text_raw(&t, "ExecStartPost=/usr/bin/systemctl try-reload-or-restart ");
		text_word(&t, TEXT_PLAIN, f->reload);
		text_raw(&t, "\n");
	}
	harden_put(&s, &t);
	harden_put_paths(f->paths, f->n_paths, 0, &t);
	return t.err != 0 ? t.err : out->err;
}

int
unit_put_authority_timer(struct buf *out)
{
	struct text t = { out, 0 };

	text_line(&t, "[Unit]\nDescription=Sallyport certificates and revocation list, once a day");
	text_line(&t, "\n[Timer]\nOnCalendar=daily");
	text_because(&t, "a machine that was off does it at once when it is on again", "Persistent=yes");
	text_line(&t, "\n[Install]\nWantedBy=timers.target");
	return t.err != 0 ? t.err : out->err;
}

/* The same walls; it is given its connection, and little time. */
int
unit_put_renewal(const struct unit_authority *f, struct buf *out)
{
	const struct sandbox s = { .needs = NEEDS_ROOT, .reach = REACH_NOTHING, .caps = "", .program = f->program };
	struct text t = { out, 0 };

	text_line(&t, "[Unit]\nDescription=Sallyport, the next certificate of a client\nDocumentation=man:sallyport(1)");
	text_line(&t, "# those who ask are many, and may fail: none is kept in mind\nCollectMode=inactive-or-failed");
	text_line(&t, "\n[Service]\nStandardInput=socket\nStandardError=journal\nRuntimeMaxSec=60\nTasksMax=4");
	text_raw(&t, "ExecStart=");
	text_word(&t, TEXT_COMMAND, f->program);
	text_raw(&t, " ca respond --dir ");
	text_word(&t, TEXT_COMMAND, f->dir);
	text_raw(&t, "\n");
	harden_put(&s, &t);
	harden_put_paths(f->paths, f->n_paths, 0, &t);
	return t.err != 0 ? t.err : out->err;
}

int
unit_put_renewal_socket(const char *path, const char *group, struct buf *out)
{
	struct text t = { out, 0 };

	text_line(&t, "[Unit]\nDescription=Sallyport, next certificates of clients");
	text_raw(&t, "\n[Socket]\nListenStream=");
	text_word(&t, TEXT_PLAIN, path);
	text_raw(&t, "\nSocketUser=root\nSocketMode=0660\nSocketGroup=");
	text_word(&t, TEXT_PLAIN, group);
	text_raw(&t, "\n");
	text_because(&t, "a service for each connection, a few at a time", "Accept=yes\nMaxConnections=8\nRemoveOnStop=yes");
	text_line(&t, "\n[Install]\nWantedBy=sockets.target");
	return t.err != 0 ? t.err : out->err;
}

int
unit_put_ssh(const struct unit_ssh *f, struct buf *out)
{
	const struct sandbox s = { .needs = NEEDS_MANAGER | NEEDS_HOME, .reach = REACH_CLIENTS, .caps = "" };
	struct text t = { out, 0 };

	text_line(&t, "[Unit]\nDescription=Forwarding to the rsync daemon of a machine, by ssh\nDocumentation=man:ssh(1)");
	text_line(&t, "# tried for ever: of the network a user's manager knows nothing\nStartLimitIntervalSec=0");
	text_line(&t, "\n[Service]\nType=exec\nRestart=always\nRestartSec=5");
	text_raw(&t, "ExecStart=/usr/bin/ssh -N -T -o BatchMode=yes -o ExitOnForwardFailure=yes -o StrictHostKeyChecking=yes"
	    " -o ControlPath=none -o ServerAliveInterval=30 -o ServerAliveCountMax=3 ");
	if (f->local != NULL) {
		text_raw(&t, "-L ");
		text_word(&t, TEXT_PLAIN, f->local);
		text_raw(&t, ":");
		text_word(&t, TEXT_PLAIN, f->remote);
		text_raw(&t, " ");
	}
	text_word(&t, TEXT_PLAIN, f->host);
	text_raw(&t, "\n");
	text_because(&t, "keys and known hosts are read, and nothing is written", "ProtectHome=read-only");
	harden_put(&s, &t);
	harden_put_paths(f->paths, f->n_paths, 0, &t);
	text_line(&t, "\n[Install]\nWantedBy=default.target");
	return t.err != 0 ? t.err : out->err;
}

int
unit_put_sysusers(const struct unit_user *v, size_t n, struct buf *out)
{
	struct text t = { out, 0 };

	for (size_t i = 0; i < n; i++) {
		if (text_check(TEXT_PLAIN, v[i].name) != 0 || text_check(TEXT_PLAIN, v[i].group) != 0 ||
		    text_check(TEXT_WORD, v[i].comment) != 0 || strpbrk(v[i].comment, "\"\\%") != NULL)
			return E_FORMAT;
		text_line(&t, "u %s - \"%s\" - -", v[i].name, v[i].comment);
	}
	for (size_t i = 0; i < n; i++)
		if (v[i].group != NULL)
			text_line(&t, "m %s %s", v[i].name, v[i].group);
	return t.err != 0 ? t.err : out->err;
}

int
unit_put_tmpfiles(const struct unit_file *v, size_t n, struct buf *out)
{
	struct text t = { out, 0 };

	for (size_t i = 0; i < n; i++) {
		if (strchr("dfz", v[i].type) == NULL || v[i].path[0] != '/' || v[i].mode > 07777 ||
		    text_check(TEXT_PLAIN, v[i].user) != 0 || text_check(TEXT_PLAIN, v[i].group) != 0)
			return E_FORMAT;
		buf_printf(out, "%c ", v[i].type);
		text_word(&t, TEXT_WORD, v[i].path);
		text_line(&t, " %04o %s %s -", v[i].mode, v[i].user, v[i].group);
	}
	return t.err != 0 ? t.err : out->err;
}
