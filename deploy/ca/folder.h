/* A folder that is ours alone, locked while it is open, for keys and what is told about them.  Each file in it is whole, old or new,
 * wherever a writer is ended.  Knows no certificates. */
#ifndef SALLYPORT_DEPLOY_CA_FOLDER_H
#define SALLYPORT_DEPLOY_CA_FOLDER_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"

struct folder {
	int fd;			/* -1: not open */
	const char *dir;	/* absolute; must outlive the folder */
	const char *option;	/* what chooses another one, for remedies: "--state" */
	struct conf_err *e;	/* where faults are told */
};

/* Open f->dir (the three others are set) and take its lock, which is waited for.  make: it is made, 0700, with its parents.  One that
 * others could replace, or change, or that a link of theirs leads to, is refused.  0; -ENOENT when it is not there and make is 0;
 * E_CONF and *f->e. */
int folder_open(struct folder *f, int make);
void folder_close(struct folder *f);

/* Append a file's bytes, at most max, to ret.  secret: one that others may read is refused.  Links are not followed.  0, -ENOENT, or
 * E_CONF; ret stays the caller's to end. */
int folder_read(const struct folder *f, const char *file, int secret, size_t max, struct buf *ret);

/* Put n bytes on the disk, and then in the place of the file.  0 or E_CONF: the file is as it was, or, when the disk failed at the very
 * last, perhaps the new one. */
int folder_write(const struct folder *f, const char *file, unsigned mode, const void *bytes, size_t n);

/* The same for a file elsewhere, at an absolute path whose directory is there and is reached as lib/trusted.h says; one that has these
 * bytes already is left alone.  0, or E_CONF and *e. */
int folder_put(const char *path, unsigned mode, const void *bytes, size_t n, struct conf_err *e);

/* Fill *f->e with "DIR/FILE: text" (file "": the folder), and return E_CONF. */
int folder_complain(const struct folder *f, const char *file, const char *text);

#endif
