#include "tunnel/tls/tlssettings.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "lib/is_set.h"
#include "tunnel/tls/tlserr.h"

#define BETTER_GROUPS "X25519MLKEM768:" TLS_GROUPS

int
tls_set_protocol(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	int level = conf->level >= 0 ? (int)conf->level : SSL_CTX_get_security_level(ctx);

	SSL_CTX_set_security_level(ctx, conf->level < 0 && level < 2 ? 2 : level);
	if (!SSL_CTX_set_min_proto_version(ctx, conf->plain.version_min) ||
	    !SSL_CTX_set_max_proto_version(ctx, conf->plain.version_max))
		return tls_fail(e, "Invalid protocol version range", "");
	SSL_CTX_set_options(ctx, conf->plain.set | SSL_OP_NO_SSLv3 | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_clear_options(ctx, conf->plain.clear);
	if (!conf->renegotiation)
		SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	if (conf->ciphers != NULL && !SSL_CTX_set_cipher_list(ctx, conf->ciphers))
		return tls_fail(e, "SSL_CTX_set_cipher_list: ", conf->ciphers);
	if (conf->suites != NULL && !SSL_CTX_set_ciphersuites(ctx, conf->suites))
		return tls_fail(e, "SSL_CTX_set_ciphersuites: ", conf->suites);
	SSL_CTX_set_dh_auto(ctx, 1);
	return 0;
}

static SSL_CONF_CTX *
commands_for(const struct tls_conf *conf)
{
	SSL_CONF_CTX *c = SSL_CONF_CTX_new();

	if (c != NULL)
		SSL_CONF_CTX_set_flags(c, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CERTIFICATE |
		    (conf->client ? SSL_CONF_FLAG_CLIENT : SSL_CONF_FLAG_SERVER));
	return c;
}

/* The lines of a section that was chosen by name, for a connection that another one began.  What files hold (keys, trust)
 * belongs to the context, which it has by now; a worker could not read them. */
int
tls_switch_commands(SSL *ssl, const struct tls_conf *conf)
{
	SSL_CONF_CTX *c = conf->commands.n == 0 ? NULL : commands_for(conf);
	char name[64];
	int r = conf->commands.n == 0 || c != NULL;

	if (c != NULL)
		SSL_CONF_CTX_set_ssl(c, ssl);
	for (size_t i = 0; i < conf->commands.n && r > 0; i++) {
		const char *text = conf->commands.v[i];
		size_t n = strcspn(text, ":");
		int type;

		snprintf(name, sizeof name, "%.*s", (int)n, text);
		type = SSL_CONF_cmd_value_type(c, name);
		if (type != SSL_CONF_TYPE_FILE && type != SSL_CONF_TYPE_DIR && type != SSL_CONF_TYPE_STORE)
			r = SSL_CONF_cmd(c, name, text[n] == ':' ? text + n + 1 : NULL);
	}
	if (r > 0 && c != NULL)
		r = SSL_CONF_CTX_finish(c);
	SSL_CONF_CTX_free(c);
	return r > 0;
}

/* Lines of "config": COMMAND[:PARAMETER], as the library's configuration files have them. */
int
tls_run_commands(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	SSL_CONF_CTX *c = conf->commands.n == 0 ? NULL : commands_for(conf);
	char name[64];
	int r = 1;

	if (c == NULL)
		return 0;
	SSL_CONF_CTX_set_ssl_ctx(c, ctx);
	for (size_t i = 0; i < conf->commands.n && r > 0; i++) {
		const char *text = conf->commands.v[i];
		size_t n = strcspn(text, ":");

		snprintf(name, sizeof name, "%.*s", (int)n, text);
		if ((r = SSL_CONF_cmd(c, name, text[n] == ':' ? text + n + 1 : NULL)) == -2)
			conf_err_set(e, NULL, 0, "OpenSSL config command \"%s\" was not recognised", name);
		else if (r <= 0)
			tls_fail(e, "OpenSSL config command failed: ", text);
	}
	if (r > 0 && SSL_CONF_CTX_finish(c) != 1) {
		tls_fail(e, "OpenSSL config commands failed", "");
		r = 0;
	}
	SSL_CONF_CTX_free(c);
	return r > 0 ? 0 : E_CONF;
}

/* Unless somebody chose the groups: first the one that holds against tomorrow's machines too, where
 * the library has it. */
int
tls_set_groups(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	if (!is_set(conf->curves))
		return 0;
	if (strcmp(conf->curves, TLS_GROUPS) == 0 && SSL_CTX_set1_groups_list(ctx, BETTER_GROUPS))
		return 0;
	ERR_clear_error();
	return SSL_CTX_set1_groups_list(ctx, conf->curves) ? 0 : tls_fail(e, "Invalid groups list in 'curves'", "");
}

int
tls_switch_groups(SSL *ssl, const struct tls_conf *conf)
{
	if (!is_set(conf->curves) || (strcmp(conf->curves, TLS_GROUPS) == 0 && SSL_set1_groups_list(ssl, BETTER_GROUPS)))
		return 1;
	ERR_clear_error();
	return (int)SSL_set1_groups_list(ssl, conf->curves);
}
