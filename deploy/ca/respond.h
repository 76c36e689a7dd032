/* The responder: a client that has a certificate gets the next one.  One connection, in two processes: one reads what the client sends, has
 * no files, no key and few system calls, and tells the key that it found there in a message of fixed form; the other, which will have the
 * authority, reads nothing but that, and the door's own word before. */
#ifndef SALLYPORT_DEPLOY_CA_RESPOND_H
#define SALLYPORT_DEPLOY_CA_RESPOND_H

#include "lib/err.h"

enum { RESPOND_SECONDS = 10, RESPOND_PAUSE = 3600 };	/* for a client to have its say; between two certificates of one name */

/* Answer the connection fd, which stays the caller's, for the authority in dir; the door in front of it says who is there.  What was
 * granted or refused is logged.  0, -ENOMEM or another -errno, or E_CONF and *e: the authority cannot be used. */
int respond(int fd, const char *dir, struct conf_err *e);

#endif
