/* "refuse options": the first line is its words, each line behind it an argument of a client.  An option that the words name last is
 * refused, and taken when they say so with "!". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/policy/options.h"
#include "syncd/policy/refuse.h"

static void
unmatched(void *arg, const char *word)
{
	must(word != NULL && option_by_word(word) == NULL);
	++*(size_t *)arg;
}

/* The words, and behind them one that names an option or takes it again. */
static void
last_word_counts(const char *words, const struct option_row *row)
{
	size_t n = strlen(words);
	char *text = malloc(n + strlen(row->name) + 3);
	struct refusals r;

	must(text != NULL);
	memcpy(text, words, n);
	strcpy(text + n, " ");
	strcpy(text + n + 1, row->name);
	refuse_words(&r, text, NULL, NULL);
	must(refuse_row(&r, row) == row);
	strcpy(text + n, " !");
	strcpy(text + n + 2, row->name);
	refuse_words(&r, text, NULL, NULL);
	must(refuse_row(&r, row) != row);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *save = NULL, *v[257], message[OPTIONS_MESSAGE_MAX] = "", *words;
	size_t n = 0, paths, unknown = 0;
	struct options o;
	struct refusals r;

	must(text != NULL);
	words = text;
	save = text + strcspn(text, "\n");
	if (*save != '\0')
		*save++ = '\0';
	for (char *p = strtok_r(NULL, "\n", &save); p != NULL && n < 256; p = strtok_r(NULL, "\n", &save))
		v[n++] = p;
	v[n] = NULL;
	refuse_words(&r, words, unmatched, &unknown);
	must(unknown <= strlen(words));
	options_init(&o, &r);
	if (options_parse(v, n, &o, &paths, message) != 0)
		must(message[0] != '\0' && strlen(message) < OPTIONS_MESSAGE_MAX);
	(void)refuse_implied(&r, &o);
	for (size_t i = n; i < option_n_rows; i += 37)
		if (strlen(option_rows[i].name) > 1 && strcmp(option_rows[i].name, "archive") != 0)
			last_word_counts(words, &option_rows[i]);
	free(text);
	return 0;
}
