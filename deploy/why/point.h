/* What one of those who are asked in turn said, and where that was written. */
#ifndef SALLYPORT_DEPLOY_WHY_POINT_H
#define SALLYPORT_DEPLOY_WHY_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { WHY_POINTS_MAX = 128, WHY_TEXT_SIZE = 1024, WHY_FILE_SIZE = 512 };

/* ASKS: the client gets on with what it was not said to have, a login. */
enum why_verdict { WHY_LETS, WHY_REFUSES, WHY_ASKS, WHY_DEPENDS };

/* Texts may hold any bytes: they are escaped when they are printed. */
struct why_point {
	const char *by;			/* static: "firewall", "door", "daemon", "filter" */
	enum why_verdict verdict;
	char text[WHY_TEXT_SIZE], file[WHY_FILE_SIZE];
	unsigned line;			/* 0: no one line says it */
};
struct why_points {
	struct why_point v[WHY_POINTS_MAX];
	size_t n;
};

/* Add one; file NULL: no file says it.  What does not fit is cut, and beyond the bound nothing is added. */
void why_add(struct why_points *l, const char *by, enum why_verdict verdict, const char *file, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Does the client get it?  That needs a point of everyone who was asked. */
bool why_gets(const struct why_points *l);

/* Write all and the verdict, as lines for people or as one JSON object. */
void why_print(const struct why_points *l, FILE *to);
void why_print_json(const struct why_points *l, FILE *to);

#endif
