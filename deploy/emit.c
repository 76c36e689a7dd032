#include "deploy/emit.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/write_all.h"

void
emit_done(struct emit *o)
{
	buf_done(&o->text);
	o->err = 0;
}

static void
fail(struct emit *o, int err)
{
	if (o->err == 0)
		o->err = err;
}

void
emit_line(struct emit *o, const char *fmt, ...)
{
	char line[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		fail(o, E_LIMIT);
	else if (strpbrk(line, "\r\n") != NULL)
		fail(o, E_FORMAT);
	if (o->err != 0)
		return;
	buf_put(&o->text, line, (size_t)n);
	buf_u8(&o->text, '\n');
	if (o->text.err != 0)
		fail(o, o->text.err);
}

void
emit_setting(struct emit *o, const char *name, const char *value)
{
	size_t n = strlen(value);

	if (n > 0 && (isspace((unsigned char)value[0]) || isspace((unsigned char)value[n - 1]) || value[n - 1] == '\\'))
		fail(o, E_FORMAT);
	emit_line(o, "%s = %s", name, value);
}

void
emit_number(struct emit *o, const char *name, long value)
{
	emit_line(o, "%s = %ld", name, value);
}

void
emit_section(struct emit *o, const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || strpbrk(name, "]/\\") != NULL || strstr(name, "  ") != NULL || strpbrk(name, "\t\v\f") != NULL ||
	    name[0] == ' ' || name[n - 1] == ' ')
		fail(o, E_FORMAT);
	emit_line(o, "[%s]", name);
}

int
emit_save(struct emit *o, int dirfd, const char *file, unsigned mode)
{
	int fd, r;

	if (o->err != 0)
		return o->err;
	if ((fd = openat(dirfd, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode)) < 0)
		return -errno;
	r = write_all(fd, buf_head(&o->text), buf_len(&o->text));
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}
