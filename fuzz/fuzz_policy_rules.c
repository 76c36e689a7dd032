/* Filter rules: the first byte says how they come (the wire, old or new, or one of the sources of
 * a configuration); lines of the input are rules until an empty one, and then names to be judged.
 * A merge file, where a rule asks for one, is the input itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syncd/policy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
fetch(void *arg, const char *fs, const char *name)
{
	if (strlen(fs) > 20 || name[0] == 'n')
		return NULL;
	return strdup(arg);
}

static void
judge(const struct rules *r, struct rules_dir *dir, char *names)
{
	for (char *save = NULL, *n = strtok_r(names, "\n", &save); n != NULL; n = strtok_r(NULL, "\n", &save)) {
		struct rules_name name = { n, n, n[0] & 1 };

		if (strlen(n) > 4000)
			continue;
		rules_match(r, dir, &name);
		rules_match_xattr(r, n);
		rules_hidden(r, n, n[0] & 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules_dir *top = NULL, *sub = NULL;
	char *text, *names, where[256];
	struct rules_reader reader = { fetch, NULL, "base" };
	struct rules *r;

	if (size < 2 || size > 3000 || memchr(data, '\0', size) != NULL || rules_new(&r) != 0)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	if ((names = strstr(text, "\n\n")) != NULL) {
		*names = '\0';
		names += 2;
	}
	if (data[0] % 8 < 5) {
		rules_add_config(r, (enum rules_source)(data[0] % 8), text);
	} else {
		for (char *p = text; *p != '\0';) {
			size_t n = strcspn(p, "\n");

			rules_add(r, p, n, data[0] % 8 == 5);
			p += n + (p[n] != '\0');
		}
		if (data[0] & 0x80)
			rules_add_cvs(r);
	}
	reader.arg = text;
	if (rules_enter(r, NULL, "", &reader, &top, where, sizeof where) == 0) {
		if (rules_enter(r, top, "sub", &reader, &sub, where, sizeof where) == 0 && names != NULL)
			judge(r, sub, names);
		else if (names != NULL)
			judge(r, top, names);
	}
	rules_dir_free(sub);
	rules_dir_free(top);
	rules_free(r);
	free(text);
	return 0;
}
