/* Flat JSON, as our programs write it: an object of texts and numbers.  Pure; who wrote it is not believed. */
#ifndef SALLYPORT_DEPLOY_FLAT_H
#define SALLYPORT_DEPLOY_FLAT_H

#include <stddef.h>
#include <stdint.h>

/* Where a member of the object goes in a struct: a text, or an int64_t. */
struct flat_member {
	const char *name;
	size_t at, size;	/* size: of the text, or 0 */
	int64_t unit;		/* of a number: so many thousandths are 1 */
};

#define FLAT_TEXT(s, name, f) { name, offsetof(s, f), sizeof ((s *)0)->f, 0 }
#define FLAT_NUMBER(s, name, f) { name, offsetof(s, f), 0, 1000 }

/* Read one object that begins at *text (up to a NUL), and the blanks behind it: *text is then what follows.  Members that are not in the
 * table are left out, texts are cut to fit, numbers to what is counted in thousandths; what is not there stays as it is in ret.  0 or
 * E_FORMAT: it is no such object, and of ret some is filled. */
int flat_object(const char **text, const struct flat_member *members, size_t n, void *ret);

#endif
