/* The list of what `sallyport install` put below a root: files by digest, and directories it made.  A file may be there
 * with several digests, of which it has one: that is so while an install is under way. */
#ifndef SALLYPORT_DEPLOY_MANIFEST_H
#define SALLYPORT_DEPLOY_MANIFEST_H

#include <stdbool.h>

#include "deploy/crypt.h"

#define MANIFEST_DIR "var/lib/sallyport"
#define MANIFEST_PATH MANIFEST_DIR "/installed"

struct manifest_item {
	bool dir;
	char digest[CRYPT_DIGEST_SIZE];	/* of files */
	char *path;
};

struct manifest {
	struct manifest_item *v;
	size_t n, cap;
};

#define MANIFEST_INIT { NULL, 0, 0 }

/* 0 (also where there is none yet), E_FORMAT for what is no such list, or -errno. */
int manifest_read(int root, struct manifest *ret);

/* Replace the list, or with no items remove it. */
int manifest_write(int root, const struct manifest *l);

/* Once is enough: what is there already is not added.  digest NULL: a directory.  0 or -ENOMEM. */
int manifest_add(struct manifest *l, const char *digest, const char *path);

/* Is that file there, with that digest (NULL: any)? */
bool manifest_has(const struct manifest *l, const char *digest, const char *path);

/* Free what it holds; it is as MANIFEST_INIT then. */
void manifest_done(struct manifest *l);

#endif
