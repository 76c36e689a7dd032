/* What a session is told of its module's parameters, as rows of params.c name it. */
#ifndef SALLYPORT_SYNCD_POLICY_GRANT_H
#define SALLYPORT_SYNCD_POLICY_GRANT_H

#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/policy/conf.h"
#include "syncd/policy/params.h"

/* The values of a module, which lends its strings. */
void module_grant_fill(struct module_grant *g, const struct module_conf *m);

/* As bytes and back, in the order of the rows; out->err or the cursor's error sticks.  Strings of get lie in the bytes read. */
void module_grant_put(struct buf *out, const struct module_grant *g);
void module_grant_get(struct cursor *c, struct module_grant *g);

/* A C string or NULL: its length with the NUL counted, 0 for NULL. */
void grant_text_put(struct buf *out, const char *text);
const char *grant_text_get(struct cursor *c);

#endif
