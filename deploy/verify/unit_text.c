#include "deploy/verify/unit_text.h"

#include <stdlib.h>
#include <string.h>

#include "deploy/verify/kernel.h"
#include "deploy/verify/line.h"
#include "lib/err.h"

enum { VALUE_SIZE = 8192 };

/* Two values of one directive: as it was generated, as it is shown. */
typedef bool same_fn(const char *wanted, const char *shown);

/* The value of "NAME=value" if the line is that; its length in n. */
static const char *
assigned(const char *line, const char *name, size_t *n)
{
	size_t k = strlen(name);

	if (strncmp(line, name, k) != 0 || line[k] != '=')
		return NULL;
	*n = strcspn(line + k + 1, "\n");
	return line + k + 1;
}

/* Is the word (n bytes) one of those in list, which are separated by blanks? */
static bool
has_word(const char *list, const char *word, size_t n)
{
	for (const char *p = list; *p != '\0'; ) {
		size_t k = strcspn(p, " ");

		if (k == n && strncmp(p, word, n) == 0)
			return true;
		p += k + strspn(p + k, " ");
	}
	return false;
}

static bool
all_in(const char *words, const char *list)
{
	for (const char *p = words; *p != '\0'; ) {
		size_t k = strcspn(p, " ");

		if (k > 0 && !has_word(list, p, k))
			return false;
		p += k + strspn(p + k, " ");
	}
	return true;
}

static bool
same_text(const char *wanted, const char *shown)
{
	return strcmp(wanted, shown) == 0;
}

static bool
same_words(const char *wanted, const char *shown)
{
	return all_in(wanted, shown) && all_in(shown, wanted);
}

static bool
same_caps(const char *wanted, const char *shown)
{
	return kernel_caps(wanted) == kernel_caps(shown);
}

static bool
same_seconds(const char *wanted, const char *shown)
{
	size_t n = strlen(wanted);

	return strncmp(wanted, shown, n) == 0 && strcmp(shown + n, "s") == 0;
}

static bool
same_errno(const char *wanted, const char *shown)
{
	return strcmp(wanted, "EPERM") == 0 && strcmp(shown, "1") == 0;
}

/* "any" and "localhost" are shown as networks. */
static bool
same_networks(const char *wanted, const char *shown)
{
	static const char *const names[][2] = { { "any", "0.0.0.0/0 ::/0" }, { "localhost", "127.0.0.0/8 ::1/128" } };
	char spelled[VALUE_SIZE] = "";
	size_t at = 0;

	for (const char *p = wanted; *p != '\0' && at < sizeof spelled; ) {
		size_t k = strcspn(p, " ");
		const char *word = p;
		int n = (int)k;

		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (strlen(names[i][0]) == k && strncmp(p, names[i][0], k) == 0) {
				word = names[i][1];
				n = (int)strlen(word);
			}
		at += (size_t)snprintf(spelled + at, sizeof spelled - at, "%s%.*s", at == 0 ? "" : " ", n, word);
		p += k + strspn(p + k, " ");
	}
	return same_words(spelled, shown);
}

/* "argv[]=/usr/bin/x y ; ignore_errors=..." */
static bool
same_command(const char *wanted, const char *shown)
{
	const char *argv = strstr(shown, "argv[]="), *end = argv == NULL ? NULL : strstr(argv, " ; ");

	return end != NULL && (size_t)(end - argv) - 7 == strlen(wanted) && strncmp(argv + 7, wanted, strlen(wanted)) == 0 &&
	    strstr(end, "argv[]=") == NULL;
}

/* Groups are shown as the calls that this version has in them: a list of what is allowed, without what no wall of ours has. */
static bool
same_calls(const char *wanted, const char *shown)
{
	static const char *const never[] = { "ptrace", "mount", "kexec_load", "bpf", "reboot", "swapon", "pivot_root",
		"iopl", "init_module" };

	if (shown[0] == '\0' || shown[0] == '~')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (has_word(shown, never[i], strlen(never[i])) && !has_word(wanted, never[i], strlen(never[i])))
			return false;
	return has_word(shown, "chroot", 6) == has_word(wanted, "chroot", 6);
}

/* "0.0.0.0:874 (Stream) [::]:874 (Stream)" */
static bool
same_listeners(const char *wanted, const char *shown)
{
	char list[VALUE_SIZE];

	snprintf(list, sizeof list, "(Stream) %s", wanted);
	return same_words(list, shown);
}

static const struct directive {
	const char *name;
	const char *property;	/* NULL: of the same name */
	same_fn *same;
	bool list;		/* assignments add up */
} directives[] = {
	{ "Type", NULL, same_text, false }, { "User", NULL, same_text, false }, { "Group", NULL, same_text, false },
	{ "ExecStart", NULL, same_command, false }, { "ExecReload", NULL, same_command, false },
	{ "WatchdogSec", "WatchdogUSec", same_seconds, false }, { "OOMPolicy", NULL, same_text, false },
	{ "LimitNOFILE", NULL, same_text, false }, { "LimitCORE", NULL, same_text, false }, { "TasksMax", NULL, same_text, false },
	{ "Restart", NULL, same_text, false }, { "UMask", NULL, same_text, false },
	{ "NoNewPrivileges", NULL, same_text, false }, { "ProtectSystem", NULL, same_text, false },
	{ "ProtectHome", NULL, same_text, false }, { "PrivateTmp", NULL, same_text, false }, { "PrivateDevices", NULL, same_text, false },
	{ "DevicePolicy", NULL, same_text, false }, { "PrivateUsers", NULL, same_text, false }, { "PrivateMounts", NULL, same_text, false },
	{ "PrivateNetwork", NULL, same_text, false }, { "ProtectKernelTunables", NULL, same_text, false },
	{ "ProtectKernelModules", NULL, same_text, false }, { "ProtectKernelLogs", NULL, same_text, false },
	{ "ProtectControlGroups", NULL, same_text, false }, { "ProtectClock", NULL, same_text, false },
	{ "ProtectHostname", NULL, same_text, false }, { "ProtectProc", NULL, same_text, false }, { "ProcSubset", NULL, same_text, false },
	{ "LockPersonality", NULL, same_text, false }, { "MemoryDenyWriteExecute", NULL, same_text, false },
	{ "RestrictRealtime", NULL, same_text, false }, { "RestrictNamespaces", NULL, same_text, false },
	{ "RestrictSUIDSGID", NULL, same_text, false }, { "RemoveIPC", NULL, same_text, false }, { "KeyringMode", NULL, same_text, false },
	{ "SystemCallArchitectures", NULL, same_text, false }, { "SystemCallErrorNumber", NULL, same_errno, false },
	{ "SystemCallFilter", NULL, same_calls, true }, { "CapabilityBoundingSet", NULL, same_caps, true },
	{ "AmbientCapabilities", NULL, same_caps, true }, { "RestrictAddressFamilies", NULL, same_words, true },
	{ "IPAddressDeny", NULL, same_networks, true }, { "IPAddressAllow", NULL, same_networks, true },
	{ "ReadWritePaths", NULL, same_words, true }, { "ExecPaths", NULL, same_words, true }, { "NoExecPaths", NULL, same_words, true },
	{ "ListenStream", "Listen", same_listeners, true }, { "SocketMode", NULL, same_text, false },
	{ "SocketUser", NULL, same_text, false }, { "SocketGroup", NULL, same_text, false }, { "BindIPv6Only", NULL, same_text, false },
};

static bool
is_list(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(directives); i++)
		if (strcmp(directives[i].name, name) == 0)
			return directives[i].list;
	return false;
}

bool
unit_value(const char *text, const char *directive, char *dst, size_t size)
{
	bool list = is_list(directive), found = false;
	size_t at = 0, n;

	dst[0] = '\0';
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		const char *value = assigned(line, directive, &n);

		if (value == NULL)
			continue;
		found = true;
		at = !list || n == 0 ? 0 : at;
		at += (size_t)snprintf(dst + at, size - at, "%s%.*s", at > 0 ? " " : "", (int)n, value);
		at = at < size ? at : size - 1;
	}
	return found;
}

const char *
unit_block(const char *shown, const char *unit)
{
	const char *start = shown;
	size_t n;

	for (const char *line = shown; *line != '\0'; line = next_line(line)) {
		const char *id = assigned(line, "Id", &n);

		if (*line == '\n')
			start = line + 1;
		if (id != NULL && n == strlen(unit) && strncmp(id, unit, n) == 0)
			return start;
	}
	return NULL;
}

bool
unit_shown(const char *block, const char *property, char *dst, size_t size)
{
	bool found = false;
	size_t at = 0, n;

	dst[0] = '\0';
	for (const char *line = block; *line != '\0' && *line != '\n'; line = next_line(line)) {
		const char *value = assigned(line, property, &n);

		if (value == NULL)
			continue;
		at += (size_t)snprintf(dst + at, size - at, "%s%.*s", found ? " " : "", (int)n, value);
		at = at < size ? at : size - 1;
		found = true;
	}
	return found;
}

const char *
unit_properties(char *dst, size_t size)
{
	size_t n = (size_t)snprintf(dst, size, "Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,DropInPaths,NeedDaemonReload,NRestarts");

	for (size_t i = 0; i < ARRAY_LEN(directives) && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, ",%s", directives[i].property != NULL ? directives[i].property : directives[i].name);
	return dst;
}

static bool
is_active(const char *block)
{
	char state[64];

	return unit_shown(block, "ActiveState", state, sizeof state) && strcmp(state, "active") == 0;
}

void
unit_judge(struct points *l, const char *unit, const char *name, const char *text, const char *block)
{
	char wanted[VALUE_SIZE], shown[VALUE_SIZE], id[96];

	for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
		const struct directive *d = &directives[i];

		if (!unit_value(text, d->name, wanted, sizeof wanted))
			continue;
		unit_shown(block, d->property != NULL ? d->property : d->name, shown, sizeof shown);
		if (d->same == same_seconds && strcmp(shown, "infinity") == 0 && !is_active(block))
			continue;	/* is shown of what runs alone */
		snprintf(id, sizeof id, "unit.%s.%s", name, d->name);
		point_add(l, d->same(wanted, shown), id, unit, shown[0] == '\0' ? "nothing" : shown, wanted,
		    "remove what changes it (systemctl cat shows it), then systemctl daemon-reload and restart");
	}
}

/* Drop-ins that are not ours, from a list of paths. */
static bool
foreign_dropins(const char *paths, const char *own, char *dst, size_t size)
{
	size_t at = 0;

	dst[0] = '\0';
	for (const char *p = paths; *p != '\0' && at < size; ) {
		size_t k = strcspn(p, " ");

		if (strlen(own) != k || strncmp(p, own, k) != 0)
			at += (size_t)snprintf(dst + at, size - at, "%s%.*s", at > 0 ? " " : "", (int)k, p);
		p += k + strspn(p + k, " ");
	}
	return at > 0;
}

void
unit_judge_state(struct points *l, const char *unit, const char *name, const char *block, const char *own, bool enabled)
{
	char id[96], value[VALUE_SIZE], others[VALUE_SIZE], fragment[512];
	bool has_own;

	unit_shown(block, "ActiveState", value, sizeof value);
	snprintf(id, sizeof id, "unit.%s.state", name);
	if (!enabled && strcmp(value, "inactive") == 0)
		point_skip(l, id, unit, "it starts with the first client");
	else
		point_add(l, strcmp(value, "active") == 0, id, unit, value, "active", "systemctl start it; journalctl -u says why it is not");
	unit_shown(block, "DropInPaths", value, sizeof value);
	has_own = own[0] == '\0' || has_word(value, own, strlen(own));
	snprintf(id, sizeof id, "unit.%s.dropins", name);
	point_add(l, !foreign_dropins(value, own, others, sizeof others) && has_own, id, unit, others[0] != '\0' ? others : value[0] != '\0' ?
	    value : "none", own[0] != '\0' ? own : "none", "remove them, or say so in the deployment file; systemctl daemon-reload");
	unit_shown(block, "FragmentPath", fragment, sizeof fragment);
	if (own[0] == '\0') {
		snprintf(value, sizeof value, "/etc/systemd/system/%s", unit);
		snprintf(id, sizeof id, "unit.%s.file", name);
		point_add(l, strcmp(fragment, value) == 0, id, unit, fragment[0] == '\0' ? "none" : fragment, value, "systemctl daemon-reload");
	}
	unit_shown(block, "NeedDaemonReload", value, sizeof value);
	snprintf(id, sizeof id, "unit.%s.reload", name);
	point_add(l, strcmp(value, "no") == 0, id, unit, strcmp(value, "no") == 0 ? "its files are loaded" : "its files have changed since",
	    "what is on disk is in force", "systemctl daemon-reload, and restart the unit");
	unit_shown(block, "UnitFileState", value, sizeof value);
	snprintf(id, sizeof id, "unit.%s.enabled", name);
	if (enabled)
		point_add(l, strncmp(value, "enabled", 7) == 0, id, unit, value[0] == '\0' ? "nothing" : value, "enabled", "systemctl enable it");
}

int
unit_exposure(const char *text)
{
	const char *p = strstr(text, "Overall exposure level for "), *colon = p == NULL ? NULL : strstr(p, ": ");
	int whole, tenths;

	return colon != NULL && sscanf(colon, ": %d.%d", &whole, &tenths) == 2 ? whole * 10 + tenths : -1;
}
