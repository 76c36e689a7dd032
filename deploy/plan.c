#include "deploy/plan.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deploy/model/value.h"
#include "lib/addr.h"
#include "lib/ini.h"
#include "lib/sock.h"

int
plan_path(const char *dir, struct plan *p, struct conf_err *e)
{
	int fd;

	if (realpath(dir, p->path) == NULL)
		return conf_err_set(e, dir, 0, "%s", strerror(errno));
	if ((fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return conf_err_set(e, dir, 0, "%s", strerror(errno));
	close(fd);
	if (access(p->path, X_OK) < 0)
		return conf_err_set(e, dir, 0, "%s", strerror(errno));
	if (strpbrk(p->path, "\r\n") != NULL)
		return conf_err_set(e, NULL, 0, "a path with a line break in it cannot be served");
	if (value_expands(p->path))
		return conf_err_set(e, p->path, 0, "rsyncd.conf would expand %%NAME%% in this path; serve it by another name");
	return 0;
}

/* Letters, digits and a few marks: what a shell, a URL and both configurations leave alone. */
static int
plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '.' || c == '_' || c == '-' || c == '+';
}

/* Of one byte, or of two: U+0080 to U+009F, which terminals obey as well. */
static int
has_controls(const char *name)
{
	for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++)
		if (iscntrl(*c) || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return 1;
	return 0;
}

static const char *
module_fault(const char *name)
{
	size_t n = strlen(name);

	if (n == 0)
		return "is empty";
	if (n >= PLAN_MODULE_SIZE)
		return "is too long";
	if (strpbrk(name, "/]\\") != NULL)
		return "holds '/', ']' or '\\'";
	if (name[0] == '#' || name[0] == '-' || name[0] == '.')
		return "begins with '#', '-' or '.'";
	if (has_controls(name))
		return "holds a control character";
	if (name[0] == ' ' || name[n - 1] == ' ' || strstr(name, "  ") != NULL)
		return "has blanks at an end or two in a row";
	if (ini_same_name(INI_RSYNCD, name, "global"))
		return "is the word for the global part of rsyncd.conf";
	return NULL;
}

int
plan_module(const char *name, struct plan *p, struct conf_err *e)
{
	const char *fault = module_fault(name);

	if (fault != NULL)
		return conf_err_set(e, NULL, 0, "the module name %s", fault);
	strcpy(p->module, name);
	return 0;
}

/* The last component of path: where it begins, and its length without slashes after it. */
static size_t
last_component(const char *path, const char **ret)
{
	size_t n = strlen(path), begin;

	while (n > 0 && path[n - 1] == '/')
		n--;
	for (begin = n; begin > 0 && path[begin - 1] != '/';)
		begin--;
	*ret = path + begin;
	return n - begin;
}

void
plan_module_from_path(const char *dir, struct plan *p)
{
	const char *base;
	size_t len = last_component(dir, &base), n = 0;

	if (len == 0 || (base[0] == '.' && (len == 1 || (len == 2 && base[1] == '.'))))
		len = last_component(p->path, &base);
	for (; n < len && n < sizeof p->module - 1; n++)
		p->module[n] = plain(base[n]) ? base[n] : '_';
	p->module[n] = '\0';
	if (n > 0 && (p->module[0] == '-' || p->module[0] == '.'))
		p->module[0] = '_';
	if (module_fault(p->module) != NULL)	/* "/", or a folder called "global" */
		strcpy(p->module, "files");
}

/* A port nobody listens on: asked of the kernel when want is 0.  It is free now, not reserved:
 * whoever binds it next must look at its own result. */
static int
free_port(const char *at, uint16_t want, uint16_t *ret)
{
	struct addr a;
	int fd, r;

	if ((r = addr_parse(at, want, &a)) != 0 || (r = sock_listen(&a, 1, &fd)) != 0)
		return r;
	if ((r = sock_local(fd, &a)) == 0)
		*ret = addr_port(&a);
	close(fd);
	return r;
}

int
plan_ports(uint16_t port, struct plan *p, struct conf_err *e)
{
	int r;

	if ((r = free_port("0.0.0.0", port, &p->port)) != 0)
		return conf_err_set(e, NULL, 0, "port %u: %s", port, err_text(r));
	p->has_six = free_port("::1", 0, &p->daemon_port) == 0;
	if (p->has_six && (r = free_port("::", p->port, &p->port)) != 0)
		return conf_err_set(e, NULL, 0, "port %u: %s", p->port, err_text(r));
	if ((r = free_port("127.0.0.1", 0, &p->daemon_port)) != 0)
		return conf_err_set(e, NULL, 0, "127.0.0.1: %s", err_text(r));
	return 0;
}
