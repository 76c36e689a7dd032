/* Who may log in to a module, and whether he knows the secret: "auth users", the lines of a secrets file, challenge and
 * response (rsyncd-conf section 12, rsync-wire section 1.5).  Texts in, verdict out; no file is opened here. */
#ifndef SALLYPORT_SYNCD_POLICY_LOGIN_H
#define SALLYPORT_SYNCD_POLICY_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

/* What the greeting offers, best first.  The md4 of clients that sent no list and speak less than protocol 30 is another one,
 * but as weak. */
enum login_digest { LOGIN_SHA512, LOGIN_SHA256, LOGIN_SHA1, LOGIN_MD5, LOGIN_MD4, LOGIN_MD4_OLD };

enum {
	LOGIN_CHALLENGE_SIZE = 90,	/* of SHA-512 in base64, and its NUL */
	LOGIN_GROUP_SIZE = 256,
	LOGIN_USER_MAX = 255,
};

/* The list of the greeting. */
extern const char login_digests[];

/* The digest of a login: the first of the client's list (words parted by blanks) that is known here.  LIST NULL: the client sent
 * none, and its protocol VERSION decides.  0, or E_UNSUPPORTED. */
int	 login_digest(const char *list, int version, enum login_digest *ret);

/* The name of a digest, as lists have it. */
const char *login_digest_name(enum login_digest d);

/* Is D as good as the weakest one that FLOOR ("auth digest"; NULL or "": any) allows?  0, E_DENIED, or E_UNSUPPORTED when no
 * digest is called that. */
int	 login_floor(const char *floor, enum login_digest d);

/* Fills RET with a challenge that cannot be guessed.  0, or E_UNSUPPORTED when there are no random bytes or no digest. */
int	 login_challenge(enum login_digest d, char ret[LOGIN_CHALLENGE_SIZE]);

/* What a client that knows PASSWORD (N bytes) answers to CHALLENGE.  0, or E_UNSUPPORTED. */
int	 login_response(enum login_digest d, const char *password, size_t n, const char *challenge, char ret[LOGIN_CHALLENGE_SIZE]);

enum login_access { LOGIN_AS_MODULE, LOGIN_READ_ONLY, LOGIN_READ_WRITE };

/* What the rule that matched says. */
struct login_rule {
	enum login_access access;
	bool denied;
	char group[LOGIN_GROUP_SIZE];	/* the group's name when it was a rule for groups, else "" */
};

/* Has the system's user USER a group whose name matches PATTERN?  Then its name is in RET. */
typedef bool login_in_group(void *arg, const char *user, const char *pattern, char ret[LOGIN_GROUP_SIZE]);

/* The first rule of RULES ("auth users") that matches USER.  0, E_DENIED when none does, or -ENOMEM. */
int	 login_rule(const char *rules, const char *user, login_in_group *in_group, void *arg, struct login_rule *ret);

enum login_verdict { LOGIN_RIGHT, LOGIN_NO_SECRET, LOGIN_MISMATCH };

/* Does RESPONSE answer CHALLENGE with the secret that TEXT (SIZE bytes, a secrets file) has for USER, or for @GROUP when GROUP is not
 * ""?  Takes as long for a user without a line as for one with another password. */
enum login_verdict login_check(const char *text, size_t size, const char *user, const char *group, enum login_digest d,
	    const char *challenge, const char *response);

#endif
