/* Names in the module's character set, and in UTF-8 on the wire (rsync-wire 5.13). */
#ifndef SALLYPORT_SYNCD_SESSION_CHARSET_H
#define SALLYPORT_SYNCD_SESSION_CHARSET_H

#include <stddef.h>

struct charset;

/* Loads what the conversion needs from disk: call before any wall goes up.  0, -EINVAL for a name that nobody
 * knows, or -ENOMEM. */
int charset_new(const char *name, struct charset **ret);
void charset_free(struct charset *c);

/* Both put a C string into dst, of size bytes; it has as many slashes as before.  0, -EILSEQ, -EINVAL for a character
 * cut off at the end, or -E2BIG. */
int charset_to_wire(struct charset *c, const char *text, char *dst, size_t size);
int charset_from_wire(struct charset *c, const char *text, char *dst, size_t size);

/* The same for a message: what is no text in the module's character set stays as it is, what does not fit is lost.
 * Returns dst. */
char *charset_message(struct charset *c, const char *text, char *dst, size_t size);

#endif
