/* sallyport verify: is the running deployment what its file says? */
#ifndef SALLYPORT_DEPLOY_VERIFY_VERIFY_H
#define SALLYPORT_DEPLOY_VERIFY_VERIFY_H

/* argv[0] is the verb; prints a line for each point.  The exit status: 0 (what could be checked is right), 1 (something is not), 2 (usage,
 * or a file that cannot be read). */
int verify_main(int argc, char **argv);

#endif
