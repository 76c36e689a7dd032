#include "tunnel/tls/provider.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "tunnel/tls/tlserr.h"

int
tls_parameter_parts(const char *text, size_t *ret_provider, size_t *ret_name)
{
	const char *colon = strchr(text, ':'), *equals = colon == NULL ? NULL : strchr(colon + 1, '=');

	if (equals == NULL || colon == text || equals == colon + 1)
		return E_FORMAT;
	if (ret_provider != NULL)
		*ret_provider = (size_t)(colon - text);
	if (ret_name != NULL)
		*ret_name = (size_t)(equals - colon - 1);
	return 0;
}

int
tls_fips_is_forced(void)
{
	return EVP_default_properties_is_fips_enabled(NULL);
}

#if OPENSSL_VERSION_PREREQ(3, 2)
enum { PARAMETERS_MAX = 64 };

static OSSL_PROVIDER *
load_provider(const char *provider, const struct opt_list *parameters)
{
	OSSL_PARAM all[PARAMETERS_MAX + 1];
	char names[PARAMETERS_MAX][64];
	size_t n = 0, n_provider, n_name;

	for (size_t i = 0; i < parameters->n && n < PARAMETERS_MAX; i++) {
		const char *text = parameters->v[i];

		tls_parameter_parts(text, &n_provider, &n_name);
		if (strlen(provider) != n_provider || strncmp(provider, text, n_provider) != 0)
			continue;
		snprintf(names[n], sizeof names[n], "%.*s", (int)n_name, text + n_provider + 1);
		all[n] = OSSL_PARAM_construct_utf8_string(names[n], (char *)text + n_provider + n_name + 2, 0);
		n++;
	}
	all[n] = OSSL_PARAM_construct_end();
	return OSSL_PROVIDER_load_ex(NULL, provider, all);
}

static int
can_take_parameters(struct conf_err *e)
{
	(void)e;
	return 1;
}
#else
static OSSL_PROVIDER *
load_provider(const char *provider, const struct opt_list *parameters)
{
	(void)parameters;
	return OSSL_PROVIDER_load(NULL, provider);
}

static int
can_take_parameters(struct conf_err *e)
{
	conf_err_set(e, NULL, 0, "Global options: \"providerParameter\" needs OpenSSL 3.2 or newer, this is %s",
	    OpenSSL_version(OPENSSL_VERSION_STRING));
	return 0;
}
#endif

/* Each names a provider that is loaded, or it would be ignored. */
static int
check_parameters(const struct opt_list *parameters, const struct opt_list *providers, struct conf_err *e)
{
	for (size_t i = 0; i < parameters->n; i++) {
		size_t n, at = 0;

		tls_parameter_parts(parameters->v[i], &n, NULL);
		while (at < providers->n && (strlen(providers->v[at]) != n || strncmp(providers->v[at], parameters->v[i], n) != 0))
			at++;
		if (at == providers->n)
			return conf_err_set(e, NULL, 0, "Global options: Provider not found: %s", parameters->v[i]);
	}
	return parameters->n == 0 || can_take_parameters(e) ? 0 : E_CONF;
}

int
tls_prepare(const struct opt_list *providers, const struct opt_list *parameters, int fips, struct conf_err *e)
{
	int r = check_parameters(parameters, providers, e);

	if (r != 0)
		return r;
	if (providers->n > 0 && OSSL_PROVIDER_load(NULL, "default") == NULL)	/* it would be left out else */
		return tls_fail(e, "Failed to load provider: ", "default");
	for (size_t i = 0; i < providers->n; i++)
		if (load_provider(providers->v[i], parameters) == NULL)
			return tls_fail(e, "Failed to load provider: ", providers->v[i]);
	if (!fips)
		return 0;
	if (OSSL_PROVIDER_load(NULL, "fips") == NULL || OSSL_PROVIDER_load(NULL, "base") == NULL ||
	    !EVP_default_properties_enable_fips(NULL, 1))
		return tls_fail(e, "Global options: Failed to initialize TLS: FIPS support is not available", "");
	return 0;
}
