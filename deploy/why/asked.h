/* What `sallyport why` was asked, and those who answer, in turn.  Each adds its points; not 0: it could not be asked, which was told on
 * stderr. */
#ifndef SALLYPORT_DEPLOY_WHY_ASKED_H
#define SALLYPORT_DEPLOY_WHY_ASKED_H

#include "deploy/model/model.h"
#include "deploy/why/point.h"
#include "lib/addr.h"

enum { WHY_OPTIONS_MAX = 32, WHY_NAMES_MAX = 40, WHY_NAME_SIZE = 320 };

struct why_asked {
	const char *file, *root;	/* the deployment file; what is put before the paths of configurations */
	const struct model *m;
	const char *from_text, *module, *cert, *user, *path;	/* NULL: none */
	struct addr from;
	const char *options[WHY_OPTIONS_MAX];
	size_t n_options;
	struct why_points *points;
};

/* What the daemon is told of the client's certificate. */
struct why_told {
	bool tls;			/* the door tells of TLS at all */
	char names[WHY_NAMES_MAX][WHY_NAME_SIZE];	/* of a verified one, as "tls users" spells them */
	size_t n;
};

/* The firewall's rules, by the facts that they are written from. */
void why_firewall(const struct why_asked *a);

/* The door, by sallyport-tunnel --why-cert; ret is zeroed before. */
int why_door(const struct why_asked *a, struct why_told *ret);

/* The daemon and its filter, by sallyport-syncd --why. */
int why_daemon(const struct why_asked *a, const struct why_told *told);

/* Pure: the lines of --why-cert, and the objects of --why.  0 or E_FORMAT. */
int why_read_door(const char *text, struct why_told *ret, char verdict[16], char why[WHY_TEXT_SIZE]);
int why_read_daemon(const char *text, struct why_points *l);

#endif
