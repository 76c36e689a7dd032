/* The table of keys: what may stand in a deployment file.  Reading it, the list of what is unknown, the file that
 * `sallyport init` writes and sallyport.conf(5) all come from here. */
#ifndef SALLYPORT_DEPLOY_MODEL_KEYS_H
#define SALLYPORT_DEPLOY_MODEL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type { KEY_TEXT, KEY_NUMBER, KEY_BOOL, KEY_WORD, KEY_TEXTS };

struct key {
	const char *name;
	enum key_type type;
	bool required;
	size_t at;			/* offsetof(the group's struct, field) */
	const char *def;		/* the default as the file would spell it, without quotes; NULL: none */
	const char *const *defs;	/* of KEY_TEXTS; NULL-ended, or NULL: none */
	int64_t min, max;		/* KEY_NUMBER */
	const char *const *words;	/* KEY_WORD: NULL-ended, in the order of the enumeration */
	const char *(*fault)(const char *text);	/* what is wrong with a text, and the remedy; NULL: nothing */
	const char *example;		/* how a key without default looks, as the file would spell it */
	const char *doc;		/* sentences, two blanks between them, words no longer than a line */
};

struct group {
	const char *name;		/* "": the file itself */
	bool many;			/* a list of groups */
	size_t at, size;		/* offsetof(struct model, field); sizeof of one */
	const struct key *keys;
	size_t n;
	const char *doc;
};

extern const struct group model_groups[];
extern const size_t model_groups_n;

/* "one of a, b", "a number from 1 to 9", ...: what a key takes.  Returns dst. */
const char *key_takes(const struct key *k, char *dst, size_t size);

/* Its default as the file spells it, "" where there is none.  Returns dst. */
const char *key_default(const struct key *k, char *dst, size_t size);

#endif
