/* What a daemon says of its connections, and both programs of their numbers: whatever that is, no byte that a terminal obeys is printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/status/numbers.h"
#include "deploy/status/print.h"
#include "deploy/status/sessions.h"
#include "fuzz/target.h"

static void
must_be_harmless(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		must(((unsigned char)text[i] >= 0x20 || text[i] == '\n') && text[i] != 0x7f);
		must((unsigned char)text[i] != 0xc2 || (unsigned char)text[i + 1] >= 0xa0);	/* C1 as UTF-8 */
	}
}

static void
print(const struct status *s, void (*put)(const struct status *s, FILE *to))
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	must(to != NULL);
	put(s, to);
	fclose(to);
	must_be_harmless(text, n);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct status s;
	char *text = malloc(n + 1);

	must(text != NULL);
	memcpy(text, bytes, n);
	text[n] = '\0';
	s = (struct status){ .name = "n", .host = "h" };
	s.sessions.at = 2000;
	if (sessions_parse(text, &s.sessions) == 0)
		sessions_rates(&s.sessions, &s.sessions);
	else
		must(s.sessions.n == 0);
	(void)numbers_parse(text, NUMBERS_DOOR, &s.door);
	(void)numbers_parse(text, NUMBERS_DAEMON, &s.daemon);
	must(s.door.n_sections <= STATUS_SECTIONS_MAX && s.daemon.n_reasons <= STATUS_REASONS_MAX);
	print(&s, status_print);
	print(&s, status_print_json);
	free(text);
	return 0;
}
