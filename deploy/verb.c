#include "deploy/verb.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "deploy/ca/authority.h"
#include "deploy/host.h"
#include "deploy/tree.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/slurp.h"

enum { OPTIONS_MAX = 16 };

static int
misused(const char *verb, const char *usage, const char *what, const char *value)
{
	log_error("%s: %s%s", verb, what, value);
	fprintf(stderr, "usage: sallyport %s\n", usage);
	return VERB_MISUSED;
}

static int
take(const struct verb_option *o, const char *value)
{
	if (o->text != NULL)
		*o->text = value;
	else if (o->flag != NULL)
		*o->flag = true;
	else
		return o->take(o->arg, value);
	return 0;
}

int
verb_args(int argc, char **argv, const char *usage, const struct verb_option *options, size_t n, const char **file)
{
	struct option longs[OPTIONS_MAX] = { { 0 } };
	int c;

	for (size_t i = 0; i < n && i < OPTIONS_MAX - 1; i++)
		longs[i] = (struct option){ options[i].name, options[i].flag != NULL ? no_argument :
		    options[i].optional ? optional_argument : required_argument, NULL, (int)i + 1 };
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:", longs, NULL)) != -1) {
		const struct verb_option *o = NULL;

		if (c >= 1 && (size_t)c <= n)
			o = &options[c - 1];
		for (size_t i = 0; c == 'o' && i < n; i++)
			o = strcmp(options[i].name, "output") == 0 ? &options[i] : o;
		if (c == ':')
			return misused(argv[0], usage, "an option lacks its value", "");
		if (o == NULL)
			return misused(argv[0], usage, "unknown option", "");
		if (take(o, optarg) != 0)
			return misused(argv[0], usage, "bad value: ", optarg);
	}
	if (optind == argc && file != NULL && *file != NULL)
		return VERB_DONE;
	if (optind + (file != NULL) != argc)
		return misused(argv[0], usage, optind == argc ? "which file?" : "too many arguments", "");
	if (file != NULL)
		*file = argv[optind];
	return VERB_DONE;
}

void
verb_tell(const struct faults *l, int level)
{
	char id[300];

	for (size_t i = 0; i < l->n; i++) {
		const struct fault *f = &l->v[i];

		if (f->line > 0)
			snprintf(id, sizeof id, "%s:%u", f->file, f->line);
		else
			snprintf(id, sizeof id, "%s", f->file[0] == '\0' ? "sallyport" : f->file);
		log_id(level, id, "%s", f->text);
	}
	if (l->lost > 0)
		log_error("%zu more are not shown", l->lost);
}

int
verb_load(const char *file, const char *root, bool notes, struct model **ret)
{
	struct faults l = FAULTS_INIT, absent = FAULTS_INIT;
	int r = model_load(file, ret, &l);

	if (r == 0) {
		host_check(*ret, file, root, &l, &absent);
		if (faults_any(&l)) {
			model_free(*ret);
			r = E_CONF;
		}
	} else if (r != E_CONF) {
		log_error("%s: %s", file, err_text(r));
	}
	verb_tell(&l, LOG_ERR);
	if (notes)
		verb_tell(&absent, LOG_WARNING);
	faults_done(&l);
	faults_done(&absent);
	return r == 0 ? VERB_DONE : VERB_FAILED;
}

int
verb_load_alone(const char *file, struct model **ret)
{
	struct faults l = FAULTS_INIT;
	int r = model_load(file, ret, &l);

	if (r != 0 && r != E_CONF)
		log_error("%s: %s", file, err_text(r));
	verb_tell(&l, LOG_ERR);
	faults_done(&l);
	return r == 0 ? VERB_DONE : VERB_FAILED;
}

const char *
verb_installed(void)
{
	struct ca_index x = { .n = 0 };
	struct buf text = BUF_INIT;
	const char *file = "/etc/sallyport.conf";
	static char path[PATH_MAX];
	unsigned line;

	if (slurp_trusted(AUTHORITY_DIR "/index", INDEX_FILE_MAX, &text) == 0 &&
	    index_parse((const char *)buf_head(&text), buf_len(&text), &x, &line) == 0 && x.deployment[0] != '\0') {
		snprintf(path, sizeof path, "%s", x.deployment);
		file = path;
	}
	index_done(&x);
	buf_done(&text);
	return file;
}

int
verb_failed(const char *verb, const char *text, int error)
{
	log_error("%s: %s: %s", verb, text, tree_error(error));
	return VERB_FAILED;
}

int
verb_ended(const char *verb, int r, const struct conf_err *e)
{
	char text[sizeof *e + 16];

	if (r == 0)
		return VERB_DONE;
	log_error("%s: %s", verb, r == E_CONF ? conf_err_print(e, text, sizeof text) : err_text(r));
	return VERB_FAILED;
}
