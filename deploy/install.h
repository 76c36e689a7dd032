/* sallyport install, sallyport uninstall */
#ifndef SALLYPORT_DEPLOY_INSTALL_H
#define SALLYPORT_DEPLOY_INSTALL_H

/* argv[0] is the verb; both work below a root, one at a time, and say on stdout what they did.  The exit status: 0, 1 (could not, or not
 * all), 2 (usage). */
int install_main(int argc, char **argv);
int uninstall_main(int argc, char **argv);

#endif
