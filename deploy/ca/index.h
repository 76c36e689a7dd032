/* What an authority remembers: every certificate that it signed, the number of its last revocation list, and where copies of its public
 * files are kept.  A text, a line each:
 *
 *	sallyport-ca 1
 *	crl NUMBER
 *	deployment PATH			the deployment file whose door it is for
 *	copy crl PATH			the revocation list
 *	copy ca PATH			the authority's certificate
 *	copy cert NAME PATH		the newest certificate of that name
 *	cert SERIAL client|server ENDS REVOKED NAME
 *
 * ENDS and REVOKED are seconds since 1970, REVOKED is 0 for what is not.  Of one name there may be several certificates. */
#ifndef SALLYPORT_DEPLOY_CA_INDEX_H
#define SALLYPORT_DEPLOY_CA_INDEX_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deploy/ca/cert.h"
#include "lib/buf.h"

enum { INDEX_NAME_SIZE = 65, INDEX_COPIES_MAX = 16, INDEX_FILE_MAX = 16 << 20 };

struct index_cert {
	char serial[CERT_SERIAL_SIZE], name[INDEX_NAME_SIZE];
	enum cert_kind kind;
	int64_t ends, revoked;
};

enum index_of { INDEX_OF_CRL, INDEX_OF_CA, INDEX_OF_CERT };
struct index_copy {
	enum index_of of;
	char name[INDEX_NAME_SIZE];	/* of INDEX_OF_CERT */
	char path[PATH_MAX];		/* absolute, without control characters */
};

struct ca_index {
	struct index_cert *v;		/* in the order of their making */
	size_t n, cap;
	struct index_copy copies[INDEX_COPIES_MAX];
	size_t n_copies;
	int64_t crl;			/* 0: none was made */
	char deployment[PATH_MAX];	/* "": of none */
};

/* Can somebody be called that: 1 to 64 letters, digits, ".", "_", "@" and "-", the first a letter or a digit, no ".."?  It is a file's
 * name then, and no option. */
bool index_name_ok(const char *name);

/* Read text[0..n) into *ret, which is the caller's to end, also after an error.  0; E_FORMAT, with the line in *ret_line: not such a
 * text, or the end of it is lost; -ENOMEM. */
int index_parse(const char *text, size_t n, struct ca_index *ret, unsigned *ret_line);

/* Append it as text to out, whose err tells of lack of memory. */
void index_put(const struct ca_index *x, struct buf *out);

void index_done(struct ca_index *x);	/* free what it holds; it is an empty one then */

/* Have that path (absolute) there.  0 or E_FORMAT. */
int index_deployment(struct ca_index *x, const char *path);

/* Add one, borrowed.  0 or -ENOMEM. */
int index_add(struct ca_index *x, const struct index_cert *one);

/* Have a copy of that kind and name at path, and nowhere else, and nothing else there.  0, E_FORMAT for a path that a line cannot hold, or E_LIMIT. */
int index_copy(struct ca_index *x, enum index_of of, const char *name, const char *path);

/* Is any copy kept at path? */
bool index_copies_to(const struct ca_index *x, const char *path);

/* Does it count at that time: neither revoked nor over? */
bool index_holds(const struct index_cert *c, int64_t now);

/* The newest certificate of name that counts, or NULL; borrowed until x changes. */
const struct index_cert *index_find(const struct ca_index *x, const char *name, int64_t now);

/* Note as revoked all that count and whose name is what, or, where there is no such name, whose serial is.  How many were noted, -ENOENT
 * when there is neither. */
int index_revoke(struct ca_index *x, const char *what, int64_t now);

#endif
