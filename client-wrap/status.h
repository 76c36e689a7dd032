/* What the wrapper ends with when it knows better than rsync; clear of rsync's own numbers.  The
 * manual's EXIT STATUS lists them. */
#ifndef SALLYPORT_CLIENT_WRAP_STATUS_H
#define SALLYPORT_CLIENT_WRAP_STATUS_H

enum wrap_status {
	WRAP_CONNECT = 80,		/* no address answered, or the name has none */
	WRAP_UNKNOWN_CA = 81,		/* the certificate is of nobody we trust */
	WRAP_WRONG_HOST = 82,		/* it is somebody else's */
	WRAP_EXPIRED = 83,		/* its time is over, or has not come */
	WRAP_WRONG_PIN = 84,
	WRAP_CLIENT_CERT = 85,		/* the server wants a certificate, or another one */
	WRAP_TLS = 86,			/* no TLS could be spoken */
	WRAP_CUT = 87,			/* the connection ended in the middle */
	WRAP_TIMEOUT = 88,		/* the proxy or the handshake took too long */
	WRAP_SETUP = 89,		/* a file or setting of ours is bad */
	WRAP_REVOKED = 90,		/* a list or the server's own OCSP answer says that the certificate is revoked */
	WRAP_NO_WAY = 91,	/* the proxy did not open a way */
};

#define WRAP_ENV_STATUS_FD "SALLYPORT_STATUS_FD"	/* where the helper writes one of them, as a byte */
#define WRAP_HELPER_FLAG "--sallyport-helper"

#endif
