#include "units/harden.h"

#include <string.h>

#include "lib/err.h"

/* systemd's own groups, and what the roles' walls are made with.  systemd 252 counts Landlock among no group and has no
 * @sandbox yet; libseccomp probes for seccomp(2) before it writes a filter. */
const char *const calls_of_service[] = { "@system-service", NULL };
const char *const calls_of_walls[] = { "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", NULL };
const char *const calls_of_root[] = { "chroot", NULL };		/* setuid and its kin are in @system-service */
const char *const calls_of_dropping[] = { "capset", NULL };
const char *const calls_never[] = { "@keyring", "@memlock", "userfaultfd", NULL };
const char *const calls_of_limits[] = { "@resources", NULL };	/* prlimit64, which the roles' limits take, is in @default */
const char *const calls_of_privilege[] = { "@privileged", NULL };

/* Left out where the unit needs one of `needs`. */
static const struct row {
	unsigned needs;
	const char *why, *line;
} rows[] = {
	{ 0, NULL, "NoNewPrivileges=yes" },
	{ 0, "everything is read-only, but for what ReadWritePaths= names", "ProtectSystem=strict" },
	{ NEEDS_HOME, NULL, "ProtectHome=yes" },
	{ NEEDS_TMP, NULL, "PrivateTmp=yes" },
	{ NEEDS_DEVICES, NULL, "PrivateDevices=yes" },
	{ NEEDS_DEVICES, NULL, "DevicePolicy=closed" },
	{ NEEDS_ROOT, "the users of this machine do not exist for it, and its capabilities end here", "PrivateUsers=yes" },
	{ 0, NULL, "PrivateMounts=yes" },
	{ 0, NULL, "ProtectKernelTunables=yes" },
	{ 0, NULL, "ProtectKernelModules=yes" },
	{ NEEDS_MANAGER, NULL, "ProtectKernelLogs=yes" },
	{ 0, NULL, "ProtectControlGroups=yes" },
	{ 0, NULL, "ProtectClock=yes" },
	{ 0, NULL, "ProtectHostname=yes" },
	{ NEEDS_PROC, "of /proc its own processes and nothing else", "ProtectProc=invisible" },
	{ NEEDS_PROC, NULL, "ProcSubset=pid" },
	{ 0, NULL, "LockPersonality=yes" },
	{ 0, NULL, "MemoryDenyWriteExecute=yes" },
	{ 0, NULL, "RestrictRealtime=yes" },
	{ 0, NULL, "RestrictNamespaces=yes" },
	{ NEEDS_OPENAT2, NULL, "RestrictSUIDSGID=yes" },
	{ NEEDS_MANAGER, NULL, "RemoveIPC=yes" },
	{ NEEDS_MANAGER, NULL, "KeyringMode=private" },
	{ 0, NULL, "SystemCallArchitectures=native" },
	{ 0, "what is received without a mode of its own is its owner's alone", "UMask=0077" },
	{ 0, "what was in memory is not left on a disk", "LimitCORE=0" },
};

static void
put_calls(const char *sign, const char *const *words, struct text *t)
{
	text_raw(t, sign);
	for (; *words != NULL; words++) {
		text_raw(t, *words);
		text_raw(t, words[1] == NULL ? "\n" : " ");
	}
}

static void
put_filter(const struct sandbox *s, struct text *t)
{
	text_line(t, "# A call outside fails: a program that is killed for one could not say which.");
	text_line(t, "SystemCallErrorNumber=EPERM");
	put_calls("SystemCallFilter=", calls_of_service, t);
	put_calls("SystemCallFilter=~", calls_never, t);
	if (!s->schedules)
		put_calls("SystemCallFilter=~", calls_of_limits, t);
	if ((s->needs & NEEDS_ROOT) == 0)
		put_calls("SystemCallFilter=~", calls_of_privilege, t);
	if ((s->needs & NEEDS_MANAGER) != 0)
		return;
	text_line(t, "# for the walls that the program builds itself, which no group of systemd 252 holds");
	put_calls("SystemCallFilter=", calls_of_walls, t);
	if ((s->needs & NEEDS_ROOT) != 0)
		put_calls("SystemCallFilter=", calls_of_root, t);
	else if (s->binds_low && s->drops)
		put_calls("SystemCallFilter=", calls_of_dropping, t);
}

static void
put_network(const struct sandbox *s, struct text *t)
{
	switch (s->reach) {
	case REACH_NOTHING:
		text_because(t, "a listening socket that is passed works without a network of one's own", "PrivateNetwork=yes");
		text_because(t, "connections that are passed are no matter of these; sockets of its own are",
		    "RestrictAddressFamilies=AF_UNIX");
		text_line(t, "IPAddressDeny=any");
		break;
	case REACH_THIS_MACHINE:
		text_line(t, "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6");
		text_line(t, "IPAddressDeny=any");
		text_because(t, "what it opens itself; connections that are passed are filtered in the socket's unit",
		    "IPAddressAllow=localhost");
		break;
	case REACH_CLIENTS:
	case REACH_OUTWARD:
		text_line(t, "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6%s", s->reach == REACH_OUTWARD ? " AF_NETLINK" : "");
		break;
	}
	if (s->port != 0 && s->reach != REACH_NOTHING) {
		text_line(t, "SocketBindAllow=tcp:%u", s->port);
		text_line(t, "SocketBindDeny=any");
	}
}

static void
put_capabilities(const struct sandbox *s, struct text *t)
{
	text_line(t, "# emptied first: what is named in several files is added up");
	text_line(t, "CapabilityBoundingSet=");
	if (s->caps[0] != '\0' || s->binds_low)
		text_line(t, "CapabilityBoundingSet=%s%s%s", s->caps, s->caps[0] != '\0' && s->binds_low ? " " : "",
		    s->binds_low ? "CAP_NET_BIND_SERVICE" : "");
	text_line(t, "AmbientCapabilities=");
	if (s->binds_low && (s->needs & NEEDS_ROOT) == 0)
		text_line(t, "AmbientCapabilities=CAP_NET_BIND_SERVICE");
}

static void
put_programs(const struct sandbox *s, struct text *t)
{
	if ((s->needs & NEEDS_PROGRAMS) != 0 || s->program == NULL)
		return;
	text_line(t, "# nothing can be executed but the program itself, and what sends the signal of a reload");
	text_line(t, "NoExecPaths=/");
	text_raw(t, "ExecPaths=");
	text_word(t, TEXT_WORD, s->program);
	text_raw(t, " -/usr/bin/kill -/usr/lib -/usr/lib64 -/lib -/lib64\n");
}

void
harden_put(const struct sandbox *s, struct text *t)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* a user of the machine who may bind a low port may do so in the machine's namespace alone */
		int users = strcmp(rows[i].line, "PrivateUsers=yes") == 0 && s->binds_low;

		if ((rows[i].needs & s->needs) == 0 && !users)
			text_because(t, rows[i].why, rows[i].line);
	}
	if ((s->needs & NEEDS_OPENAT2) != 0)
		text_line(t, "# no RestrictSUIDSGID=: it takes openat2 away, by which the program keeps paths inside of a module");
	put_capabilities(s, t);
	put_network(s, t);
	put_filter(s, t);
	put_programs(s, t);
}

static int
below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

int
harden_hides(const char *path)
{
	static const char *const hidden[] = { "/home", "/root", "/run/user", "/tmp", "/var/tmp" };

	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (below(path, hidden[i]))
			return 1;
	return 0;
}

/* One directive for those that are written to or not, and need binding or not. */
static void
put_some(const char *name, const struct unit_path *paths, size_t n, int view, int bound, int writes, struct text *t)
{
	const char *before = name;

	for (size_t i = 0; i < n; i++) {
		if (paths[i].writes != writes || (view || harden_hides(paths[i].path)) != bound)
			continue;
		text_raw(t, before);
		text_raw(t, "-");	/* a disk that is not there closes its modules, not the service */
		text_word(t, TEXT_WORD, paths[i].path);
		before = " ";
	}
	if (before != name)
		text_raw(t, "\n");
}

void
harden_put_paths(const struct unit_path *paths, size_t n, int view, struct text *t)
{
	for (size_t i = 0; i < n; i++)
		if (paths[i].path[0] != '/' || strchr(paths[i].path, ':') != NULL)	/* which would end the name in BindPaths= */
			t->err = t->err == 0 ? E_FORMAT : t->err;
	if (view)
		text_because(t, "of the places where data is kept it sees what is bound into them",
		    "TemporaryFileSystem=/srv:ro /var:ro /mnt:ro /media:ro /opt:ro");
	put_some("BindPaths=", paths, n, view, 1, 1, t);
	put_some("BindReadOnlyPaths=", paths, n, view, 1, 0, t);
	put_some("ReadWritePaths=", paths, n, view, 0, 1, t);
}
