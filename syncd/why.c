#include "syncd/why.h"

#include <ctype.h>
#include <limits.h>
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
#include "lib/log.h"
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

enum { TEXT_SIZE = 8192 };	/* a line of the file, and what is said of it */

/* What a point comes to: the client gets on, or it does not, or it depends on what is not known here. */
enum verdict { LETS, REFUSES, DEPENDS };

struct why {
	const struct syncd_conf *conf;
	const struct module_conf *m;
	struct addr peer;
	char host[HOSTNAME_SIZE];
	const char *part;	/* that is asked about now: "address", ... */
	bool refused, json;
	unsigned said;		/* points */
};

static const char *const access_words[] = {
	[LOGIN_AS_MODULE] = "as the module is", [LOGIN_READ_ONLY] = "for reading", [LOGIN_READ_WRITE] = "for reading and writing",
};

static void
put_object(const struct why *w, enum verdict v, const struct conf_place *at, const char *text)
{
	static const char *const verdicts[] = { [LETS] = "lets", [REFUSES] = "refuses", [DEPENDS] = "depends" };
	char path[6 * PATH_MAX], words[6 * TEXT_SIZE];

	printf("%s\n  {\"part\": \"%s\", \"verdict\": \"%s\", \"file\": \"%s\", \"line\": %u, \"text\": \"%s\"}", w->said > 0 ? "," : "[", w->part,
	    verdicts[v], log_json(at->path == NULL ? "" : at->path, path, sizeof path), at->line, log_json(text, words, sizeof words));
}

static void
put_line(const struct conf_place *at, const char *text)
{
	if (at->path != NULL && at->line > 0)
		printf("%s:%u: ", at->path, at->line);
	else if (at->path != NULL)
		printf("%s: ", at->path);
	printf("%s\n", text);
}

/* One point: what the parameter decides, with its place; NULL: none does. */
static void __attribute__((format(printf, 4, 5)))
say(struct why *w, enum verdict v, const char *param, const char *fmt, ...)
{
	const struct conf_place at = param == NULL ? (struct conf_place){ NULL, 0 } : conf_place(w->conf, w->m, param);
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	w->refused |= v == REFUSES;
	if (w->json)
		put_object(w, v, &at, text);
	else
		put_line(&at, text);
	w->said++;
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
	enum verdict v;
	struct hosts_facts f = { .peer = &w->peer, .name = w->host, .resolve = w->m->forward_lookup ? resolve : NULL, .arg = w };
	char token[64];
	bool named;

	for (int i = 0; i < 2; i++)
		if (is_set(i == 0 ? allow : deny) && hosts_bad_token(i == 0 ? allow : deny, token, sizeof token)) {
			say(w, REFUSES, i == 0 ? "hosts allow" : "hosts deny", "malformed: %s: nobody is let in", token);
			return;
		}
	v = hosts_check(allow, deny, &f) == HOSTS_ALLOW ? LETS : REFUSES;
	named = is_set(allow) && hosts_check(allow, NULL, &f) == HOSTS_ALLOW;
	list = named || !is_set(deny) ? "hosts allow" : "hosts deny";
	verdict = v == REFUSES ? "is refused" : "is let in";
	if (!is_set(allow) && !is_set(deny))
		say(w, LETS, NULL, "no \"hosts allow\" or \"hosts deny\": %s is let in", from);
	else
		say(w, v, list, "%s = %s: %s (%s) %s%s", list, named || !is_set(deny) ? allow : deny, from, w->host, verdict,
		    named || (v == REFUSES && is_set(deny)) ? "" : ", since it is not named");
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

/* As tls_users_judge goes through them. */
static int
judge_certificate(struct why *w, const struct why_question *q)
{
	struct identity id = { .tls = !q->no_tls, .verified = q->n_tls_names > 0 };
	struct identity_rule rule;
	char why[512];
	const char *param;

	for (size_t i = 0; i < q->n_tls_names; i++)
		if (!take_name(&id, q->tls_names[i])) {
			fprintf(stderr, "sallyport-syncd: --tls-name=%s: cn:NAME, dns:NAME, email:ADDRESS, uri:URI or key:SHA256 is wanted\n", q->tls_names[i]);
			return RERR_SYNTAX;
		}
	if (w->m->require_tls && id.tls)
		say(w, LETS, "require tls", "require tls = yes: who does not come by TLS is refused");
	if (tls_users_fault(w->m, why, sizeof why))
		say(w, REFUSES, "tls users", "%s: nobody is let in", why);
	else if (tls_users_judge(w->m, &id, &rule, &param, why, sizeof why) != 0)
		say(w, REFUSES, param, "%s = %s: %s", param, strcmp(param, "require tls") == 0 ? "yes" : w->m->tls_users, why);
	else if (!is_set(w->m->tls_users))
		say(w, LETS, NULL, "no \"tls users\": nobody is asked for a certificate");
	else
		say(w, LETS, "tls users", "tls users = %s: it is %s by %s, %s%s", w->m->tls_users, rule.name, rule.word, access_words[rule.access],
		    identity_is_plain(rule.name) ? "" : "; such a name gets into no path and is no uid");
	return 0;
}

/* --- the user ------------------------------------------------------------------------------- */

static void
judge_user(struct why *w, const char *user)
{
	struct login_rule rule;

	if (!list_has_words(w->m->auth_users))
		say(w, LETS, NULL, "no \"auth users\": nobody has to log in");
	else if (user == NULL)
		say(w, DEPENDS, "auth users", "auth users = %s: a login is asked for", w->m->auth_users);
	else if (secrets_rule(w->m, user, &rule) != 0)
		say(w, REFUSES, "auth users", "auth users = %s: %s matches no rule", w->m->auth_users, user);
	else if (rule.denied)
		say(w, REFUSES, "auth users", "auth users = %s: %s is denied", w->m->auth_users, user);
	else
		say(w, LETS, "auth users", "auth users = %s: %s may log in%s%s, %s", w->m->auth_users, user, rule.group[0] == '\0' ? "" : " as one of @",
		    rule.group, access_words[rule.access]);
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
		say(w, LETS, NULL, "%s%s is taken", word[1] == '\0' ? "-" : "--", word);
		return 0;
	}
	say(w, REFUSES, "refuse options", "refuse options = %s: %s%s is refused", w->m->refuse_options, word[1] == '\0' ? "-" : "--", word);
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
		say(w, REFUSES, fault.param, "%s: the module is closed", fault.text);
		return 0;
	}
	if ((r = rules_new(&rules)) != 0)
		return RERR_MALLOC;
	for (size_t i = 0; i < n && !hidden && r == 0; i++) {
		r = rules_add_config(rules, parts[i].source, parts[i].text);
		if (r == 0 && (hidden = rules_hidden(rules, path, dir)))
			say(w, REFUSES, parameter_of(parts[i].source), "\"%s\" hides %s", parameter_of(parts[i].source), text);
	}
	rules_free(rules);
	for (size_t i = 0; i < n; i++)		/* the others are the configuration's */
		if (parts[i].source == RULES_INCLUDE_LINES || parts[i].source == RULES_EXCLUDE_LINES)
			free((char *)(uintptr_t)parts[i].text);
	if (!hidden)
		say(w, LETS, NULL, "no rule hides %s", text);
	return r == 0 ? 0 : RERR_MALLOC;
}

/* How many there are at this moment is the lock file's to know. */
static void
judge_counts(struct why *w, const char *user)
{
	const struct { const char *param; int64_t most; } counts[] = {
		{ "max connections per address", w->m->max_per_address },
		{ "max connections", w->m->max_connections },
		{ "max connections per user", user == NULL ? 0 : w->m->max_per_user },
	};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (counts[i].most != 0)
			say(w, DEPENDS, counts[i].param, "%s = %lld: refused while as many are there", counts[i].param, (long long)counts[i].most);
}

/* All points, in the order in which the daemon asks.  0, or the exit code of what cannot be said. */
static int
judge_all(struct why *w, const struct why_question *q)
{
	int r;

	w->part = "address";
	learn_host(w);
	judge_hosts(w, q->from);
	w->part = "certificate";
	r = judge_certificate(w, q);
	w->part = "user";
	judge_user(w, q->user);
	w->part = "limit";
	judge_counts(w, q->user);
	w->part = "option";
	for (size_t i = 0; i < q->n_options && r == 0; i++)
		r = judge_option(w, q->options[i]);
	w->part = "path";
	if (q->path != NULL && r == 0)
		r = judge_path(w, q->path);
	return r;
}

int
why_main(const struct syncd_conf *conf, const struct why_question *q)
{
	struct why w = { .conf = conf, .part = "module", .json = q->json };
	int r = 0;

	if (q->module == NULL || q->from == NULL || addr_parse(q->from, 0, &w.peer) != 0) {
		fputs("sallyport-syncd: --why takes --module=MODULE and --from=ADDRESS, and any of --tls-name, --no-tls, --user, --option, --path\n", stderr);
		return RERR_SYNTAX;
	}
	if ((w.m = conf_module(conf, q->module)) == NULL)
		say(&w, REFUSES, NULL, w.json ? "there is no module %s" : "there is no module %s: refused", q->module);
	else
		r = judge_all(&w, q);
	if (r != 0)
		return r;
	if (w.json)
		puts("\n]");
	else if (w.m != NULL)
		puts(w.refused ? "refused" : "allowed");
	return w.refused ? RERR_STARTCLIENT : 0;
}
