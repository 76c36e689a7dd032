/* The next certificate of this user, from the server that let the last one in: a new key is made here, and the server signs it. */
#ifndef SALLYPORT_CLIENT_WRAP_RENEW_H
#define SALLYPORT_CLIENT_WRAP_RENEW_H

/* Renew what was joined with where, "host", "host:port" or a URL.  0 with the new date told, or enum wrap_status with the reason told; the
 * certificate of before is then as it was. */
int renew_now(const char *where);

/* The same for a host where a job has just ended well, if its certificate is in the last third of its life.  A failure is a warning. */
void renew_if_due(const char *host, unsigned port);

#endif
