#include "tunnel/service/sni.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "tunnel/tls/peercert.h"
#include "tunnel/tls/tlsctx.h"

int
sni_matches(const char *pattern, const char *name)
{
	size_t n, m;

	if (pattern[0] != '*')
		return strcasecmp(pattern, name) == 0;
	n = strlen(name);
	m = strlen(++pattern);
	return n >= m && strcasecmp(name + n - m, pattern) == 0;
}

/* The section of that name that stands before this one; the last of several. */
static struct service *
find_primary(struct service_set *set, size_t before, const char *name, size_t n)
{
	for (size_t i = before; i-- > 0;)
		if (strncmp(set->v[i].conf->name, name, n) == 0 && set->v[i].conf->name[n] == '\0')
			return &set->v[i];
	return NULL;
}

/* What is said before TLS, and done about it, is the primary's: no name was heard yet. */
static int
talks_too_early(const struct tun_service *primary, const struct tun_service *conf)
{
	return starttls_precedes(primary->protocol) || starttls_precedes(conf->protocol);
}

static int
link_one(struct service_set *set, size_t i, struct conf_err *e)
{
	const char *name = set->v[i].conf->name, *sni = set->v[i].conf->sni, *colon = strchr(sni, ':');
	const struct service **v;
	struct service *primary;

	if (colon == NULL || colon == sni || colon[1] == '\0')
		return conf_err_set(e, NULL, 0, "Service [%.100s]: Invalid SNI parameter format", name);
	if ((primary = find_primary(set, i, sni, (size_t)(colon - sni))) == NULL)
		return conf_err_set(e, NULL, 0, "Service [%.100s]: SNI section name not found", name);
	if (primary->conf->tls.client)
		return conf_err_set(e, NULL, 0, "Service [%.100s]: SNI primary service is a TLS client", name);
	if (talks_too_early(primary->conf, set->v[i].conf))
		return conf_err_set(e, NULL, 0, "Service [%.100s]: \"sni\" is incompatible with a protocol that talks before TLS", name);
	if ((v = realloc(primary->virtuals, (primary->n_virtuals + 1) * sizeof(*v))) == NULL)
		return -ENOMEM;
	primary->virtuals = v;
	primary->virtuals[primary->n_virtuals++] = &set->v[i];
	return 0;
}

int
sni_link(struct service_set *set, struct conf_err *e)
{
	int r = 0;

	for (size_t i = 0; i < set->n && r == 0; i++)
		if (!set->v[i].conf->tls.client && set->v[i].conf->sni != NULL)
			r = link_one(set, i, e);
	return r;
}

static void
tell(SSL *ssl, int level, const char *what, const char *name, const char *end)
{
	char text[320];

	snprintf(text, sizeof text, "%s%.255s%s", what, name, end);
	peercert_say(ssl, level, text);
}

const struct service *
sni_choose(const struct service *s, SSL *ssl, const char *name)
{
	if (s->n_virtuals == 0) {
		tell(ssl, LOG_DEBUG, "SNI: no virtual services defined", "", "");
		return s;
	}
	if (name == NULL) {
		tell(ssl, LOG_NOTICE, "SNI: no servername received", "", "");
		return s;
	}
	tell(ssl, LOG_INFO, "SNI: requested servername: ", name, "");
	for (size_t i = 0; i < s->n_virtuals; i++) {
		const struct service *v = s->virtuals[i];

		if (!sni_matches(strchr(v->conf->sni, ':') + 1, name))
			continue;
		tell(ssl, LOG_DEBUG, "SNI: matched pattern: ", strchr(v->conf->sni, ':') + 1, "");
		tell(ssl, LOG_NOTICE, "SNI: switched to service [", v->conf->name, "]");
		return tlsctx_switch(ssl, v->tls) == 0 ? v : NULL;
	}
	tell(ssl, LOG_ERR, "SNI: no pattern matched servername: ", name, "");
	return s;
}
