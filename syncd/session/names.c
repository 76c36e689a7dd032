/* Names of users and groups for a list that is sent, asked of the monitor once each. */
#include "syncd/session/names.h"

#include <stdlib.h>
#include <string.h>

#include "syncd/privmsg.h"

void
names_init(struct names *t, int monitor_fd, char kind)
{
	*t = (struct names){ .monitor_fd = monitor_fd, .kind = kind };
}

void
names_done(struct names *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->rows[i].name);
	free(t->rows);
}

struct name_row *
names_get(struct names *t, uint32_t id)
{
	char name[256] = "";
	struct name_row *rows;

	if (t->last < t->n && t->rows[t->last].id == id)	/* trees have few owners */
		return &t->rows[t->last];
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].id == id) {
			t->last = i;
			return &t->rows[i];
		}
	if (t->n >= NAMES_MAX || (rows = reallocarray(t->rows, t->n + 1, sizeof *rows)) == NULL)
		return NULL;
	t->rows = rows;
	if (t->monitor_fd >= 0)
		(void)ask_name(t->monitor_fd, t->kind, id, name, sizeof name);	/* no answer is no name */
	rows[t->n] = (struct name_row){ id, name[0] == '\0' ? NULL : strdup(name), false };
	t->last = t->n;
	return &t->rows[t->n++];
}
