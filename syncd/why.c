#include "syncd/why.h"

#include <ctype.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/is_set.h"
#include "syncd/hostname.h"
#include "syncd/module_filter.h"
#include "syncd/policy/hosts.h"
#include "syncd/policy/list.h"
#include "syncd/policy/option_table.h"
#include "syncd/policy/refuse.h"
#include "syncd/policy/rules.h"
#include "syncd/secrets.h"
#include "syncd/tls_users.h"
#include "syncd/types.h"

struct why {
	const struct syncd_conf *conf;
	const struct module_conf *m;
	struct addr peer;
	char host[HOSTNAME_SIZE];
	bool refused;
};

static const char *const access_words[] = {
	[LOGIN_AS_MODULE] = "as the module is", [LOGIN_READ_ONLY] = "for reading", [LOGIN_READ_WRITE] = "for reading and writing",
};

/* A line about what a parameter decides, with its place. */
static void __attribute__((format(printf, 3, 4)))
say(const struct why *w, const char *param, const char *fmt, ...)
{
	const struct conf_place at = conf_place(w->conf, w->m, param);
	va_list ap;

	if (at.line > 0)
		printf("%s:%u: ", at.path, at.line);
	else
		printf("%s: ", at.path);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* --- the address --------------------------------------------------------------------------- */

static int
resolve(void *arg, const char *token)
{
	const struct why *w = arg;

	return token[0] == '@' ? innetgr(token + 1, w->host, NULL, NULL) : hostname_leads_to(token, &w->peer, AF_INET);
}

static void
learn_host(struct why *w)
{
	snprintf(w->host, sizeof w->host, "undetermined");
	if (w->m->reverse_lookup && hostname_of(&w->peer, w->host) != HOSTNAME_FOUND)
		snprintf(w->host, sizeof w->host, "unknown");
	for (char *p = w->host; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* The list that decides, as hosts_check goes through them. */
static void
judge_hosts(struct why *w, const char *from)
{
	const char *allow = w->m->hosts_allow, *deny = w->m->hosts_deny, *list, *verdict;
	struct hosts_facts f = { .peer = &w->peer, .name = w->host, .resolve = w->m->forward_lookup ? resolve : NULL, .arg = w };
	char token[64];
	bool named;

	for (int i = 0; i < 2; i++)
		if (is_set(i == 0 ? allow : deny) && hosts_bad_token(i == 0 ? allow : deny, token, sizeof token)) {
			say(w, i == 0 ? "hosts allow" : "hosts deny", "malformed: %s: nobody is let in", token);
			w->refused = true;
			return;
		}
	w->refused = hosts_check(allow, deny, &f) != HOSTS_ALLOW;
	named = is_set(allow) && hosts_check(allow, NULL, &f) == HOSTS_ALLOW;
	list = named || !is_set(deny) ? "hosts allow" : "hosts deny";
	verdict = w->refused ? "is refused" : "is let in";
	if (!is_set(allow) && !is_set(deny))
		printf("no \"hosts allow\" or \"hosts deny\": %s is let in\n", from);
	else
		say(w, list, "%s = %s: %s (%s) %s%s", list, named || !is_set(deny) ? allow : deny, from, w->host, verdict,
		    named || (w->refused && is_set(deny)) ? "" : ", since it is not named");
}

/* --- the certificate --------------------------------------------------------------------------- */

/* False: the word is no name that a certificate has. */
static bool
take_name(struct identity *id, const char *word)
{
	size_t used = strlen(id->names);

	if (strncmp(word, "cn:", 3) == 0)
		return (size_t)snprintf(id->common_name, sizeof id->common_name, "%s", word + 3) < sizeof id->common_name;
	if (strncmp(word, "key:", 4) == 0)
		return snprintf(id->key, sizeof id->key, "%s", word + 4) == sizeof id->key - 1;
	if (strncmp(word, "dns:", 4) != 0 && strncmp(word, "email:", 6) != 0 && strncmp(word, "uri:", 4) != 0)
		return false;
	return (size_t)snprintf(id->names + used, sizeof id->names - used, "%s%s", used > 0 ? "\n" : "", word) < sizeof id->names - used;
}

/* As tls_users_judge goes through them, for a client that comes by TLS. */
static int
judge_certificate(struct why *w, const struct why_question *q)
{
	struct identity id = { .tls = true, .verified = q->n_tls_names > 0 };
	struct identity_rule rule;
	char why[512];
	const char *param;

	for (size_t i = 0; i < q->n_tls_names; i++)
		if (!take_name(&id, q->tls_names[i])) {
			fprintf(stderr, "sallyport-syncd: --tls-name=%s: cn:NAME, dns:NAME, email:ADDRESS, uri:URI or key:SHA256 is wanted\n", q->tls_names[i]);
			return RERR_SYNTAX;
		}
	if (w->m->require_tls)
		say(w, "require tls", "require tls = yes: who does not come by TLS is refused");
	if (!is_set(w->m->tls_users)) {
		puts("no \"tls users\": nobody is asked for a certificate");
	} else if (tls_users_fault(w->m, why, sizeof why)) {
		say(w, "tls users", "%s: nobody is let in", why);
		w->refused = true;
	} else if (tls_users_judge(w->m, &id, &rule, &param, why, sizeof why) != 0) {
		say(w, param, "tls users = %s: %s", w->m->tls_users, why);
		w->refused = true;
	} else {
		say(w, "tls users", "tls users = %s: it is %s by %s, %s%s", w->m->tls_users, rule.name, rule.word, access_words[rule.access],
		    identity_is_plain(rule.name) ? "" : "; such a name gets into no path and is no uid");
	}
	return 0;
}

/* --- the user ------------------------------------------------------------------------------- */

static void
judge_user(struct why *w, const char *user)
{
	struct login_rule rule;
	int r;

	if (!list_has_words(w->m->auth_users)) {
		puts("no \"auth users\": nobody has to log in");
		return;
	}
	if (user == NULL) {
		say(w, "auth users", "auth users = %s: a login is asked for", w->m->auth_users);
		return;
	}
	r = secrets_rule(w->m, user, &rule);
	if (r != 0 || rule.denied) {
		say(w, "auth users", "auth users = %s: %s %s", w->m->auth_users, user, r != 0 ? "matches no rule" : "is denied");
		w->refused = true;
	} else {
		say(w, "auth users", "auth users = %s: %s may log in%s%s, %s", w->m->auth_users, user, rule.group[0] == '\0' ? "" : " as one of @",
		    rule.group, access_words[rule.access]);
	}
}

/* --- an option ------------------------------------------------------------------------------- */

static int
judge_option(struct why *w, const char *text)
{
	const char *word = text + strspn(text, "-");
	const struct option_row *row = option_by_word(word), *refused;
	struct refusals refusals;

	if (row == NULL) {
		fprintf(stderr, "sallyport-syncd: --option=%s: rsync has no such option for a daemon\n", text);
		return RERR_SYNTAX;
	}
	refuse_words(&refusals, w->m->refuse_options, NULL, NULL);
	if ((refused = refuse_row(&refusals, row)) == NULL) {
		printf("%s%s is taken\n", word[1] == '\0' ? "-" : "--", word);
		return 0;
	}
	say(w, "refuse options", "refuse options = %s: %s%s is refused", w->m->refuse_options, word[1] == '\0' ? "-" : "--", word);
	w->refused = true;
	return 0;
}

/* --- a path ----------------------------------------------------------------------------------- */

static const char *
parameter_of(enum rules_source source)
{
	static const char *const names[] = {
		[RULES_FILTER] = "filter", [RULES_INCLUDE_LIST] = "include", [RULES_EXCLUDE_LIST] = "exclude",
		[RULES_INCLUDE_LINES] = "include from", [RULES_EXCLUDE_LINES] = "exclude from",
	};

	return names[source];
}

/* Without slashes at the ends; is it a directory? */
static bool
cut_path(const char *text, char *path, size_t size)
{
	size_t n;
	bool dir;

	snprintf(path, size, "%s", text + strspn(text, "/"));
	n = strlen(path);
	dir = n > 0 && path[n - 1] == '/';
	while (n > 0 && path[n - 1] == '/')
		path[--n] = '\0';
	return dir;
}

/* The first rule that matches decides: the parameter that hides the path is the first with which it is hidden. */
static int
judge_path(struct why *w, const char *text)
{
	struct boot_rules parts[BOOT_RULES_MAX];
	struct filter_fault fault;
	struct rules *rules = NULL;
	char path[NAME_BYTES_MAX];
	bool dir = cut_path(text, path, sizeof path), hidden = false;
	size_t n = 0;
	int r;

	if (module_filter(w->m, parts, &n, &fault) != 0) {
		say(w, fault.param, "%s: the module is closed", fault.text);
		w->refused = true;
		return 0;
	}
	if ((r = rules_new(&rules)) != 0)
		return RERR_MALLOC;
	for (size_t i = 0; i < n && !hidden && r == 0; i++) {
		r = rules_add_config(rules, parts[i].source, parts[i].text);
		if (r == 0 && (hidden = rules_hidden(rules, path, dir))) {
			say(w, parameter_of(parts[i].source), "\"%s\" hides %s", parameter_of(parts[i].source), text);
			w->refused = true;
		}
	}
	rules_free(rules);
	for (size_t i = 0; i < n; i++)		/* the others are the configuration's */
		if (parts[i].source == RULES_INCLUDE_LINES || parts[i].source == RULES_EXCLUDE_LINES)
			free((char *)(uintptr_t)parts[i].text);
	if (!hidden)
		printf("no rule hides %s\n", text);
	return r == 0 ? 0 : RERR_MALLOC;
}

/* How many there are at this moment is the lock file's to know. */
static void
judge_counts(const struct why *w, const char *user)
{
	const struct { const char *param; int64_t most; } counts[] = {
		{ "max connections per address", w->m->max_per_address },
		{ "max connections", w->m->max_connections },
		{ "max connections per user", user == NULL ? 0 : w->m->max_per_user },
	};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (counts[i].most != 0)
			say(w, counts[i].param, "%s = %lld: refused while as many are there", counts[i].param, (long long)counts[i].most);
}

int
why_main(const struct syncd_conf *conf, const struct why_question *q)
{
	struct why w = { .conf = conf };
	int r = 0;

	if (q->module == NULL || q->from == NULL || addr_parse(q->from, 0, &w.peer) != 0) {
		fputs("sallyport-syncd: --why takes --module=MODULE and --from=ADDRESS, and any of --tls-name, --user, --option, --path\n", stderr);
		return RERR_SYNTAX;
	}
	if ((w.m = conf_module(conf, q->module)) == NULL) {
		printf("there is no module %s: refused\n", q->module);
		return RERR_STARTCLIENT;
	}
	learn_host(&w);
	judge_hosts(&w, q->from);
	r = judge_certificate(&w, q);
	judge_user(&w, q->user);
	judge_counts(&w, q->user);
	if (q->option != NULL && r == 0)
		r = judge_option(&w, q->option);
	if (q->path != NULL && r == 0)
		r = judge_path(&w, q->path);
	if (r != 0)
		return r;
	printf("%s\n", w.refused ? "refused" : "allowed");
	return w.refused ? RERR_STARTCLIENT : 0;
}
