/* The verb `serve`: one folder, served over TLS until interrupted. */
#ifndef SALLYPORT_DEPLOY_SERVE_H
#define SALLYPORT_DEPLOY_SERVE_H

/* argv[0] is the verb.  Returns the exit status: 0, 1 (could not, or a part failed), 2 (usage). */
int serve_main(int argc, char **argv);

#endif
