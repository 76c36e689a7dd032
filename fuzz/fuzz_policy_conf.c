/* rsyncd.conf as it is loaded, looked up and dumped: whatever is refused is refused
 * with a reason, and whatever is loaded can be found and printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syncd/policy/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
get(void *arg, const char *name)
{
	(void)arg;
	return name[0] == 'R' ? "value" : NULL;
}

static void
warned(void *arg, const char *text)
{
	*(size_t *)arg += strlen(text);
}

static void
look(const struct syncd_conf *c)
{
	for (size_t i = 0; i < c->n_modules; i++) {
		const struct module_conf *m = &c->modules[i];

		if (m->name == NULL || conf_module(c, m->name) == NULL)
			abort();
		if (m->path != NULL)
			free(conf_expand(m->path, get, NULL));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf one = BUF_INIT;
	struct syncd_conf *c;
	struct conf_err e;
	size_t words = 0;

	if (conf_load_text("seed", (const char *)data, size, warned, &words, &c, &e) != 0) {
		if (e.text[0] == '\0')
			abort();	/* refused, and nobody says why */
		return 0;
	}
	look(c);
	conf_dump(c, &one);
	conf_free(c);
	buf_done(&one);
	return 0;
}
