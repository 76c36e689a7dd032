#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "deploy/flat.h"
#include "deploy/verify/run.h"
#include "deploy/why/asked.h"
#include "lib/err.h"
#include "lib/log.h"

enum { ARGS_MAX = WHY_NAMES_MAX + WHY_OPTIONS_MAX + 16, ARG_SIZE = 4096, EXIT_REFUSED = 5, EXIT_NOT_RUN = 127 };

/* --- the answer ----------------------------------------------------------------------------------- */

struct object {
	char part[32], verdict[16], file[WHY_FILE_SIZE], text[WHY_TEXT_SIZE];
	int64_t line;
};

static const struct flat_member members[] = {
	FLAT_TEXT(struct object, "part", part), FLAT_TEXT(struct object, "verdict", verdict), FLAT_TEXT(struct object, "file", file),
	FLAT_TEXT(struct object, "text", text), FLAT_NUMBER(struct object, "line", line),
};

/* What is asked for, and was not said to be had, is no way in; how many there are at this moment is not known. */
static int
verdict_of(const struct object *o, enum why_verdict *ret)
{
	if (strcmp(o->verdict, "lets") == 0)
		*ret = WHY_LETS;
	else if (strcmp(o->verdict, "refuses") == 0)
		*ret = WHY_REFUSES;
	else if (strcmp(o->verdict, "depends") == 0)
		*ret = strcmp(o->part, "user") == 0 ? WHY_ASKS : WHY_DEPENDS;
	else
		return E_FORMAT;
	return 0;
}

int
why_read_daemon(const char *text, struct why_points *l)
{
	enum why_verdict verdict;
	struct object o;

	if (*text != '[')
		return E_FORMAT;
	do {
		text++;
		o = (struct object){ .line = 0 };
		if (flat_object(&text, members, ARRAY_LEN(members), &o) != 0 || verdict_of(&o, &verdict) != 0)
			return E_FORMAT;
		why_add(l, strcmp(o.part, "path") == 0 ? "filter" : "daemon", verdict, o.file[0] == '\0' ? NULL : o.file,
		    o.line > 0 && o.line < UINT_MAX ? (unsigned)o.line : 0, "%s", o.text);
	} while (*text == ',');
	return *text == ']' ? 0 : E_FORMAT;
}

/* --- the question --------------------------------------------------------------------------------- */

struct question {
	const char *argv[ARGS_MAX];
	char args[ARGS_MAX][ARG_SIZE];
	size_t n;
	bool cut;		/* one did not fit */
};

/* The option ("--module=") and its value. */
static void
put(struct question *q, const char *option, const char *value)
{
	if (q->n + 1 >= ARRAY_LEN(q->argv) || (size_t)snprintf(q->args[q->n], ARG_SIZE, "%s%s", option, value) >= ARG_SIZE) {
		q->cut = true;
		return;
	}
	q->argv[q->n] = q->args[q->n];
	q->argv[++q->n] = NULL;
}

/* As the daemon sees it: where the door sends no address, it comes from there. */
static const char *
seen_from(const struct why_asked *a)
{
	if (model_sends_address(a->m))
		return a->from_text;
	return model_socket(a->m) != NULL ? model_socket(a->m) : "127.0.0.1";
}

static void
put_question(const struct why_asked *a, const struct why_told *told, struct question *q)
{
	char config[ARG_SIZE];

	snprintf(config, sizeof config, "%s/etc/sallyport/syncd.conf", a->root);
	put(q, "", a->m->daemon.binary.v != NULL ? a->m->daemon.binary.v : "/usr/sbin/sallyport-syncd");
	put(q, "--config=", config);
	put(q, "--why", "");
	put(q, "--json", "");
	put(q, "--module=", a->module);
	put(q, "--from=", seen_from(a));
	if (!told->tls)
		put(q, "--no-tls", "");
	for (size_t i = 0; told->tls && i < told->n; i++)
		put(q, "--tls-name=", told->names[i]);
	if (a->user != NULL)
		put(q, "--user=", a->user);
	for (size_t i = 0; i < a->n_options; i++)
		put(q, "--option=", a->options[i]);
	if (a->path != NULL)
		put(q, "--path=", a->path);
}

static int
ask(const struct why_asked *a, const struct question *q)
{
	static const struct run plainly = { .network = -1 };
	struct buf said = BUF_INIT;
	const char *text;
	int r = run_program(q->argv, &plainly, &said);

	if ((text = buf_cstr(&said)) == NULL)
		r = -ENOMEM;
	if (r < 0 || (r != 0 && r != EXIT_REFUSED) || why_read_daemon(text, a->points) != 0) {
		log_error("why: %s: %.*s", q->argv[0], r < 0 ? 200 : (int)strcspn(text, "\n"), r < 0 ? err_text(r) : r == EXIT_NOT_RUN ?
		    "it could not be run" : text);
		r = E_FORMAT;
	} else {
		r = 0;
	}
	buf_done(&said);
	return r;
}

int
why_daemon(const struct why_asked *a, const struct why_told *told)
{
	static struct question q;
	const struct m_daemon *d = &a->m->daemon;

	if (!model_has_daemon(a->m) || d->program.v != M_SALLYPORT) {
		why_add(a->points, "daemon", WHY_DEPENDS, a->file, d->program.at.line, "sallyport-syncd alone can be asked, and it is not on this machine");
		return 0;
	}
	q = (struct question){ .n = 0 };
	put_question(a, told, &q);
	if (q.cut) {
		log_error("why: an argument is too long");
		return E_LIMIT;
	}
	return ask(a, &q);
}
