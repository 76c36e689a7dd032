#include "deploy/verify/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "deploy/verify/line.h"
#include "lib/err.h"
#include "lib/grow.h"

/* In the order of the numbers (linux/capability.h). */
static const char *const cap_names[] = { "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
	"setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module",
	"sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time",
	"sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm",
	"block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore" };

static int
add(struct kernel_sockets *l, const struct kernel_socket *s)
{
	if (!grow(&l->v, sizeof *l->v, l->n, &l->cap))
		return -ENOMEM;
	l->v[l->n++] = *s;
	return 0;
}

/* An address as the kernel prints it: words of 32 bits in the machine's own order. */
static void
address_of(const unsigned words[4], bool six, unsigned port, struct addr *ret)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	*ret = (struct addr){ .len = six ? sizeof in6 : sizeof in };
	memcpy(&in6.sin6_addr, words, sizeof in6.sin6_addr);
	in.sin_addr.s_addr = words[0];
	if (six)
		memcpy(&ret->ss, &in6, sizeof in6);	/* not addr_from: what is bound as ::ffff:1.2.3.4 stays so */
	else
		memcpy(&ret->ss, &in, sizeof in);
}

static bool
tcp_line(const char *line, bool six, struct kernel_socket *s)
{
	enum { LISTENING = 0x0a };
	unsigned w[4] = { 0, 0, 0, 0 }, port, state;

	if (six ? sscanf(line, " %*u: %8x%8x%8x%8x:%x %*[^:]:%*x %x %*s %*s %*s %*u %*u %" SCNu64, &w[0], &w[1], &w[2], &w[3], &port,
	    &state, &s->inode) != 7 : sscanf(line, " %*u: %8x:%x %*[^:]:%*x %x %*s %*s %*s %*u %*u %" SCNu64, &w[0], &port, &state,
	    &s->inode) != 4)
		return false;
	address_of(w, six, port, &s->address);
	return state == LISTENING;
}

int
kernel_tcp(const char *text, bool six, struct kernel_sockets *l)
{
	int r = 0;

	for (const char *line = text; *line != '\0' && r == 0; line = next_line(line)) {
		struct kernel_socket s = { .local = false };

		if (tcp_line(line, six, &s))
			r = add(l, &s);
	}
	return r;
}

int
kernel_unix(const char *text, struct kernel_sockets *l)
{
	enum { ACCEPTS = 0x10000 };
	int r = 0;

	for (const char *line = text; *line != '\0' && r == 0; line = next_line(line)) {
		struct kernel_socket s = { .local = true };
		unsigned flags;

		if (sscanf(line, "%*x: %*x %*x %x %*x %*x %" SCNu64 " %107[^\n]", &flags, &s.inode, s.path) == 3 && (flags & ACCEPTS) != 0)
			r = add(l, &s);
	}
	return r;
}

void
kernel_sockets_done(struct kernel_sockets *l)
{
	free(l->v);
	*l = (struct kernel_sockets)KERNEL_SOCKETS_INIT;
}

/* What stands behind "NAME:", or NULL. */
static const char *
field(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; *line != '\0'; line = next_line(line))
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1;
	return NULL;
}

static int
number(const char *text, const char *name)
{
	const char *value = field(text, name);

	return value == NULL ? -1 : (int)strtol(value, NULL, 10);
}

int
kernel_status(const char *text, struct kernel_status *ret)
{
	const char *uid = field(text, "Uid"), *eff = field(text, "CapEff"), *bnd = field(text, "CapBnd"), *amb = field(text, "CapAmb");

	if (uid == NULL || eff == NULL || bnd == NULL || sscanf(uid, " %*u %" SCNu32, &ret->uid) != 1)
		return E_FORMAT;
	ret->cap_eff = strtoull(eff, NULL, 16);
	ret->cap_bnd = strtoull(bnd, NULL, 16);
	ret->cap_amb = amb == NULL ? 0 : strtoull(amb, NULL, 16);
	ret->no_new_privs = number(text, "NoNewPrivs");
	ret->seccomp = number(text, "Seccomp");
	ret->filters = number(text, "Seccomp_filters");
	return 0;
}

/* The first component of a path that is a service's, a scope's or a socket's. */
static bool
unit_in(const char *path, char *dst, size_t size)
{
	static const char *const kinds[] = { ".service", ".scope", ".socket" };

	for (const char *p = path; *p == '/'; ) {
		size_t n = strcspn(p + 1, "/\n");

		for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
			size_t k = strlen(kinds[i]);

			if (n > k && n < size && strncmp(p + 1 + n - k, kinds[i], k) == 0) {
				snprintf(dst, size, "%.*s", (int)n, p + 1);
				return true;
			}
		}
		p += 1 + n;
	}
	return false;
}

void
kernel_unit(const char *text, char *dst, size_t size)
{
	dst[0] = '\0';
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		const char *kind = strchr(line, ':'), *path = kind == NULL ? NULL : strchr(kind + 1, ':');

		if (path != NULL && (strncmp(kind, "::", 2) == 0 || strncmp(kind, ":name=systemd:", 14) == 0) && unit_in(path + 1, dst, size))
			return;
	}
}

uint64_t
kernel_caps(const char *names)
{
	uint64_t caps = 0;

	for (const char *p = names; *p != '\0'; ) {
		size_t n = strcspn(p, " ");

		for (size_t i = 0; i < ARRAY_LEN(cap_names); i++)
			if (n > 4 && strncasecmp(p, "cap_", 4) == 0 && strlen(cap_names[i]) == n - 4 && strncasecmp(p + 4, cap_names[i], n - 4) == 0)
				caps |= UINT64_C(1) << i;
		p += n + strspn(p + n, " ");
	}
	return caps;
}

const char *
kernel_caps_text(uint64_t caps, char *dst, size_t size)
{
	size_t n = (size_t)snprintf(dst, size, "%s", caps == 0 ? "none" : "");

	for (unsigned i = 0; i < 64 && n < size; i++)
		if ((caps >> i & 1) != 0 && i < ARRAY_LEN(cap_names))
			n += (size_t)snprintf(dst + n, size - n, "%scap_%s", n == 0 ? "" : " ", cap_names[i]);
		else if ((caps >> i & 1) != 0)
			n += (size_t)snprintf(dst + n, size - n, "%s%u", n == 0 ? "" : " ", i);
	return dst;
}
