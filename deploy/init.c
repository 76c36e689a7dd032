#include "deploy/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "deploy/emit.h"
#include "deploy/model/keys.h"
#include "deploy/names.h"
#include "deploy/verb.h"
#include "lib/err.h"
#include "lib/log.h"

enum { INIT_MAX = 32, MDOC_WIDTH = 78, COMMENT_WIDTH = 100 };	/* of each kind of wish; columns */

struct words {
	const char *v[INIT_MAX];
	size_t n;
};

/* What the command line says; all else is in the table of keys. */
struct wishes {
	const char *host, *door, *access, *authority;
	bool anyone;
	struct words modules, users, clients;	/* modules as NAME=PATH */
};

static int
add_word(void *arg, const char *value)
{
	struct words *w = arg;

	if (w->n == INIT_MAX || value[0] == '\0')
		return -1;
	w->v[w->n++] = value;
	return 0;
}

static int
add_module(void *arg, const char *value)
{
	return strchr(value, '=') == NULL ? -1 : add_word(arg, value);
}

/* --- the texts of the file -------------------------------------------------------------- */

/* In quotes, as libconfig reads it. */
static void
quote(const char *text, size_t n, struct buf *ret)
{
	buf_u8(ret, '"');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_u8(ret, '\\');
		buf_put(ret, &text[i], 1);
	}
	buf_u8(ret, '"');
}

static void
quote_all(const struct words *w, struct buf *ret)
{
	buf_text(ret, "[ ");
	for (size_t i = 0; i < w->n; i++) {
		buf_text(ret, i > 0 ? ", " : "");
		quote(w->v[i], strlen(w->v[i]), ret);
	}
	buf_text(ret, " ]");
}

/* The value that the wishes give that key, or the table where nothing works without one; false: none. */
static bool
wish(const struct wishes *w, size_t module, const struct group *g, const struct key *k, struct buf *ret)
{
	char name[64];
	const char *m = module < w->modules.n ? w->modules.v[module] : "=";
	const struct { const char *name, *text; size_t n; } texts[] = {
		{ "host", w->host, strlen(w->host) }, { "door.kind", w->door, strlen(w->door) },
		{ "modules.name", m, strcspn(m, "=") }, { "modules.path", strchr(m, '=') + 1, strlen(strchr(m,
		  '=') + 1) },
		{ "modules.access", w->access, strlen(w->access) },
	};

	snprintf(name, sizeof name, "%s%s%s", g->name, g->name[0] == '\0' ? "" : ".", k->name);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].name, name) == 0) {
			quote(texts[i].text, texts[i].n, ret);
			return true;
		}
	if (strcmp(name, "modules.users") == 0 && w->users.n > 0)
		quote_all(&w->users, ret);
	else if (strcmp(name, "firewall.clients") == 0 && w->clients.n > 0)
		quote_all(&w->clients, ret);
	else if (strcmp(name, "firewall.anyone") == 0 && w->anyone)
		buf_text(ret, "true");
	else if (strcmp(name, "door.authority") == 0 && w->authority != NULL)
		quote(w->authority, strlen(w->authority), ret);
	else if (w->authority != NULL && strcmp(w->authority, "own") == 0)
		return false;
	else if (strcmp(name, "door.cert") == 0 || (strcmp(name, "door.key") == 0 && strcmp(w->door, "haproxy") != 0))
		quote(k->example, strlen(k->example), ret);
	else
		return false;
	return true;
}

/* A text as comment lines of at most COMMENT_WIDTH columns. */
static void
comment(struct emit *o, const char *indent, const char *doc)
{
	while (*doc != '\0') {
		size_t n = strlen(doc);

		if (n > COMMENT_WIDTH)
			for (n = COMMENT_WIDTH; doc[n] != ' '; n--)
				;
		emit_line(o, "%s%.*s", indent, (int)n, doc);
		doc += n;
		doc += strspn(doc, " ");
	}
}

static const char *
spelled(const struct key *k, char *dst, size_t size)
{
	if (k->def != NULL || k->defs != NULL)
		return key_default(k, dst, size);
	snprintf(dst, size, k->type == KEY_TEXT ? "\"%s\"" : "%s", k->example);
	return dst;
}

/* One key with what it means; bare: without that, and only where it has a value. */
static void
put_key(const struct wishes *w, size_t module, const struct group *g, const struct key *k, const char *indent,
    bool bare, struct emit *o)
{
	struct buf value = BUF_INIT;
	char text[400];
	bool given = wish(w, module, g, k, &value);

	if (!bare)
		comment(o, indent[0] == '\0' ? "# " : "    # ", k->doc);
	if (given)
		emit_line(o, "%s%s = %s;", indent, k->name, buf_cstr(&value));
	else if (!bare)
		emit_line(o, "%s# %s = %s;", indent, k->name, spelled(k, text, sizeof text));
	if (!bare)
		emit_line(o, "%s", "");
	buf_done(&value);
}

static void
put_users(const struct wishes *w, struct emit *o)
{
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < w->users.n; i++) {
		buf_clear(&name);
		quote(w->users.v[i], strlen(w->users.v[i]), &name);
		emit_line(o, "    { name = %s; }%s", buf_cstr(&name), i + 1 < w->users.n ? "," : "");
	}
	buf_done(&name);
}

/* A list of groups: what the keys mean, then the groups that were wished for. */
static void
put_many(const struct wishes *w, const struct group *g, struct emit *o)
{
	bool modules = strcmp(g->name, "modules") == 0, users = strcmp(g->name, "users") == 0;
	char takes[256];

	for (size_t i = 0; i < g->n; i++) {
		emit_line(o, "#   %s: %s", g->keys[i].name, key_takes(&g->keys[i], takes, sizeof takes));
		comment(o, "#       ", g->keys[i].doc);
	}
	emit_line(o, "%s = (", g->name);
	for (size_t i = 0; modules && i < w->modules.n; i++) {
		emit_line(o, "    {");
		for (size_t k = 0; k < g->n; k++)
			put_key(w, i, g, &g->keys[k], "        ", true, o);
		emit_line(o, "    }%s", i + 1 < w->modules.n ? "," : "");
	}
	if (users)
		put_users(w, o);
	emit_line(o, ");");
}

static void
put_group(const struct wishes *w, const struct group *g, struct emit *o)
{
	const char *indent = g->name[0] == '\0' ? "" : "    ";

	comment(o, "# ", g->doc);
	if (g->many) {
		put_many(w, g, o);
		emit_line(o, "%s", "");
		return;
	}
	if (g->name[0] == '\0')
		emit_line(o, "%s", "");
	else
		emit_line(o, "%s = {", g->name);
	for (size_t i = 0; i < g->n; i++)
		put_key(w, 0, g, &g->keys[i], indent, false, o);
	if (g->name[0] != '\0')
		emit_line(o, "};");
	emit_line(o, "%s", "");
}

/* The file has to be a good one: it is read back before it is written. */
static int
write_file(const struct wishes *w, const char *file)
{
	struct faults l = FAULTS_INIT;
	struct emit o = EMIT_INIT;
	struct model *m = NULL;
	int r = 0;

	for (size_t i = 0; i < model_groups_n; i++)
		put_group(w, &model_groups[i], &o);
	if (o.err == 0)
		r = model_parse("init", (const char *)buf_head(&o.text), buf_len(&o.text), &m, &l);
	if (r != 0) {
		for (size_t i = 0; i < l.n; i++)
			log_error("init: %s", l.v[i].text);
		r = r == E_CONF ? VERB_FAILED : verb_failed("init", file, r);
	} else if ((r = emit_save(&o, AT_FDCWD, file, 0600)) != 0) {
		if (r == -EEXIST)
			log_error("init: %s is there already, and stays as it is", file);
		r = r == -EEXIST ? VERB_FAILED : verb_failed("init", file, r);
	}
	model_free(m);
	faults_done(&l);
	emit_done(&o);
	return r;
}

int
init_main(int argc, char **argv)
{
	static const char usage[] = "init FILE [--host NAME] [--door KIND] [--authority KIND] [--module NAME=PATH]... [--access KIND] "
	    "[--user NAME]...\n"
	    "           {--client CIDR... | --anyone}";
	struct wishes w = { .door = "tunnel", .access = "read" };
	const char *file = NULL;
	const struct verb_option options[] = {
		{ "host", &w.host }, { "door", &w.door }, { "access", &w.access }, { "authority", &w.authority }, { "anyone", .flag = &w.anyone },
		{ "module", .take = add_module, .arg = &w.modules }, { "user", .take = add_word, .arg = &w.users },
		{ "client", .take = add_word, .arg = &w.clients },
	};
	char host[NAME_SIZE];
	int status = verb_args(argc, argv, usage, options, ARRAY_LEN(options), &file);

	if (status != VERB_DONE)
		return status;
	if (w.clients.n == 0 && !w.anyone) {
		log_error("init: who may come?  --client CIDR names a network, --anyone lets in everybody");
		fprintf(stderr, "usage: sallyport %s\n", usage);
		return VERB_MISUSED;
	}
	if (w.host == NULL)
		w.host = names_hostname(host, sizeof host);
	if (w.modules.n == 0)
		add_module(&w.modules, "files=/srv/files");
	return write_file(&w, file);
}

/* --- the table as text ------------------------------------------------------------------- */

/* One word as mdoc(7) takes it, on this line or the next. */
static void
mdoc_word(const char *word, size_t n, size_t *column)
{
	if (*column > 0 && *column + n > MDOC_WIDTH) {
		putchar('\n');
		*column = 0;
	}
	if (*column > 0)
		putchar(' ');
	else if (word[0] == '.' || word[0] == '\'')
		fputs("\\&", stdout);
	for (size_t i = 0; i < n; i++)
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(word[i]);
	*column += n + 1;
}

/* The text as mdoc(7) takes it: a sentence, which two blanks follow, begins on a line of its own. */
static void
mdoc(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		mdoc_word(text, n, &column);
		if (n > 0 && strchr(".?", text[n - 1]) != NULL && strncmp(text + n, "  ", 2) == 0) {
			putchar('\n');
			column = 0;
		}
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void
mdoc_key(const struct group *g, const struct key *k)
{
	char takes[300], def[300], text[700];

	printf(".It Ic %s%s%s\n", g->name, g->name[0] == '\0' ? "" : ".", k->name);
	mdoc(k->doc);
	snprintf(text, sizeof text, "It takes %s%s%s.", key_takes(k, takes, sizeof takes),
	    k->required ? ", and has to be there" : k->def != NULL || k->defs != NULL ? "; the default is " : "",
	    key_default(k, def, sizeof def));
	mdoc(text);
}

/* The list of keys as sallyport.conf(5) has it. */
int
keys_main(int argc, char **argv)
{
	int status = verb_args(argc, argv, "keys", NULL, 0, NULL);

	for (size_t i = 0; status == VERB_DONE && i < model_groups_n; i++) {
		const struct group *g = &model_groups[i];

		printf(".Ss %s\n", g->name[0] == '\0' ? "The file itself" : g->name);
		mdoc(g->doc);
		printf(".Bl -tag -width Ds\n");
		for (size_t k = 0; k < g->n; k++)
			mdoc_key(g, &g->keys[k]);
		printf(".El\n");
	}
	return status;
}
