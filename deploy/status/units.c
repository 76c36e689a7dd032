#include "deploy/status/units.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deploy/verify/run.h"
#include "deploy/verify/unit_text.h"
#include "lib/err.h"
#include "lib/num.h"

enum { SECOND_US = 1000000, MS_NS = 1000000 };

static const char PROPERTIES[] = "Id,LoadState,ActiveState,SubState,ActiveEnterTimestampMonotonic,InactiveEnterTimestampMonotonic,NRestarts,MemoryCurrent,CPUUsageNSec,"
    "TasksCurrent";

_Static_assert((int)STATUS_UNITS_MAX >= (int)VERIFY_UNITS_MAX, "there is room for all");

/* "[not set]", and the largest of 64 bits, which says the same, are no numbers here. */
static int64_t
number(const char *block, const char *property)
{
	char text[64];
	int64_t v;

	return unit_shown(block, property, text, sizeof text) && num_parse(text, 0, INT64_MAX, &v) == 0 ? v : -1;
}

/* One that is about to run again and again does not run. */
static bool
is_up(const struct status_unit *u)
{
	return strcmp(u->active, "active") == 0 || strcmp(u->active, "reloading") == 0 ||
	    (strcmp(u->active, "activating") == 0 && strcmp(u->sub, "auto-restart") != 0);
}

static void
read_unit(const char *block, int64_t us, struct status_unit *ret)
{
	int64_t since, cpu = number(block, "CPUUsageNSec");
	char load[32];

	unit_shown(block, "ActiveState", ret->active, sizeof ret->active);
	since = number(block, is_up(ret) ? "ActiveEnterTimestampMonotonic" : "InactiveEnterTimestampMonotonic");
	unit_shown(block, "SubState", ret->sub, sizeof ret->sub);
	unit_shown(block, "LoadState", load, sizeof load);
	if (strcmp(load, "loaded") != 0)
		snprintf(ret->sub, sizeof ret->sub, "%s", load);
	ret->seconds = since > 0 && us >= since ? (us - since) / SECOND_US : -1;
	ret->restarts = number(block, "NRestarts");
	ret->memory = number(block, "MemoryCurrent");
	ret->cpu_ms = cpu < 0 ? -1 : cpu / MS_NS;
	ret->tasks = number(block, "TasksCurrent");
}

/* What starts the unit NAME is called NAME-socket or alike. */
static bool
starts(const struct status_unit *a, const struct status_unit *b)
{
	size_t n = strlen(b->name);

	return strncmp(a->name, b->name, n) == 0 && a->name[n] == '-';
}

static bool
is_ready(const struct status_units *l, const struct status_unit *u)
{
	if (strcmp(u->active, "inactive") != 0)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (starts(&l->v[i], u) && is_up(&l->v[i]))
			return true;
	return false;
}

void
status_units_read(const char *shown, const struct verify_unit *units, size_t n, int64_t us, struct status_units *ret)
{
	ret->n = n;
	for (size_t i = 0; i < n; i++) {
		const char *block = unit_block(shown, units[i].unit);

		ret->v[i] = (struct status_unit){ .unit = units[i].unit, .name = units[i].name, .seconds = -1, .restarts = -1, .memory = -1,
			.cpu_ms = -1, .tasks = -1, .sub = "unknown" };
		if (block != NULL)
			read_unit(block, us, &ret->v[i]);
	}
	for (size_t i = 0; i < n; i++)
		ret->v[i].state = is_up(&ret->v[i]) ? STATUS_UP : !units[i].enabled && is_ready(ret, &ret->v[i]) ? STATUS_READY : STATUS_DOWN;
}

void
status_units_ask(const struct verify_unit *units, size_t n, struct status_units *ret)
{
	static const struct run plainly = { .network = -1 };
	char program[PATH_MAX];
	const char *argv[VERIFY_UNITS_MAX + 6] = { program, "show", "--no-pager", "--property", PROPERTIES };
	struct buf shown = BUF_INIT;
	const char *text = NULL;
	struct timespec now;
	int r = run_find("systemctl", program, sizeof program);

	ret->n = 0;
	for (size_t i = 0; i < n; i++)
		argv[5 + i] = units[i].unit;
	if (r == 0)
		r = run_program(argv, &plainly, &shown);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (r == 0 && (text = buf_cstr(&shown)) != NULL)
		status_units_read(text, units, n, (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000, ret);
	else
		snprintf(ret->why.text, sizeof ret->why.text, "the service manager does not answer: %s", r < 0 ? err_text(r) : "systemctl failed");
	ret->silent = text == NULL;
	buf_done(&shown);
}

bool
status_units_down(const struct status_units *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].state == STATUS_DOWN)
			return true;
	return l->silent;
}

bool
status_runs(const struct status_units *l, const char *unit)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].unit, unit) == 0)
			return l->v[i].state == STATUS_UP;
	return false;
}
