/* rsync's own options, as far as it matters whose the next argument is.  Pure. */
#ifndef SALLYPORT_CLIENT_WRAP_RSYNC_OPTIONS_H
#define SALLYPORT_CLIENT_WRAP_RSYNC_OPTIONS_H

/* Is the argument that follows arg its value?  As for "--exclude", "-f" and "-avB", but not for "--exclude=x" and "-fx". */
int rsync_option_takes_next(const char *arg);

/* Does it say which remote shell is to be used ("--rsh", "--rsh=x", "-e", "-ave", "-essh")? */
int rsync_option_sets_rsh(const char *arg);

/* '4' or '6' where it asks for that family of addresses ("-4", "-av6", "--ipv4"), else 0. */
int rsync_option_family(const char *arg);

#endif
