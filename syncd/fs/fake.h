/* "fake super": what only the superuser may give a file (type, owner, mode bits) is kept in an extended attribute
 * of a plain file or directory, in the form that rsync has for it. */
#ifndef SALLYPORT_SYNCD_FS_FAKE_H
#define SALLYPORT_SYNCD_FS_FAKE_H

#include <stddef.h>
#include <sys/stat.h>

#include "syncd/fs/attr.h"

/* st is what lstat says of the object; what is kept about it takes its place.  Only a regular file can stand for
 * another kind.  A text that is none is passed over. */
void fake_show(const struct attr_of *of, struct stat *st);

/* Keep want about the object, whose real state is real; nothing is kept where both agree.  0 or -errno. */
int fake_keep(const struct attr_of *of, const struct stat *real, const struct stat *want);

/* The mode an object that is to seem to have this one really gets: its owner can always read and write it, and
 * nothing in it takes effect (no set-id bits). */
mode_t fake_real_mode(mode_t seeming);

/* Make a plain file that seems to be of another kind.  content: a symlink's target, else "".  0 or -errno. */
int fake_make(int dir, const char *name, mode_t mode, dev_t dev, const char *content);

/* The target of what seems to be a symlink.  Length or -errno; -ENAMETOOLONG when it does not fit. */
int fake_readlink(int dir, const char *name, char *dst, size_t size);

#endif
