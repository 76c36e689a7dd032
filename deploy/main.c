#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/ca/ca.h"
#include "deploy/ca/client.h"
#include "deploy/diff.h"
#include "deploy/explain.h"
#include "deploy/generate.h"
#include "deploy/init.h"
#include "deploy/install.h"
#include "deploy/ledger/ledger.h"
#include "deploy/serve.h"
#include "deploy/status/status.h"
#include "deploy/verify/verify.h"
#include "deploy/why/why.h"
#include "lib/err.h"
#include "lib/inherit.h"
#include "lib/log.h"

static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;	/* NULL: another spelling, not listed */
} verbs[] = {
	{ "serve", serve_main, "serve one folder over TLS until interrupted" },
	{ "init", init_main, "write a deployment file with every key explained" },
	{ "check", check_main, "say all that is wrong with a deployment file" },
	{ "explain", explain_main, "draw who talks to whom, as which user, through which wall" },
	{ "generate", generate_main, "write all configurations of a deployment below a directory" },
	{ "diff", diff_main, "show what is not installed as the file says" },
	{ "install", install_main, "install all configurations of a deployment" },
	{ "verify", verify_main, "prove a running deployment, point by point" },
	{ "status", status_main, "show what of a running deployment does what" },
	{ "why", why_main, "say what a client would get, and which line decides" },
	{ "uninstall", uninstall_main, "remove what was installed" },
	{ "ca", ca_main, "keep a small certificate authority" },
	{ "ledger", ledger_main, "is the ledger of a daemon whole, and what of it is signed?" },
	{ "client", client_main, "let clients in, and take them out again" },
	{ "keys", keys_main, "print every key of a deployment file, for the manual" },
	{ "help", help_main, "print this" },
	{ "version", version_main, "print the version" },
	{ "--help", help_main, NULL },
	{ "--version", version_main, NULL },
};

static int
help(FILE *to)
{
	fprintf(to, "usage: sallyport VERB [ARGUMENT]...\n\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (verbs[i].what != NULL)
			fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].what);
	fprintf(to, "\nsallyport(1) says more.\n");
	return to == stdout ? EXIT_SUCCESS : 2;
}

static int
help_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return help(stdout);
}

static int
version_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("sallyport %s\n", PACKAGE_VERSION);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	inherit_reset();
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (argc > 1)
		log_error("there is no verb \"%s\"", argv[1]);
	return help(stderr);
}
