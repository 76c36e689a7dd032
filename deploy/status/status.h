/* The verb `sallyport status`. */
#ifndef SALLYPORT_DEPLOY_STATUS_STATUS_H
#define SALLYPORT_DEPLOY_STATUS_STATUS_H

/* argv[0] is "status".  The exit status: 0: all that should run does, or is ready to; 1: something does not; 2: a wrong use. */
int status_main(int argc, char **argv);

#endif
