/* `sallyport ledger verify FILE...`: is the ledger of a daemon whole, and what of it is signed? */
#ifndef SALLYPORT_DEPLOY_LEDGER_LEDGER_H
#define SALLYPORT_DEPLOY_LEDGER_LEDGER_H

#include "deploy/ledger/audit.h"

/* argv[0] is "ledger".  0: it is whole; 1: it is not, as lines on stdout say; 2: it could not be looked at. */
int ledger_main(int argc, char **argv);

/* Give a that file, "-": standard input.  0, or -errno: not all of it could be read. */
int ledger_read(struct audit *a, const char *path);

#endif
