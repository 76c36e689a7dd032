/* sallyport init, sallyport keys: the table of keys as a file to begin with, and as text. */
#ifndef SALLYPORT_DEPLOY_INIT_H
#define SALLYPORT_DEPLOY_INIT_H

/* argv[0] is the verb; init writes a file that is not there yet, keys prints mdoc.  The exit status: 0, 1 (could not, or the values given
 * are wrong), 2 (usage). */
int init_main(int argc, char **argv);
int keys_main(int argc, char **argv);

#endif
