/* The ACLs of one object, as the file system has them or, with "fake super", as they are kept beside it. */
#ifndef SALLYPORT_SYNCD_SESSION_ACLS_H
#define SALLYPORT_SYNCD_SESSION_ACLS_H

#include "lib/buf.h"
#include "syncd/fs/attr.h"
#include "syncd/policy/posix_acl.h"

enum acl_kind { ACL_ACCESS, ACL_DEFAULT };

/* Sorted; an empty one where there is none.  scratch is cleared.  0, or E_FORMAT, E_LIMIT and -ENOMEM with an
 * empty one too; nothing is to be freed then. */
int acls_load(const struct attr_of *of, enum acl_kind kind, struct buf *scratch, struct posix_acl *ret);

/* Complete (but for those kept beside it) and sorted.  0 or -errno. */
int acls_store(const struct attr_of *of, enum acl_kind kind, struct buf *scratch, const struct posix_acl *acl);
int acls_remove(const struct attr_of *of, enum acl_kind kind);

/* Those of one regular file for its copy. */
int acls_copy(const struct attr_of *from, const struct attr_of *to, struct buf *scratch);

#endif
