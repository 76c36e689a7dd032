/* What `sallyport verify` found: one point for each thing that was asked, with the answer, and how both are printed. */
#ifndef SALLYPORT_DEPLOY_VERIFY_POINT_H
#define SALLYPORT_DEPLOY_VERIFY_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum point_result { POINT_PASS, POINT_FAIL, POINT_SKIP };

/* Texts may hold any bytes: they are escaped when they are printed. */
struct point {
	char id[96];		/* stable words, "unit.syncd.CapabilityBoundingSet" */
	char subject[192];	/* what it is about: a path, a unit, an address */
	enum point_result result;
	char seen[640];		/* of POINT_SKIP: why it was not checked */
	char wanted[320];	/* "" but for POINT_FAIL */
	char mend[256];		/* the same */
};

enum { POINTS_MAX = 4000 };

struct points {
	struct point *v;
	size_t n, cap;
	size_t lost;		/* not kept: too many, or no memory; then nothing is proven */
};

#define POINTS_INIT { NULL, 0, 0, 0 }

/* Add one.  What does not fit a field is cut. */
void point_pass(struct points *l, const char *id, const char *subject, const char *seen);
void point_fail(struct points *l, const char *id, const char *subject, const char *seen, const char *wanted, const char *mend);
void point_skip(struct points *l, const char *id, const char *subject, const char *why);

/* Add one that passed or failed; wanted and mend count only when it failed. */
void point_add(struct points *l, bool passed, const char *id, const char *subject, const char *seen, const char *wanted,
    const char *mend);

/* How many are of one kind. */
size_t points_count(const struct points *l, enum point_result result);

/* Write all as lines for people, with their sum at the end, or as one JSON object. */
void points_print(const struct points *l, FILE *to);
void points_print_json(const struct points *l, FILE *to);

/* Free all; it is as POINTS_INIT then. */
void points_done(struct points *l);

#endif
