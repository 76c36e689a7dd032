#include "client-wrap/settings.h"

#include <limits.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "client-wrap/args.h"
#include "client-wrap/options.h"
#include "client-wrap/status.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/num.h"

enum { SECONDS_MAX = 3600, SESSION_LIFE = 86400 };

static const char *
env(enum wrap_option option)
{
	const char *text = getenv(wrap_options[option].env);

	return is_set(text) ? text : NULL;
}

static int
bad(const char *what, const char *text)
{
	log_error("%s: %.100s", what, text);
	return WRAP_SETUP;
}

/* A variable that was meant to hold something: fail rather than check nothing. */
static int
check_empty(void)
{
	for (size_t i = 0; i < WRAP_OPTIONS; i++) {
		const char *text = getenv(wrap_options[i].env);

		if (text != NULL && text[0] == '\0' && !wrap_options[i].may_be_empty)
			return bad("is empty; unset it, or, to turn verification off, set RSYNC_SSL_CA_CERT to off", wrap_options[i].env);
	}
	return 0;
}

static int
read_hosts(struct settings *s)
{
	char path[PATH_MAX], text[sizeof(struct conf_err)];
	struct conf_err e = { "", 0, "" };
	int r;

	if (hosts_path(path, sizeof path) != 0 || (r = hosts_find(path, s->host, &s->entry, &e)) == 0)
		return 0;
	log_error("%s", r == E_CONF ? conf_err_print(&e, text, sizeof text) : err_text(r));
	return WRAP_SETUP;
}

/* An explicit port of URL or --port comes first. */
static int
choose_port(struct settings *s, unsigned given)
{
	const char *text = env(WRAP_PORT);
	int64_t port = given;

	if (port == 0 && text != NULL && num_parse(text, 0, 65535, &port) != 0)
		return bad("not a port", text);
	if (port == 0)
		port = s->entry.port != 0 ? s->entry.port : SETTINGS_PORT;
	snprintf(s->port, sizeof s->port, "%d", (int)port);
	return 0;
}

/* Whom the certificate has to name. */
static void
expect_name(struct settings *s)
{
	const char *skip = env(WRAP_SKIP_NAME);
	struct addr literal;

	s->one_name[0] = (char *)s->name;
	if (skip != NULL && strcmp(skip, "1") == 0)
		return;
	if (addr_parse(s->name, 0, &literal) == 0)
		s->tls.ips = (struct opt_list){ s->one_name, 1 };
	else
		s->tls.hosts = (struct opt_list){ s->one_name, 1 };
}

static int
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Whom to believe: a CA, the machine's CAs, a pin, or, when asked for in so many words, anybody. */
static int
choose_trust(struct settings *s)
{
	const char *ca = env(WRAP_CA), *pin = env(WRAP_PIN), *crl = env(WRAP_CRL);

	ca = ca != NULL ? ca : s->entry.ca;
	pin = pin != NULL ? pin : s->entry.pin;
	crl = crl != NULL ? crl : s->entry.crl;
	if (pin != NULL && args_pin(pin, s->pin) != 0)
		return bad("not a pin (sha256:HEX or sha256//BASE64)", pin);
	s->pinned = pin != NULL;
	if (crl != NULL && ((ca == NULL && s->pinned) || (ca != NULL && strcmp(ca, "off") == 0)))
		return bad("revoked certificates are only looked for where there is a CA (--tls-ca=system is the machine's)", crl);
	if ((ca == NULL && s->pinned) || (ca != NULL && strcmp(ca, "off") == 0))
		return 0;
	s->tls.ca_system = ca == NULL || strcmp(ca, "system") == 0;
	if (!s->tls.ca_system)
		*(is_dir(ca) ? &s->tls.ca_dir : &s->tls.ca_file) = (char *)ca;
	if (crl != NULL)
		*(is_dir(crl) ? &s->tls.crl_path : &s->tls.crl_file) = (char *)crl;
	verify_set_chain(&s->tls.plain.verify, 1);
	expect_name(s);
	return 0;
}

static int
choose_versions(struct settings *s)
{
	const char *min = env(WRAP_MIN);

	s->tls.plain.version_min = TLS1_2_VERSION;
	if (min == NULL || strcmp(min, "1.2") == 0 || strcmp(min, "TLSv1.2") == 0)
		return 0;
	if (strcmp(min, "1.3") != 0 && strcmp(min, "TLSv1.3") != 0)
		return bad("--tls-min is 1.2 or 1.3, not", min);
	s->tls.plain.version_min = TLS1_3_VERSION;
	return 0;
}

/* The library has two lists: a version of which none is named is not spoken. */
static int
choose_ciphers(struct settings *s)
{
	const char *list = env(WRAP_CIPHERS);
	size_t size = list == NULL ? 0 : strlen(list) + 2;

	if (list == NULL)
		return 0;
	if ((s->suites = calloc(1, size)) == NULL || (s->ciphers = calloc(1, size)) == NULL)
		return bad("cannot start", "out of memory");
	for (size_t n; *list != '\0'; list += n + (list[n] == ':')) {
		char *to = strncmp(list, "TLS_", 4) == 0 ? s->suites : s->ciphers;

		n = strcspn(list, ":");
		snprintf(to + strlen(to), size - strlen(to), "%s%.*s", to[0] == '\0' ? "" : ":", (int)n, list);
	}
	if (s->suites[0] == '\0')
		s->tls.plain.version_max = TLS1_2_VERSION;
	else
		s->tls.suites = s->suites;
	if (s->ciphers[0] == '\0')
		s->tls.plain.version_min = TLS1_3_VERSION;
	else
		s->tls.ciphers = s->ciphers;
	return 0;
}

static int
choose_resume(struct settings *s)
{
	const char *text = env(WRAP_RESUME);

	s->resume = 1;
	if (text != NULL && strcmp(text, "off") != 0 && num_bool(text, &s->resume) != 0)
		return bad("--tls-resume is yes or no, not", text);
	if (text != NULL && strcmp(text, "off") == 0)
		s->resume = 0;
	return 0;
}

static int
choose_proxy(struct settings *s)
{
	const char *text = env(WRAP_PROXY), *at = text == NULL ? NULL : strrchr(text, '@');

	if (text == NULL || strcmp(text, "off") == 0)
		return 0;
	if (operand_authority(text, strlen(text), &s->proxy) != 0 || s->proxy.port == 0)	/* what may hold a password is not repeated */
		return bad("the proxy is [USER:PASSWORD@]HOST:PORT, not", at == NULL ? text : at + 1);
	s->has_proxy = 1;
	return 0;
}

/* What rsync was told. */
static int
choose_way(struct settings *s)
{
	const char *seconds = env(WRAP_CONTIMEOUT), *address = env(WRAP_ADDRESS), *family = env(WRAP_FAMILY);
	int64_t v = 0;

	if (seconds != NULL && num_parse(seconds, 0, INT32_MAX, &v) != 0)
		return bad("--contimeout takes a number of seconds, not", seconds);
	s->seconds = v == 0 ? SETTINGS_SECONDS : v > SECONDS_MAX ? SECONDS_MAX : (unsigned)v;
	s->family = family == NULL ? AF_UNSPEC : family[0] == '4' ? AF_INET : AF_INET6;
	if (address == NULL)
		return 0;
	if (address[0] == '/' || addr_parse(address, 0, &s->address) != 0)
		return bad("--address takes an IP address, not", address);
	s->has_address = 1;
	return 0;
}

int
settings_read(struct settings *s, const char *host, unsigned port)
{
	const char *name = env(WRAP_NAME);
	int status;

	*s = (struct settings){ .host = host, .verbose = env(WRAP_VERBOSE) != NULL };
	if ((status = check_empty()) != 0 || (status = read_hosts(s)) != 0 || (status = choose_port(s, port)) != 0)
		return status;
	s->name = name != NULL ? name : s->entry.name != NULL ? s->entry.name : host;
	s->tls = (struct tls_conf){ .client = 1, .level = -1, .cache_seconds = SESSION_LIFE, .curves = (char *)env(WRAP_GROUPS) };
	s->tls.cert = (char *)(env(WRAP_CERT) != NULL ? env(WRAP_CERT) : s->entry.cert);
	s->tls.key = (char *)(env(WRAP_KEY) != NULL || env(WRAP_CERT) != NULL ? env(WRAP_KEY) : s->entry.key);
	if ((status = choose_versions(s)) != 0 || (status = choose_trust(s)) != 0 || (status = choose_ciphers(s)) != 0 ||
	    (status = choose_resume(s)) != 0 || (status = choose_proxy(s)) != 0)
		return status;
	return choose_way(s);
}

void
settings_done(struct settings *s)
{
	host_entry_done(&s->entry);
	free(s->suites);
	free(s->ciphers);
	*s = (struct settings){ .host = NULL };
}
