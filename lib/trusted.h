/* Paths that the administrator configured.  Any component may be a symbolic link, but only one
 * that root or we ourselves made: whoever else can plant links must not steer us. */
#ifndef SALLYPORT_SYNCD_FS_TRUSTED_H
#define SALLYPORT_SYNCD_FS_TRUSTED_H

/* Open an absolute path as a directory (O_PATH) resp. a file.  A descriptor or -errno (-ELOOP
 * for a link made by somebody else). */
int trusted_dir(const char *path);
int trusted_file(const char *path, int flags, int mode);

#endif
