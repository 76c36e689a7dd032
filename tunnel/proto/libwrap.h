/* TCP wrappers through their library, which is loaded when a section asks for it. */
#ifndef SALLYPORT_TUNNEL_PROTO_LIBWRAP_H
#define SALLYPORT_TUNNEL_PROTO_LIBWRAP_H

/* Is the library there? */
int libwrap_is_there(void);

/* May a peer at this numeric address use that service?  Reads files and asks name servers. */
int libwrap_allows(const char *service, const char *host);

#endif
