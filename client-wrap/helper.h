/* The connect helper that rsync runs: one TLS connection, and a relay to descriptors 0 and 1. */
#ifndef SALLYPORT_CLIENT_WRAP_HELPER_H
#define SALLYPORT_CLIENT_WRAP_HELPER_H

/* argv after the flag: [-l USER] HOST rsync --server --daemon .  The exit status. */
int helper_main(int argc, char **argv);

#endif
