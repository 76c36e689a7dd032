#include "deploy/out/authority.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "deploy/out/shared.h"
#include "lib/err.h"
#include "units/service.h"

enum { PATHS_MAX = 4 };		/* the authority's folder; where certificate, authority and list are copied to */

struct facts {
	struct unit_authority unit;
	struct unit_path paths[PATHS_MAX];
	char dirs[PATHS_MAX][PATH_MAX];
};

/* The directory of a file, once; value_path has seen that it is absolute. */
static void
add_dir_of(struct facts *f, const char *file)
{
	char *dir = f->dirs[f->unit.n_paths];

	if (file == NULL || strrchr(file, '/') == file)
		return;
	snprintf(dir, PATH_MAX, "%.*s", (int)(strrchr(file, '/') - file), file);
	for (size_t i = 0; i < f->unit.n_paths; i++)
		if (strcmp(f->paths[i].path, dir) == 0)
			return;
	f->paths[f->unit.n_paths++] = (struct unit_path){ dir, 1 };
}

static void
facts_of(const struct model *m, struct facts *f)
{
	const struct m_door *d = &m->door;

	/* sallyport-tunnel looks by itself ("watch") */
	*f = (struct facts){ .unit = { .program = "/usr/bin/sallyport", .dir = d->authority_dir.v,
	    .reload = d->kind.v == M_STUNNEL ? out_door_service(m) : NULL } };
	f->unit.paths = f->paths;
	f->paths[f->unit.n_paths++] = (struct unit_path){ d->authority_dir.v, 1 };
	add_dir_of(f, d->cert.v);
	add_dir_of(f, d->ca.v);
	add_dir_of(f, d->crl.v);
}

void
out_unit_authority(const struct model *m, struct emit *o)
{
	struct facts f;

	facts_of(m, &f);
	out_heading(m, o, "certificates and revocation list are renewed before they run out.");
	out_failed(o, unit_put_authority(&f.unit, &o->text));
}

void
out_unit_authority_timer(const struct model *m, struct emit *o)
{
	out_heading(m, o, "when that is.");
	out_failed(o, unit_put_authority_timer(&o->text));
}

void
out_unit_renewal(const struct model *m, struct emit *o)
{
	struct facts f;

	facts_of(m, &f);
	out_heading(m, o, "a client's next certificate; one service for each that asks.");
	out_failed(o, unit_put_renewal(&f.unit, &o->text));
}

void
out_unit_renewal_socket(const struct model *m, struct emit *o)
{
	out_heading(m, o, "where the door asks for them.");
	out_failed(o, unit_put_renewal_socket(OUT_RENEW_SOCKET, out_door_user(m), &o->text));
}
