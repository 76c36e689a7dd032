/* Commands of rsyncd.conf(5) that a shell runs (rsyncd-conf 13): %VAR% put in so that what a peer chose is never read by it. */
#ifndef SALLYPORT_SYNCD_POLICY_HOOK_H
#define SALLYPORT_SYNCD_POLICY_HOOK_H

/* text with each %VAR% replaced that get knows.  What RSYNC_* stands for comes from outside: it is put between single quotes, but
 * where some are open.  0 and the heap's *ret; E_DENIED: such a value holds a character that means something to a shell; E_LIMIT beyond
 * LINE_MAX_BYTES; -ENOMEM. */
int hook_command(const char *text, const char *(*get)(void *arg, const char *name), void *arg, char **ret);

#endif
