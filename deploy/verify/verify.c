#include "deploy/verify/verify.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/tree.h"
#include "deploy/verb.h"
#include "deploy/verify/authority.h"
#include "deploy/verify/daemon.h"
#include "deploy/verify/door.h"
#include "deploy/verify/files.h"
#include "deploy/verify/identity.h"
#include "deploy/verify/ledger.h"
#include "deploy/verify/listen.h"
#include "deploy/verify/outside.h"
#include "deploy/verify/processes.h"
#include "deploy/verify/units.h"
#include "deploy/verify/wall.h"
#include "lib/err.h"
#include "lib/log.h"

/* Each asks about one thing; names are for --only.  The door comes before processes: with the first client they start. */
static const struct group {
	const char *name;
	void (*judge)(const struct ask *a);
} groups[] = {
	{ "authority", authority_verify }, { "cert", door_files }, { "door", door_judge }, { "daemon", daemon_judge }, { "daemon", ledger_judge }, { "identity", identity_judge }, { "file", files_installed }, { "key", files_private },
	{ "listen", listen_judge }, { "unit", units_judge }, { "process", processes_judge }, { "firewall", wall_judge },
};

static bool
is_group(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(groups[i].name, name) == 0)
			return true;
	return false;
}

const char *
ask_text(const struct ask *a, const char *path)
{
	for (size_t i = 0; i < a->all->n; i++)
		if (strcmp(a->all->v[i].row->path, path) == 0)
			return buf_cstr(&a->all->v[i].text.text);
	return NULL;
}

static void
ask_here(struct ask *a, const char *only)
{
	struct processes running;
	bool looked = false;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (only != NULL && strcmp(groups[i].name, only) != 0)
			continue;
		if (!looked && (groups[i].judge == listen_judge || groups[i].judge == processes_judge)) {
			processes_read(&running);
			a->running = &running;
			looked = true;
		}
		groups[i].judge(a);
	}
	if (looked)
		processes_done(&running);
	a->running = NULL;
}

/* What would be installed; secrets that cannot be read are no reason to ask nothing else. */
static int
ask_all(struct ask *a, const char *only)
{
	struct faults l = FAULTS_INIT;
	struct rendering all = { NULL, 0 };
	int root, r;

	if (a->from != NULL) {
		outside_judge(a);
		return VERB_DONE;
	}
	if (model_in_cluster(a->m)) {
		point_skip(a->points, "here", a->file, "nothing of it runs on this machine; --from asks it from outside");
		return VERB_DONE;
	}
	root = tree_open("/", false);
	if (root < 0)
		return verb_failed("verify", "/", root), VERB_MISUSED;
	if ((r = render(a->m, root, NULL, &all, &l)) == 0 || r == E_CONF) {
		a->all = &all;
		a->faults = &l;
		ask_here(a, only);
	} else {
		verb_failed("verify", "/", r);
	}
	faults_done(&l);
	rendering_done(&all);
	close(root);
	return r == 0 || r == E_CONF ? VERB_DONE : VERB_MISUSED;
}

static int
verdict(const struct points *l, bool json)
{
	if (json)
		points_print_json(l, stdout);
	else
		points_print(l, stdout);
	if (fflush(stdout) != 0)
		return VERB_MISUSED;
	return points_count(l, POINT_FAIL) > 0 || l->lost > 0 ? VERB_FAILED : VERB_DONE;
}

int
verify_main(int argc, char **argv)
{
	struct points points = POINTS_INIT;
	struct ask a = { .root = geteuid() == 0, .points = &points };
	static const char usage[] = "verify FILE [--json] [--only GROUP] [--from HOST]";
	const char *only = NULL;
	bool json = false;
	const struct verb_option options[] = { { "json", .flag = &json }, { "from", &a.from },
	    { "only", &only } };
	struct model *m;
	int status = verb_args(argc, argv, usage, options, ARRAY_LEN(options), &a.file);

	if (status == VERB_DONE && only != NULL && !is_group(only)) {
		log_error("verify: there is no group \"%s\"", only);
		fprintf(stderr, "usage: sallyport %s\n", usage);
		status = VERB_MISUSED;
	}
	if (status != VERB_DONE)
		return status;
	if (verb_load_alone(a.file, &m) != VERB_DONE)
		return VERB_MISUSED;
	signal(SIGPIPE, SIG_IGN);	/* whoever we speak to may leave */
	a.m = m;
	if ((status = ask_all(&a, only)) == VERB_DONE)
		status = verdict(&points, json);
	points_done(&points);
	model_free(m);
	return status;
}
