#include "deploy/why/why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/verb.h"
#include "deploy/why/asked.h"
#include "lib/err.h"
#include "lib/log.h"

static const char usage[] = "why --from ADDRESS --module MODULE [--cert FILE] [--user USER] [--option OPTION]... [--path PATH] [--json] "
    "[--root DIR] [FILE]";

static int
take_option(void *arg, const char *value)
{
	struct why_asked *a = arg;

	if (a->n_options == ARRAY_LEN(a->options))
		return E_LIMIT;
	a->options[a->n_options++] = value;
	return 0;
}

static int
parse(int argc, char **argv, struct why_asked *a, bool *json)
{
	const struct verb_option options[] = { { "from", &a->from_text }, { "module", &a->module }, { "cert", &a->cert }, { "user", &a->user },
		{ "option", .take = take_option, .arg = a }, { "path", &a->path }, { "json", .flag = json }, { "root", &a->root } };
	int status = verb_args(argc, argv, usage, options, ARRAY_LEN(options), &a->file);

	if (status != VERB_DONE)
		return status;
	if (a->from_text == NULL || a->module == NULL)
		log_error("why: --from and --module are wanted");
	else if (addr_parse(a->from_text, 0, &a->from) != 0 || a->from.ss.ss_family == AF_UNIX)
		log_error("why: --from takes an address of IPv4 or IPv6");
	else
		return VERB_DONE;
	fprintf(stderr, "usage: sallyport %s\n", usage);
	return VERB_MISUSED;
}

/* All are asked, also when one refuses: whoever mends one wants to know of the next. */
static int
ask_all(const struct why_asked *a)
{
	struct why_told *told = calloc(1, sizeof *told);
	int r = 1;

	if (told != NULL) {
		why_firewall(a);
		if ((r = why_door(a, told)) == 0)
			r = why_daemon(a, told);
	}
	free(told);
	return r;
}

static int
answer(struct why_asked *a, bool json)
{
	int status = VERB_MISUSED;

	if ((a->points = calloc(1, sizeof *a->points)) == NULL)
		return VERB_MISUSED;
	if (ask_all(a) == 0) {
		(json ? why_print_json : why_print)(a->points, stdout);
		status = fflush(stdout) != 0 ? VERB_MISUSED : why_gets(a->points) ? VERB_DONE : VERB_FAILED;
	}
	free(a->points);
	return status;
}

int
why_main(int argc, char **argv)
{
	struct why_asked a = { .file = verb_installed(), .root = "" };
	struct model *m;
	bool json = false;
	int status = parse(argc, argv, &a, &json);

	if (status != VERB_DONE)
		return status;
	if (verb_load_alone(a.file, &m) != VERB_DONE)
		return VERB_MISUSED;
	a.m = m;
	status = answer(&a, json);
	model_free(m);
	return status;
}
