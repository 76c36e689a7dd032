/* The verb `sallyport ca`. */
#ifndef SALLYPORT_DEPLOY_CA_CA_H
#define SALLYPORT_DEPLOY_CA_CA_H

/* argv[0] is "ca".  The exit status. */
int ca_main(int argc, char **argv);

#endif
