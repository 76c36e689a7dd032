/* Both dialects of lib/ini.  The first byte chooses: an even one is rsyncd.conf, an odd one
 * stunnel.  Whatever is read as a section or a setting must be read the same when it is
 * written out again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "lib/ini.h"

static int
ends_in_backslash(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && text[n - 1] == '\\';
}

static void
write_and_read_again(enum ini_dialect dialect, const struct ini_item *it)
{
	struct buf text = BUF_INIT;
	struct ini_item again;
	struct conf_err e;
	struct ini in;

	buf_u8(&text, '\n');	/* on the first line three bytes may be a byte order mark */
	if (it->kind == INI_SECTION)
		buf_printf(&text, "[%s]\n", it->name);
	else
		buf_printf(&text, "%s = %s\n", it->name, it->value);
	ini_init(&in, dialect, "again", (const char *)buf_head(&text), buf_len(&text));
	must(ini_next(&in, &again, &e) == 0);
	must(again.kind == it->kind && strcmp(again.name, it->name) == 0 && strcmp(again.value, it->value) == 0);
	must(ini_next(&in, &again, &e) == 0 && again.kind == INI_END);
	ini_done(&in);
	buf_done(&text);
}

/* A backslash at a line's end is a continuation; it gets into a value only at the file's own end.
 * Near the length limit, what is written may be longer than what was read. */
static int
can_be_written(enum ini_dialect dialect, const struct ini_item *it)
{
	if (it->kind != INI_SECTION && it->kind != INI_SETTING)
		return 0;
	if (strlen(it->name) + strlen(it->value) > INI_LINE_MAX - 8)
		return 0;
	return dialect == INI_STUNNEL || !ends_in_backslash(it->value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum ini_dialect dialect = size > 0 && (data[0] & 1) != 0 ? INI_STUNNEL : INI_RSYNCD;
	unsigned line = 0;
	struct ini_item it;
	struct conf_err e;
	struct ini in;

	if (size == 0)
		return 0;
	ini_init(&in, dialect, "seed", (const char *)data + 1, size - 1);
	while (ini_next(&in, &it, &e) == 0 && it.kind != INI_END) {
		must(it.line > line);
		line = it.line;
		must(strchr(it.name, '\n') == NULL && strchr(it.value, '\n') == NULL);
		if (can_be_written(dialect, &it))
			write_and_read_again(dialect, &it);
	}
	ini_done(&in);
	return 0;
}
