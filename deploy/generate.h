/* sallyport check, sallyport generate */
#ifndef SALLYPORT_DEPLOY_GENERATE_H
#define SALLYPORT_DEPLOY_GENERATE_H

/* argv[0] is the verb; each takes a deployment file, generate also where to write.  The exit status: 0, 1 (the file is wrong, or something
 * could not be written), 2 (usage). */
int check_main(int argc, char **argv);
int generate_main(int argc, char **argv);

#endif
