#include "deploy/out/firewall.h"
#include "deploy/out/shared.h"
#include "deploy/why/asked.h"

/* Where a text of firewall.clients stands. */
static struct where
place_of(const struct m_texts *clients, const char *text)
{
	for (size_t i = 0; i < clients->n; i++)
		if (clients->v[i].v == text)
			return clients->v[i].at;
	return clients->at;
}

void
why_firewall(const struct why_asked *a)
{
	const struct m_firewall *w = &a->m->firewall;
	const char *source = NULL;
	struct where at = w->clients.at;

	if (!out_has_firewall(a->m)) {
		why_add(a->points, "firewall", WHY_DEPENDS, a->file, w->kind.at.line, "the deployment has no rules here: the machine's own decide");
		return;
	}
	switch (out_firewall_lets(a->m, &a->from, &source)) {
	case OUT_LETS_LOCAL:
		why_add(a->points, "firewall", WHY_LETS, NULL, 0, "lets %s in: it is this machine itself", a->from_text);
		break;
	case OUT_LETS_ANYONE:
		why_add(a->points, "firewall", WHY_LETS, w->anyone.at.file, w->anyone.at.line, "lets %s in: anyone = true", a->from_text);
		break;
	case OUT_LETS_LISTED:
		at = place_of(&w->clients, source);
		why_add(a->points, "firewall", WHY_LETS, at.file, at.line, "lets %s in: clients = [ ..., \"%s\" ]", a->from_text, source);
		break;
	case OUT_LETS_NOT:
		why_add(a->points, "firewall", WHY_REFUSES, at.file, at.line, "%s is none of clients", a->from_text);
		break;
	}
}
