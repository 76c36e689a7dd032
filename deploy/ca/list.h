/* What is in an index, as a table for people or as JSON. */
#ifndef SALLYPORT_DEPLOY_CA_LIST_H
#define SALLYPORT_DEPLOY_CA_LIST_H

#include <stdio.h>

#include "deploy/ca/index.h"

enum list_which { LIST_ALL, LIST_CLIENTS };

/* Write those that are asked for, as they are at that time (seconds since 1970): "valid", "expired" or "revoked". */
void list_print(const struct ca_index *x, enum list_which which, int64_t now, bool json, FILE *to);

#endif
