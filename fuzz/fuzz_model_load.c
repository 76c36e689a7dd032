/* The text of a deployment file to a model: what is refused has a fault, what is taken answers what follows from it. */
#include <string.h>

#include "deploy/model/model.h"
#include "deploy/model/value.h"
#include "fuzz/target.h"

enum { INPUT_MAX = 8192 };	/* libconfig takes quadratic time for many keys in one group */

/* libconfig 1.5 loses a text in front of a syntax error. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

/* What outputs rely on. */
static void
look(const struct model *m)
{
	char host[64];

	must(value_host(m->host.v) == NULL && value_name(m->name.v) == NULL);
	must(m->door.kind.v == M_SSH || m->door.cert.v != NULL);
	must(!model_has_daemon(m) || m->modules.n > 0);
	must(model_socket(m) != NULL || model_loopback(m) != NULL);
	must(model_loopback(m) == NULL || model_endpoint(model_loopback(m), host) > 0);
	for (size_t i = 0; i < m->modules.n; i++)
		must(value_module_name(m->modules.v[i].name.v) == NULL &&
		    value_module_path(m->modules.v[i].path.v) == NULL);
	for (size_t i = 0; i < m->users.n; i++)
		must(m->users.v[i].secret.v != NULL && strpbrk(m->users.v[i].name.v, ":\n") == NULL);
	for (size_t i = 0; i < m->door.addresses.n; i++)
		must(model_endpoint(m->door.addresses.v[i].v, host) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults l = FAULTS_INIT;
	struct model *m = NULL;
	int r;

	if (size > INPUT_MAX)
		return 0;
	r = model_parse("fuzz", (const char *)data, size, &m, &l);
	must((r == 0) == (m != NULL) && (r == 0) == !faults_any(&l));
	if (m != NULL)
		look(m);
	model_free(m);
	faults_done(&l);
	return 0;
}
