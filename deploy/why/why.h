/* The verb `sallyport why`. */
#ifndef SALLYPORT_DEPLOY_WHY_WHY_H
#define SALLYPORT_DEPLOY_WHY_WHY_H

/* argv[0] is "why".  The exit status: 0: the client gets it; 1: it is refused; 2: a wrong use, or it cannot be said. */
int why_main(int argc, char **argv);

#endif
