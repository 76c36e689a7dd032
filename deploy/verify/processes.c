#include "deploy/verify/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deploy/verify/names.h"
#include "deploy/verify/unit_text.h"
#include "lib/err.h"
#include "lib/grow.h"
#include "lib/slurp.h"

enum { PROC_TEXT_MAX = 8 << 20 };

/* --- reading ------------------------------------------------------------------------------------- */

/* A file of /proc below dir as text, or NULL; text is the caller's to end. */
static const char *
proc_text(int dir, const char *path, struct buf *text)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return NULL;
	r = slurp_fd(fd, PROC_TEXT_MAX, text);
	close(fd);
	return r == 0 ? buf_cstr(text) : NULL;
}

static bool
is_listening(const struct kernel_sockets *l, uint64_t inode)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].inode == inode)
			return true;
	return false;
}

static void
hold(struct processes *l, uint64_t inode, size_t process)
{
	if (!is_listening(&l->sockets, inode))
		return;
	if (grow(&l->holders, sizeof *l->holders, l->n_holders, &l->cap_holders))
		l->holders[l->n_holders++] = (struct holder){ inode, process };
	else
		l->error = -ENOMEM;
}

static void
read_descriptors(struct processes *l, int dir, size_t process)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	char link[64];

	while (d != NULL && (e = readdir(d)) != NULL) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof link - 1);
		uint64_t inode;

		link[n < 0 ? 0 : n] = '\0';
		if (sscanf(link, "socket:[%" SCNu64 "]", &inode) == 1)
			hold(l, inode, process);
	}
	if (d != NULL)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

/* False when it is gone by now. */
static bool
read_one(int dir, struct process *p)
{
	struct buf status = BUF_INIT, group = BUF_INIT;
	const char *text = proc_text(dir, "status", &status), *of = proc_text(dir, "cgroup", &group);
	bool there = text != NULL && of != NULL && kernel_status(text, &p->status) == 0;
	ssize_t n = readlinkat(dir, "exe", p->exe, sizeof p->exe - 1);

	p->exe[n < 0 ? 0 : n] = '\0';
	if (there)
		kernel_unit(of, p->unit, sizeof p->unit);
	buf_done(&status);
	buf_done(&group);
	return there;
}

static void
read_process(struct processes *l, int proc, const char *name)
{
	int dir = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct process p = { .pid = (pid_t)strtol(name, NULL, 10) };

	if (dir < 0)
		return;
	if (read_one(dir, &p)) {
		if (grow(&l->v, sizeof *l->v, l->n, &l->cap)) {
			l->v[l->n++] = p;
			read_descriptors(l, dir, l->n - 1);
		} else {
			l->error = -ENOMEM;
		}
	}
	close(dir);
}

static int
read_sockets(int proc, struct kernel_sockets *l)
{
	struct buf tcp = BUF_INIT, tcp6 = BUF_INIT, local = BUF_INIT;
	const char *text;
	int r = 0;

	if ((text = proc_text(proc, "net/tcp", &tcp)) == NULL || (r = kernel_tcp(text, false, l)) != 0)
		r = r != 0 ? r : -EIO;
	if (r == 0 && (text = proc_text(proc, "net/tcp6", &tcp6)) != NULL)	/* not there without IPv6 */
		r = kernel_tcp(text, true, l);
	if (r == 0 && ((text = proc_text(proc, "net/unix", &local)) == NULL || (r = kernel_unix(text, l)) != 0))
		r = r != 0 ? r : -EIO;
	buf_done(&tcp);
	buf_done(&tcp6);
	buf_done(&local);
	return r;
}

void
processes_read(struct processes *ret)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = proc < 0 ? NULL : opendir("/proc");
	const struct dirent *e;

	*ret = (struct processes){ .error = proc < 0 || d == NULL ? -errno : 0 };
	if (ret->error == 0)
		ret->error = read_sockets(proc, &ret->sockets);
	while (ret->error == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[strspn(e->d_name, "0123456789")] == '\0')
			read_process(ret, proc, e->d_name);
	if (d != NULL)
		closedir(d);
	if (proc >= 0)
		close(proc);
}

void
processes_done(struct processes *l)
{
	free(l->v);
	free(l->holders);
	kernel_sockets_done(&l->sockets);
	*l = (struct processes){ .error = 0 };
}

/* --- judging ------------------------------------------------------------------------------------- */

struct promise {
	uint64_t caps;
	bool bounded, no_new_privs, filtered, never_root;
	const char *program;	/* as it is after links; "": unknown */
	int filters;	/* of the service manager itself, in a container */
};

/* Each says what is wrong with a process, into dst, or returns false. */
static bool
caps_fault(const struct process *p, const struct promise *w, char *dst, size_t size)
{
	uint64_t more = (p->status.cap_bnd | p->status.cap_eff | p->status.cap_amb) & ~w->caps;
	char names[256];

	if (!w->bounded || more == 0)
		return false;
	snprintf(dst, size, "process %d could have %s", (int)p->pid, kernel_caps_text(more, names, sizeof names));
	return true;
}

static bool
privs_fault(const struct process *p, const struct promise *w, char *dst, size_t size)
{
	snprintf(dst, size, "process %d has NoNewPrivs %d", (int)p->pid, p->status.no_new_privs);
	return w->no_new_privs && p->status.no_new_privs != 1;
}

static bool
filter_fault(const struct process *p, const struct promise *w, char *dst, size_t size)
{
	snprintf(dst, size, "process %d has Seccomp %d, with %d filters", (int)p->pid, p->status.seccomp, p->status.filters);
	return w->filtered && (p->status.seccomp != 2 || (p->status.filters >= 0 && p->status.filters <= w->filters));
}

static bool
user_fault(const struct process *p, const struct promise *w, char *dst, size_t size)
{
	snprintf(dst, size, "process %d is root", (int)p->pid);
	return w->never_root && p->status.uid == 0;
}

static bool
program_fault(const struct process *p, const struct promise *w, char *dst, size_t size)
{
	snprintf(dst, size, "process %d runs %s", (int)p->pid, p->exe);
	return w->program[0] != '\0' && p->exe[0] != '\0' && strcmp(p->exe, w->program) != 0;
}

static const struct aspect {
	const char *name, *wanted;
	bool (*fault)(const struct process *p, const struct promise *w, char *dst, size_t size);
} aspects[] = {
	{ "CapBnd", "no capability beyond its unit's", caps_fault },
	{ "NoNewPrivs", "NoNewPrivs 1", privs_fault },
	{ "Seccomp", "a filter of system calls (2)", filter_fault },
	{ "uid", "never root", user_fault },
	{ "exe", "its unit's program, as it is on disk now", program_fault },
};

/* What the service manager has, everybody has. */
static int
filters_of_all(const struct processes *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].pid == 1)
			return all->v[i].status.filters;
	return 0;
}

static struct promise
promise_of(const char *text, char program[PATH_MAX])
{
	char value[2048], path[PATH_MAX];
	struct promise w = { .bounded = unit_value(text, "CapabilityBoundingSet", value, sizeof value) };

	w.caps = kernel_caps(value);
	w.no_new_privs = unit_value(text, "NoNewPrivileges", value, sizeof value) && strcmp(value, "yes") == 0;
	w.filtered = unit_value(text, "SystemCallFilter", value, sizeof value);
	w.never_root = unit_value(text, "User", value, sizeof value) && strcmp(value, "root") != 0;
	program[0] = '\0';
	if (unit_value(text, "ExecStart", value, sizeof value)) {
		snprintf(path, sizeof path, "%.*s", (int)strcspn(value, " "), value);
		if (realpath(path, program) == NULL)
			snprintf(program, PATH_MAX, "%s", path);
	}
	w.program = program;
	return w;
}

void
processes_judge_unit(struct points *l, const struct processes *all, const char *unit, const char *name, const char *text)
{
	char program[PATH_MAX], id[96], seen[PATH_MAX + 64], fault[PATH_MAX + 64];
	struct promise w = promise_of(text, program);

	w.filters = filters_of_all(all);
	for (size_t k = 0; k < ARRAY_LEN(aspects); k++) {
		size_t n = 0, bad = 0;

		for (size_t i = 0; i < all->n; i++) {
			if (strcmp(all->v[i].unit, unit) != 0)
				continue;
			n++;
			if (aspects[k].fault(&all->v[i], &w, fault, sizeof fault) && bad++ == 0)
				snprintf(seen, sizeof seen, "%s", fault);
		}
		snprintf(id, sizeof id, "process.%s.%s", name, aspects[k].name);
		if (bad == 0)
			snprintf(seen, sizeof seen, "%zu processes", n);
		if (n == 0)
			point_skip(l, id, unit, "it has no process");
		else
			point_add(l, bad == 0, id, unit, seen, aspects[k].wanted, "systemctl daemon-reload, and restart the unit");
	}
}

/* One of our programs that no unit of ours runs has none of these walls. */
static void
strays(const struct ask *a, const struct verify_unit *u, const char *text)
{
	char program[PATH_MAX], id[96], seen[160];
	const struct promise w = promise_of(text, program);

	snprintf(id, sizeof id, "process.%s.stray", u->name);
	for (size_t i = 0; i < a->running->n; i++) {
		const struct process *p = &a->running->v[i];

		if (w.program[0] == '\0' || strcmp(p->exe, w.program) != 0 || strcmp(p->unit, u->unit) == 0)
			continue;
		snprintf(seen, sizeof seen, "process %d runs outside, in %s", (int)p->pid, p->unit[0] == '\0' ? "no unit" : p->unit);
		point_fail(a->points, id, w.program, seen, "processes of the unit alone", "end it, and start the unit");
		return;
	}
	if (w.program[0] != '\0')
		point_pass(a->points, id, w.program, "no process outside its unit");
}

void
processes_judge(const struct ask *a)
{
	struct verify_unit units[VERIFY_UNITS_MAX];
	size_t n = verify_units(a, units);

	for (size_t i = 0; i < n; i++) {
		const char *text = ask_text(a, units[i].path);

		if (!units[i].runs || text == NULL)
			continue;
		processes_judge_unit(a->points, a->running, units[i].unit, units[i].name, text);
		if (a->root)
			strays(a, &units[i], text);
	}
}
