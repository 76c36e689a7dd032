/* What door and daemon answer to `sallyport why`: it is read whole or not at all, and no byte that a terminal obeys is printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/why/asked.h"
#include "fuzz/target.h"

static void
print(const struct why_points *l, void (*put)(const struct why_points *l, FILE *to))
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	must(to != NULL);
	put(l, to);
	fclose(to);
	for (size_t i = 0; i < n; i++) {
		must(((unsigned char)text[i] >= 0x20 || text[i] == '\n') && text[i] != 0x7f);
		must((unsigned char)text[i] != 0xc2 || (unsigned char)text[i + 1] >= 0xa0);	/* C1 as UTF-8 */
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct why_points l;
	static struct why_told told;
	char *text = malloc(n + 1), verdict[16], why[WHY_TEXT_SIZE];

	must(text != NULL);
	memcpy(text, bytes, n);
	text[n] = '\0';
	l.n = 0;
	memset(&told, 0, sizeof told);
	(void)why_read_daemon(text, &l);
	must(l.n <= WHY_POINTS_MAX);
	if (why_read_door(text, &told, verdict, why) == 0)
		why_add(&l, "door", WHY_LETS, why, 1, "%s %s", verdict, told.n > 0 ? told.names[0] : "");
	must(told.n <= WHY_NAMES_MAX);
	print(&l, why_print);
	print(&l, why_print_json);
	free(text);
	return 0;
}
