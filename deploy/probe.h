/* Questions to the running host, answered without touching what is asked about. */
#ifndef SALLYPORT_DEPLOY_PROBE_H
#define SALLYPORT_DEPLOY_PROBE_H

#include <stdint.h>

/* Does anybody listen on 127.0.0.1:port?  1, 0, or -errno when the kernel will not say. */
int probe_listens(uint16_t port);

#endif
