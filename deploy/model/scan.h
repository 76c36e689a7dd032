/* A look at the source of a deployment file before libconfig reads it, for what libconfig takes silently or explains
 * badly: integers that wrap, texts that end at a NUL or never, "yes", a comma before the end of a list,
 * a byte order mark. */
#ifndef SALLYPORT_DEPLOY_MODEL_SCAN_H
#define SALLYPORT_DEPLOY_MODEL_SCAN_H

#include <stddef.h>

#include "deploy/model/fault.h"

enum { SCAN_DEPTH_MAX = 16 };	/* brackets in brackets */

/* Faults go to l.  include is called for each @include line with its file's name. */
void scan_text(const char *path, const char *text, size_t n, struct faults *l,
    void (*include)(void *arg, const char *name, struct where at), void *arg);

#endif
