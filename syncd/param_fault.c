/* What is wrong with a parameter's value: the monitor logs it when a session starts, --check-config before. */
#include "syncd/param_fault.h"

#include <stdio.h>

#include "syncd/policy/chmod.h"
#include "syncd/policy/hosts.h"
#include "syncd/policy/params.h"
#include "syncd/policy/refuse.h"
#include "syncd/session/charset.h"
#include "syncd/tls_users.h"

enum { TOKEN_SIZE = 128 };

static bool
modes_are_wrong(const char *text)
{
	struct chmod_list *l = NULL;
	bool wrong = chmod_parse(text, &l) != 0;

	chmod_free(l);
	return wrong;
}

static bool
charset_is_unknown(const char *name)
{
	struct charset *charset = NULL;
	bool unknown = charset_new(name, &charset) != 0;

	charset_free(charset);
	return unknown;
}

/* The first word that no option is called. */
static void
note_first(void *arg, const char *word)
{
	char *token = arg;

	if (token[0] == '\0')
		snprintf(token, TOKEN_SIZE, "%s", word);
}

bool
param_fault(const struct opt *row, const void *conf, char *message, size_t size)
{
	const char *text = param_text(row, conf);
	struct refusals refusals;
	char token[TOKEN_SIZE];

	if (text == NULL || text[0] == '\0')
		return false;
	switch (param_use(row).check) {
	case CHECK_HOSTS:
		if (!hosts_bad_token(text, token, sizeof token))
			return false;
		snprintf(message, size, "\"%s\" has a malformed address or mask: %s", row->name, token);
		return true;
	case CHECK_MODES:
		snprintf(message, size, "invalid \"%s\" directive: %s", row->name, text);
		return modes_are_wrong(text);
	case CHECK_OPTIONS:
		token[0] = '\0';
		refuse_words(&refusals, text, note_first, token);
		snprintf(message, size, "No match for refuse-options string \"%s\"", token);
		return token[0] != '\0';
	case CHECK_CHARSET:
		snprintf(message, size, "charset %s is not known here", text);
		return charset_is_unknown(text);
	case CHECK_TLS_USERS:	/* a module's row */
		return tls_users_fault(conf, message, size);
	default:
		return false;
	}
}
