/* The verb `sallyport client`: who may enter through the door of a deployment that has an authority of its own. */
#ifndef SALLYPORT_DEPLOY_CA_CLIENT_H
#define SALLYPORT_DEPLOY_CA_CLIENT_H

/* argv[0] is "client".  The exit status. */
int client_main(int argc, char **argv);

#endif
