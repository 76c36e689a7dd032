#include "syncd/admit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/hostname.h"
#include "syncd/param_fault.h"
#include "syncd/policy/hosts.h"
#include "syncd/policy/list.h"
#include "syncd/policy/params.h"
#include "syncd/tls_users.h"

static int
refuse(struct admit_verdict *v, const char *reason, const char *param)
{
	v->reason = reason;
	v->param = param;
	return E_DENIED;
}

/* Rules of such a kind that cannot be read. */
static bool
is_faulty(const struct module_conf *m, enum param_check check, struct admit_verdict *v)
{
	for (size_t i = 0; i < conf_n_params; i++)
		if (param_use(&conf_params[i]).check == check && param_fault(&conf_params[i], m, v->why, sizeof v->why)) {
			v->param = conf_params[i].name;
			return true;
		}
	return false;
}

int
admit_host(const struct module_conf *m, const struct admit_facts *f, struct admit_verdict *ret)
{
	char name[HOSTNAME_SIZE];
	struct hosts_facts hosts = { .peer = f->peer, .name = name, .arg = f->arg };

	memset(ret, 0, sizeof *ret);
	if (is_faulty(m, CHECK_HOSTS, ret))
		return refuse(ret, "address", ret->param);
	snprintf(name, sizeof name, "%s", f->host);
	for (char *at = name; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	if (m->forward_lookup)
		hosts.resolve = f->resolve;
	if (hosts_check(m->hosts_allow, m->hosts_deny, &hosts) == HOSTS_ALLOW)
		return 0;
	return refuse(ret, "address", list_has_words(m->hosts_deny) ? "hosts deny" : "hosts allow");
}

int
admit_identity(const struct module_conf *m, const struct admit_facts *f, struct admit_verdict *ret)
{
	memset(ret, 0, sizeof *ret);
	if (is_faulty(m, CHECK_TLS_USERS, ret))
		return refuse(ret, "identity", ret->param);
	if (tls_users_judge(m, f->id, &ret->rule, &ret->param, ret->why, sizeof ret->why) != 0)
		return refuse(ret, "identity", ret->param);
	return 0;
}

int
admit_check(const struct module_conf *m, const struct admit_facts *f, struct admit_verdict *ret)
{
	return admit_host(m, f, ret) != 0 || admit_identity(m, f, ret) != 0 ? E_DENIED : 0;
}
