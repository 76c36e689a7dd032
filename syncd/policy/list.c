/* Lists of words in parameters. */
#include "syncd/policy/list.h"

#include <string.h>

struct list
list_of(char *text)
{
	return (struct list){ text, text[strspn(text, " \t\r\n")] == ',' ? "," : " ,\t\r\n" };
}

char *
list_next(struct list *l)
{
	char *word;
	size_t n;

	while ((word = strsep(&l->rest, l->separators)) != NULL) {
		word += strspn(word, " \t\r\n");
		for (n = strlen(word); n > 0 && strchr(" \t\r\n", word[n - 1]) != NULL; n--)
			word[n - 1] = '\0';
		if (n > 0)
			return word;
	}
	return NULL;
}

bool
list_has_words(const char *text)
{
	return text != NULL && text[strspn(text, " \t,")] != '\0';
}
