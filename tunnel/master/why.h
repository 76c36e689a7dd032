/* --why-cert: would a client with that certificate be let in, and what would the daemon be told of it? */
#ifndef SALLYPORT_TUNNEL_MASTER_WHY_H
#define SALLYPORT_TUNNEL_MASTER_WHY_H

/* cert: a PEM file, with the certificates that the client sends along behind its own, or "none"; file: the configuration; section: one that
 * accepts clients, NULL: the first.  Lines of "KEY VALUE" go to standard output: section; verdict (in, out, unasked); why, where there is
 * something to say; tls (yes: the daemon is told, no); verified (yes, no); name, serial and issuer of what is told.  The exit status: 0: let
 * in, 1: not, 2: it cannot be said, with words on standard error. */
int why_cert_main(const char *cert, const char *file, const char *section);

#endif
