/* filter, include, include from, exclude and exclude from of a module become one list of rules (rsyncd.conf(5)). */
#include "syncd/module_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/ini.h"
#include "lib/slurp.h"

/* The text of a file that the administrator named, on the heap. */
static int
read_text(const char *path, char **ret)
{
	struct buf b = BUF_INIT;
	int r = slurp_trusted(path, INI_FILE_MAX, &b);

	if (r == 0 && (buf_cstr(&b) == NULL || (*ret = strdup((const char *)buf_head(&b))) == NULL))
		r = -ENOMEM;
	buf_done(&b);
	return r;
}

int
module_filter(const struct module_conf *c, struct boot_rules ret[BOOT_RULES_MAX], size_t *ret_n, struct filter_fault *f)
{
	const struct { const char *name; enum rules_source source; char *text; bool is_file; } parts[BOOT_RULES_MAX] = {
		{ "filter", RULES_FILTER, c->filter, false },
		{ "include from", RULES_INCLUDE_LINES, c->include_from, true },
		{ "include", RULES_INCLUDE_LIST, c->include, false },
		{ "exclude from", RULES_EXCLUDE_LINES, c->exclude_from, true },
		{ "exclude", RULES_EXCLUDE_LIST, c->exclude, false },
	};
	struct rules *tried = NULL;
	int r = rules_new(&tried);

	*ret_n = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++) {
		char *text = parts[i].text;

		f->param = parts[i].name;
		if (text == NULL || text[0] == '\0')
			continue;
		if (parts[i].is_file && (r = read_text(parts[i].text, &text)) != 0)
			snprintf(f->text, sizeof f->text, "failed to open %.300s: %s", parts[i].text, err_text(r));
		else if ((r = rules_add_config(tried, parts[i].source, text)) != 0)
			snprintf(f->text, sizeof f->text, "bad filter rule in its configuration: %s", err_text(r));
		ret[(*ret_n)++] = (struct boot_rules){ parts[i].source, text };
	}
	rules_free(tried);
	return r;
}
