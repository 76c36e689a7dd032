#include "syncd/shadow.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "syncd/policy/list.h"
#include "syncd/policy/params.h"
#include "syncd/secrets.h"

/* --- loading ---------------------------------------------------------------------------------------- */

struct told {
	conf_warn *warn;
	void *arg;
};

static void
tell(void *arg, const char *text)
{
	const struct told *t = arg;
	char line[1200];

	snprintf(line, sizeof line, "shadow policy: %s", text);
	t->warn(t->arg, line);
}

void
shadow_load(struct syncd_conf *c, conf_warn *warn, void *arg)
{
	struct told t = { warn, arg };
	struct conf_err e;
	char text[1024];

	if (is_set(c->global.shadow_policy) && conf_load(c->global.shadow_policy, NULL, 0, tell, &t, &c->shadow, &e) != 0)
		tell(&t, conf_err_print(&e, text, sizeof text));
}

/* --- asking ----------------------------------------------------------------------------------------- */

/* "FILE:LINE param = value" of what would have decided; param NULL: nothing does, it is that the module is there at all. */
static void
differs(const struct shadow_case *c, const struct module_conf *m, const char *param, const char *would)
{
	const struct opt *row = m == NULL || param == NULL ? NULL : opt_find(conf_params, conf_n_params, INI_RSYNCD, param);
	struct conf_place at = conf_place(c->conf->shadow, m, param == NULL ? "path" : param);
	struct buf value = BUF_INIT;
	char line[2048];
	const char *text;

	if (row != NULL && (row->flags & PARAM_SECRET) == 0)
		opt_dump(row, 1, m, &value);
	if (buf_len(&value) == 0)
		buf_text(&value, m == NULL ? "there is no such module" : param == NULL ? "there is such a module" : param);
	text = buf_cstr(&value);
	snprintf(line, sizeof line, "shadow: would %s module %.255s to %s (%s): %s:%u %.*s", would, c->module, c->facts->host, c->addr, at.path, at.line,
	    text == NULL ? 0 : (int)strcspn(text, "\n"), text == NULL ? "" : text);
	log_bytes(LOG_NOTICE, NULL, line, strlen(line));
	buf_done(&value);
}

void
shadow_ask(const struct shadow_case *c, bool let_in, bool logs_in)
{
	const struct module_conf *m = c->conf->shadow == NULL ? NULL : conf_module(c->conf->shadow, c->module);
	struct admit_verdict v;
	int r;

	if (c->conf->shadow == NULL)
		return;
	r = m == NULL ? E_DENIED : admit_check(m, c->facts, &v);
	if (let_in && r != 0)
		differs(c, m, m == NULL ? NULL : v.param, "refuse");
	else if (!let_in && r == 0)
		differs(c, m, NULL, "let in");
	else if (let_in && list_has_words(m->auth_users) != logs_in)
		differs(c, m, logs_in ? NULL : "auth users", logs_in ? "ask for no login to" : "ask for a login to");
}

/* Which of the two allows what is not said of a user is the module's to say. */
static bool
writes(const struct module_conf *m, enum login_access access)
{
	return access == LOGIN_AS_MODULE ? !m->read_only : access != LOGIN_READ_ONLY;
}

void
shadow_ask_login(const struct shadow_case *c, const char *user, enum login_access access)
{
	const struct module_conf *ours = conf_module(c->conf, c->module);
	const struct module_conf *m = c->conf->shadow == NULL ? NULL : conf_module(c->conf->shadow, c->module);
	struct login_rule rule;
	char would[LOGIN_USER_MAX + 32];

	if (m == NULL || ours == NULL || !list_has_words(m->auth_users))	/* told when the module was asked for */
		return;
	if (secrets_rule(m, user, &rule) != 0 || rule.denied)
		snprintf(would, sizeof would, "refuse user %s of", user);
	else if (writes(ours, access) != writes(m, rule.access))
		snprintf(would, sizeof would, "let user %s %s", user, writes(m, rule.access) ? "write to" : "only read");
	else
		return;
	differs(c, m, "auth users", would);
}

const char *
shadow_refuses(const struct syncd_conf *conf, const char *module, char *place, size_t size)
{
	const struct module_conf *m = conf->shadow == NULL ? NULL : conf_module(conf->shadow, module);
	struct conf_place at;

	place[0] = '\0';
	if (m == NULL)
		return NULL;
	at = conf_place(conf->shadow, m, "refuse options");
	if (at.path == NULL)
		at = conf_place(conf->shadow, m, "path");
	snprintf(place, size, "%s:%u", at.path == NULL ? conf->global.shadow_policy : at.path, at.line);
	return m->refuse_options;
}
