/* TCP wrappers through their library, which is loaded when a section asks for it. */
#ifndef SALLYPORT_TUNNEL_WRAPPER_H
#define SALLYPORT_TUNNEL_WRAPPER_H

/* Is the library there? */
int wrapper_is_there(void);

/* May a peer at this numeric address use that service?  Reads files and asks name servers. */
int wrapper_allows(const char *service, const char *host);

#endif
