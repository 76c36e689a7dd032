/* The heap that libcrypto takes its memory from: what it frees while a key is being read is wiped first.  The library wipes keys, but
 * not the buffers through which their text passed, and a process that is forked from ours would have them. */
#ifndef SALLYPORT_TUNNEL_TLS_LIBHEAP_H
#define SALLYPORT_TUNNEL_TLS_LIBHEAP_H

#include <stdbool.h>

/* Before any other call of the library.  Whether it took the functions. */
bool libheap_install(void);

/* From here to the call with false all that the library frees is wiped; otherwise nothing is, since that costs a handshake time. */
void libheap_wipe(bool on);

#endif
