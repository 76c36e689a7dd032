/* Lines of the parts of `serve`, in which clients have named themselves: our daemon's records and the tunnel's words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/record.h"
#include "fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct record_peer peer = { "", "" };
	char *line = malloc(n + 1), words[RECORD_TEXT_SIZE];
	struct record r;

	if (line == NULL)
		return 0;
	memcpy(line, bytes, n);
	line[n] = '\0';
	if (record_parse(line, &r) == 0) {
		(void)record_is_error(&r);
		must(strlen(record_words(&r, words, sizeof words)) < sizeof words);
	}
	must(strlen(record_tunnel_words(line, &peer, words, sizeof words)) < sizeof words);
	free(line);
	return 0;
}
