#include "deploy/verify/units.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deploy/verify/names.h"
#include "deploy/verify/run.h"
#include "deploy/verify/unit_text.h"
#include "lib/err.h"

static const struct run plainly = { .network = -1 };

/* One call for all units.  0, or what it came to. */
static int
show(const struct verify_unit *units, size_t n, struct buf *shown)
{
	char program[PATH_MAX], properties[4096];
	const char *argv[VERIFY_UNITS_MAX + 6] = { program, "show", "--no-pager", "--property" };
	size_t k = 4;
	int r = run_find("systemctl", program, sizeof program);

	argv[k++] = unit_properties(properties, sizeof properties);
	for (size_t i = 0; i < n; i++)
		argv[k++] = units[i].unit;
	argv[k] = NULL;
	return r != 0 ? r : run_program(argv, &plainly, shown);
}

/* What systemd says of a unit's exposure; dir is where its file is looked for, alone, NULL: as it is loaded.  -1: it does not say. */
static int
exposure(const char *program, const char *unit, const char *dir)
{
	char path[PATH_MAX], where[PATH_MAX + 24];
	const char *const loaded[] = { program, "--no-pager", "security", unit, NULL }, *const offline[] = { program, "--no-pager",
		"--offline=yes", "security", path, NULL }, *const environment[] = { where, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	const struct run alone = { .network = -1, .environment = environment };
	struct buf said = BUF_INIT;
	const char *text;
	int r, tenths = -1;

	snprintf(path, sizeof path, "%s/%s", dir == NULL ? "" : dir, unit);
	snprintf(where, sizeof where, "SYSTEMD_UNIT_PATH=%s", dir == NULL ? "" : dir);
	r = dir == NULL ? run_program(loaded, &plainly, &said) : run_program(offline, &alone, &said);
	if (r >= 0 && (text = buf_cstr(&said)) != NULL)
		tenths = unit_exposure(text);
	buf_done(&said);
	return tenths;
}

static int
write_unit(const char *dir, const char *unit, const char *text)
{
	char path[PATH_MAX];
	int fd, ok;

	snprintf(path, sizeof path, "%s/%s", dir, unit);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return -1;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok ? 0 : -1;
}

/* The text alone in a directory of its own: nothing that is installed is added to it. */
static int
generated_exposure(const char *program, const char *unit, const char *text)
{
	char dir[] = "/tmp/sallyport-verify-XXXXXX", path[PATH_MAX];
	int tenths = -1;

	if (mkdtemp(dir) == NULL)
		return -1;
	if (write_unit(dir, unit, text) == 0)
		tenths = exposure(program, unit, dir);
	snprintf(path, sizeof path, "%s/%s", dir, unit);
	unlink(path);
	rmdir(dir);
	return tenths;
}

static void
judge_exposure(const struct ask *a, const struct verify_unit *u, const char *text)
{
	char program[PATH_MAX], id[96], seen[32], wanted[48];
	int now, made;

	snprintf(id, sizeof id, "unit.%s.exposure", u->name);
	if (u->dropin) {
		point_skip(a->points, id, u->unit, "the unit is the distribution's: no number was generated for it");
		return;
	}
	if (run_find("systemd-analyze", program, sizeof program) != 0 || (now = exposure(program, u->unit, NULL)) < 0 ||
	    (made = generated_exposure(program, u->unit, text)) < 0) {
		point_skip(a->points, id, u->unit, "systemd-analyze does not say");
		return;
	}
	snprintf(seen, sizeof seen, "%d tenths", now);
	snprintf(wanted, sizeof wanted, "%d tenths at most", made);
	point_add(a->points, now <= made, id, u->unit, seen, wanted, "systemd-analyze security says which wall is lower");
}

static void
judge_unit(const struct ask *a, const struct verify_unit *u, const char *shown)
{
	const char *text = ask_text(a, u->path), *block = unit_block(shown, u->unit);
	char id[96], own[PATH_MAX] = "", load[64];

	snprintf(id, sizeof id, "unit.%s.state", u->name);
	if (block == NULL || !unit_shown(block, "LoadState", load, sizeof load) || strcmp(load, "loaded") != 0) {
		point_fail(a->points, id, u->unit, block == NULL ? "systemd does not know it" : load, "loaded",
		    "sallyport install, systemctl daemon-reload");
		return;
	}
	if (u->dropin)
		snprintf(own, sizeof own, "/%s", u->path);
	unit_judge_state(a->points, u->unit, u->name, block, own, u->enabled);
	unit_judge(a->points, u->unit, u->name, text, block);
	if (u->runs)
		judge_exposure(a, u, text);
}

void
units_judge(const struct ask *a)
{
	struct verify_unit units[VERIFY_UNITS_MAX];
	size_t n = verify_units(a, units);
	struct buf shown = BUF_INIT;
	const char *text = NULL;
	int r;

	if (n == 0)
		point_skip(a->points, "unit", a->file, "the deployment has no unit on this machine");
	else if ((r = show(units, n, &shown)) != 0 || (text = buf_cstr(&shown)) == NULL)
		point_fail(a->points, "unit", "systemctl", r < 0 ? err_text(r) : "the service manager does not answer", "an answer",
		    "run it on the machine that has the units");
	for (size_t i = 0; text != NULL && i < n; i++)
		judge_unit(a, &units[i], text);
	buf_done(&shown);
}
