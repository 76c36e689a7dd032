/* sallyport init, sallyport keys: the table of keys as a file to begin with, and as text. */
#ifndef SALLYPORT_DEPLOY_INIT_H
#define SALLYPORT_DEPLOY_INIT_H

int init_main(int argc, char **argv);
int keys_main(int argc, char **argv);

#endif
