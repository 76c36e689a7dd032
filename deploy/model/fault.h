/* What is wrong with a deployment file: all of it, each with its place. */
#ifndef SALLYPORT_DEPLOY_MODEL_FAULT_H
#define SALLYPORT_DEPLOY_MODEL_FAULT_H

#include <stddef.h>

/* file NULL or line 0: no one place is to blame.  file is borrowed from whoever holds the text. */
struct where {
	const char *file;
	unsigned line;
};

struct fault {
	char file[256];
	unsigned line;
	char text[512];		/* what is wrong, and the remedy; may hold bytes of the file */
};

enum { FAULTS_MAX = 200 };	/* what is beyond is counted only */

struct faults {
	struct fault *v;
	size_t n, cap;
	size_t lost;		/* not kept: too many of them, or no memory */
};

#define FAULTS_INIT { NULL, 0, 0, 0 }

/* Add one, at `at`, with what is wrong and the remedy.  Beyond FAULTS_MAX, or without memory, it is counted only. */
void fault_add(struct faults *l, struct where at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* By file and line; those of one line, and of files, stay as they came. */
void faults_sort(struct faults *l);

/* Is there any? */
int faults_any(const struct faults *l);

/* Free all; it is as FAULTS_INIT then. */
void faults_done(struct faults *l);

#endif
