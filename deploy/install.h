/* sallyport install, sallyport uninstall */
#ifndef SALLYPORT_DEPLOY_INSTALL_H
#define SALLYPORT_DEPLOY_INSTALL_H

int install_main(int argc, char **argv);
int uninstall_main(int argc, char **argv);

#endif
