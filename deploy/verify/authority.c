#include "deploy/verify/authority.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "deploy/ca/authority.h"
#include "deploy/verify/tls.h"

/* The timer signs a list every day, and the certificate again in the last third of its life: a day or two late is no fault. */
enum { CRL_DAYS_LEAST = AUTHORITY_CRL_DAYS - 3, CERT_DAYS_LEAST = AUTHORITY_CERT_DAYS / 3 - 3 };

void
authority_judge_mode(struct points *l, const char *path, const struct stat *st)
{
	char seen[80];
	bool good = st->st_uid == 0 && (st->st_mode & 077) == 0 && (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode));

	snprintf(seen, sizeof seen, "mode %04o, owner %u", (unsigned)st->st_mode & 07777, (unsigned)st->st_uid);
	point_add(l, good, "authority.key", path, seen, "root's, and nobody else's to read", "chown root, chmod go=");
}

void
authority_judge_days(struct points *l, const char *id, const char *path, int r, int days, int least)
{
	char seen[120], wanted[64];

	if (r != 0)
		snprintf(seen, sizeof seen, "it cannot be read: %s", r == E_FORMAT ? "there is nothing in it" : err_text(r));
	else
		snprintf(seen, sizeof seen, "%d days are left", days);
	snprintf(wanted, sizeof wanted, "%d days at least", least);
	point_add(l, r == 0 && days >= least, id, path, seen, wanted, "sallyport-ca.timer renews it: journalctl -u sallyport-ca.service");
}

static void
look_at_mode(const struct ask *a, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		authority_judge_mode(a->points, path, &st);
	else
		point_fail(a->points, "authority.key", path, strerror(errno), "an authority", "sallyport install makes one");
}

void
authority_verify(const struct ask *a)
{
	const struct m_door *d = &a->m->door;
	char path[PATH_MAX];
	int days = 0, r;

	if (!model_has_authority(a->m))
		return;
	if (a->root) {
		look_at_mode(a, d->authority_dir.v);
		snprintf(path, sizeof path, "%s/ca.key", d->authority_dir.v);
		look_at_mode(a, path);
	} else {
		point_skip(a->points, "authority.key", d->authority_dir.v, VERIFY_NEEDS_ROOT);
	}
	r = cert_days(d->cert.v, &days);
	authority_judge_days(a->points, "authority.server", d->cert.v, r, days, CERT_DAYS_LEAST);
	if (d->crl.v == NULL)
		return;
	r = crl_days(d->crl.v, &days);
	authority_judge_days(a->points, "authority.crl", d->crl.v, r, days, CRL_DAYS_LEAST);
}
