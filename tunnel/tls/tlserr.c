#include "tunnel/tls/tlserr.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

const char *
tls_error(char *dst, size_t size)
{
	const char *file, *func, *data;
	char text[256];
	int line, flags;
	unsigned long code = ERR_get_error_all(&file, &line, &func, &data, &flags);

	dst[0] = '\0';
	if (code == 0)
		return dst;
	ERR_error_string_n(code, text, sizeof text);
	snprintf(dst, size, "%s@%s:%d: %s", func, file, line, text);
	ERR_clear_error();
	return dst;
}

int
tls_fail(struct conf_err *e, const char *what, const char *detail)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	if (code == 0)
		return conf_err_set(e, NULL, 0, "%s%s", what, detail);
	if (ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	conf_err_set(e, NULL, 0, "%s%s: %s", what, detail, reason == NULL ? "unknown error" : reason);
	ERR_clear_error();
	return E_CONF;
}
