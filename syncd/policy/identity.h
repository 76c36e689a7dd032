/* "tls users": which certificates a module lets in, and as whom (manual: TLS USERS).  Texts and facts in, verdict out; no file is opened
 * here. */
#ifndef SALLYPORT_SYNCD_POLICY_IDENTITY_H
#define SALLYPORT_SYNCD_POLICY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "syncd/policy/login.h"
#include "syncd/types.h"

enum { IDENTITY_WORD_SIZE = 512, IDENTITY_PLAIN_MAX = 64 };

/* What the rule that matched says. */
struct identity_rule {
	enum login_access access;
	bool denied;
	char name[IDENTITY_NAME_SIZE];		/* of the certificate, that matched: without its kind; a key in hexadecimal */
	char word[IDENTITY_WORD_SIZE];		/* the rule, as it stands in the list, cut to this */
};

/* The first rule of RULES ("tls users") that matches ID, with GROUPS, the text of "tls groups file" (NULL: there is none).  0, also for a rule
 * that denies; E_DENIED: no rule matches, or the certificate was not verified; E_FORMAT: a rule or group is malformed, and nobody is let in;
 * -ENOMEM. */
int identity_rule(const char *rules, const char *groups, const struct identity *id, struct identity_rule *ret);

/* Is there something wrong with RULES, or with what they name in GROUPS?  Then MESSAGE (SIZE bytes) says it.  True also for lack of memory. */
bool identity_fault(const char *rules, const char *groups, char *message, size_t size);

/* The same for the text of a groups file alone, which is at *RET_LINE. */
bool identity_groups_fault(const char *groups, unsigned *ret_line, char *message, size_t size);

/* May NAME stand in a path, or be a user's of this system?  Letters and digits of ASCII, "." "_" "@" "-", the first one a letter or a digit, 64
 * in all: so no separator, no name of another directory, no option, nothing that looks like another. */
bool identity_is_plain(const char *name);

#endif
