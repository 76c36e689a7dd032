/* A client's arguments, one a line: parsed once as the first list and once more as the second. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "syncd/policy/options.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *v[257], message[OPTIONS_MESSAGE_MAX];
	struct options o = { 0 };
	size_t n = 0, paths;

	for (char *save = NULL, *p = strtok_r(text, "\n", &save); p != NULL && n < 256; p = strtok_r(NULL, "\n", &save))
		v[n++] = p;
	v[n] = NULL;
	for (int list = 0; list < 2; list++) {
		message[0] = '\0';
		if (options_parse(v, n, &o, &paths, message) != 0)
			must(message[0] != '\0' && strlen(message) < OPTIONS_MESSAGE_MAX);
		must(paths <= n && strlen(o.letters) < sizeof o.letters);
	}
	free(text);
	return 0;
}
