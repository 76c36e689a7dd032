/* sallyport check, sallyport generate */
#ifndef SALLYPORT_DEPLOY_GENERATE_H
#define SALLYPORT_DEPLOY_GENERATE_H

int check_main(int argc, char **argv);
int generate_main(int argc, char **argv);

#endif
