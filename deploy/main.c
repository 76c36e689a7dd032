#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/serve.h"
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
