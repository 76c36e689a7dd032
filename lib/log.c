#include "lib/log.h"

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/trusted.h"
#include "lib/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct held;

/* A process has one log as it has one stderr: the one piece of state kept outside structs. */
static struct {
	struct log_conf conf;
	char file[PATH_MAX];
	int fd;
	int syslog_open;
	const char *task;
	struct held **held_end;	/* NULL: records are not kept back */
	struct held *held;
	int echoed;		/* 1 + the highest level that goes to stderr, too */
} sink = { .conf = { .style = LOG_STYLE_PLAIN, .ident = "sallyport", .to_stderr = 1, .level = LOG_INFO }, .fd = -1, .task = "ui" };

/* A record kept back, with the time it belongs to. */
struct held {
	struct held *next;
	time_t when;
	int level;
	char text[];
};

static int
open_file(const char *path, int mode, int truncate)
{
	return trusted_file(path, O_WRONLY | O_CREAT | O_APPEND | (truncate ? O_TRUNC : 0), mode);
}

int
log_setup(const struct log_conf *conf)
{
	int fd = -1;

	if (conf->file != NULL) {
		if (strlen(conf->file) >= sizeof sink.file)
			return -ENAMETOOLONG;
		if ((fd = open_file(conf->file, conf->file_mode, conf->file_truncate)) < 0)
			return fd;
	}
	if (sink.fd >= 0)
		close(sink.fd);
	if (sink.syslog_open)
		closelog();
	sink.conf = *conf;
	sink.conf.file = NULL;
	sink.fd = fd;
	sink.file[0] = '\0';
	if (conf->file != NULL)
		strcpy(sink.file, conf->file);
	sink.syslog_open = conf->to_syslog;
	if (conf->to_syslog)
		openlog(conf->ident, LOG_NDELAY | (conf->style == LOG_STYLE_RSYNCD ? LOG_PID : LOG_CONS), conf->facility);
	return 0;
}

void
log_echo(int level)
{
	sink.echoed = level + 1;
}

int
log_reopen(void)
{
	int fd;

	if (sink.fd < 0)
		return 0;
	if ((fd = open_file(sink.file, sink.conf.file_mode, 0)) < 0)
		return fd;
	close(sink.fd);
	sink.fd = fd;
	return 0;
}

void
log_set_level(int level)
{
	sink.conf.level = level;
}

int
log_level(void)
{
	return sink.conf.level;
}

/* Is "\#ddd" what stands here?  Then its backslash is escaped, so that no name can fake one. */
static int
looks_escaped(const char *s, size_t n)
{
	return n >= 5 && s[0] == '\\' && s[1] == '#' && s[2] >= '0' && s[2] <= '9' && s[3] >= '0' && s[3] <= '9' &&
	    s[4] >= '0' && s[4] <= '9';
}

/* A control character, of one byte or two (U+0080 to U+009F, which terminals obey as well); 0: none begins here. */
static size_t
control_length(const unsigned char *s, size_t left)
{
	if (*s == 0x7f || (*s < 0x20 && *s != '\t'))
		return 1;
	if (*s == 0xc2 && left > 1 && s[1] >= 0x80 && s[1] < 0xa0)
		return 2;
	return *s >= 0x80 && *s < 0xa0 && utf8_length(s, left) == 0;
}

void
log_escape(enum log_style style, const char *text, size_t n, char *dst, size_t size)
{
	size_t at = 0;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	for (size_t i = 0, step; i < n; i += step) {
		const unsigned char *c = (const unsigned char *)text + i;
		size_t bad = control_length(c, n - i);

		if (at + 5 * (bad > 1 ? bad : 1) + 1 > size)	/* each byte as \#ooo */
			break;
		step = bad > 0 ? bad : *c < 0x80 ? 1 : utf8_length(c, n - i);
		step = step == 0 ? 1 : step;
		if (bad > 0 && (style == LOG_STYLE_STUNNEL || style == LOG_STYLE_JSON)) {
			dst[at++] = '.';
		} else if (bad > 0 || (style != LOG_STYLE_STUNNEL && style != LOG_STYLE_JSON && looks_escaped(text + i, n - i))) {
			for (size_t k = 0; k < step; k++)
				at += (size_t)snprintf(dst + at, size - at, "\\#%03o", c[k]);
		} else {
			memcpy(dst + at, c, step);
			at += step;
		}
	}
	dst[at] = '\0';
}

static size_t
prefix(char *dst, size_t size, time_t now, int level, const char *id)
{
	struct tm tm;
	size_t n;

	if (sink.conf.style == LOG_STYLE_PLAIN)
		return (size_t)snprintf(dst, size, "%.80s: ", id == NULL ? sink.conf.ident : id);
	if (localtime_r(&now, &tm) == NULL)
		memset(&tm, 0, sizeof tm);
	if (sink.conf.style == LOG_STYLE_RSYNCD) {
		n = strftime(dst, size, "%Y/%m/%d %H:%M:%S ", &tm);
		return n + (size_t)snprintf(dst + n, size - n, "[%d] ", (int)getpid());
	}
	n = strftime(dst, size, "%Y.%m.%d %H:%M:%S ", &tm);
	return n + (size_t)snprintf(dst + n, size - n, "LOG%d[%.40s]: ", level, id == NULL ? sink.task : id);
}

/* Bytes that are no UTF-8 are shown as the characters of their number: readers refuse anything else. */
char *
log_json(const char *text, char *dst, size_t size)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t at = 0, n;

	for (; *c != '\0' && at + 7 < size; c += n == 0 ? 1 : n) {
		n = utf8_length(c, SIZE_MAX);	/* the end is none of one */
		if (*c == '"' || *c == '\\')
			at += (size_t)snprintf(dst + at, size - at, "\\%c", *c);
		else if (n == 0 || *c < 0x20 || *c == 0x7f)
			at += (size_t)snprintf(dst + at, size - at, "\\u%04x", *c);
		else {
			memcpy(dst + at, c, n);
			at += n;
		}
	}
	dst[at] = '\0';
	return dst;
}

static void
emit_json(time_t when, int level, const char *id, const char *members, const char *text)
{
	const size_t room = 6 * strlen(text) + 8;	/* what a byte may become, and an end */
	char *escaped = malloc(room), stamp[40], name[100];
	struct buf line = BUF_INIT;
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL)
		memset(&tm, 0, sizeof tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (escaped == NULL)
		return;
	buf_printf(&line, "{\"time\": \"%s\", \"level\": %d, \"id\": \"%s\"%s, \"text\": \"%s\"}\n", stamp, level,
	    log_json(id == NULL ? sink.task : id, name, sizeof name), members, log_json(text, escaped, room));
	free(escaped);
	if (line.err == 0 && sink.conf.to_syslog)
		syslog(level, "%.*s", (int)buf_len(&line) - 1, (const char *)buf_head(&line));
	if (line.err == 0 && sink.fd >= 0)
		(void)!write(sink.fd, buf_head(&line), buf_len(&line));
	if (line.err == 0 && sink.conf.to_stderr)
		(void)!write(STDERR_FILENO, buf_head(&line), buf_len(&line));
	buf_done(&line);
}

static void
emit(time_t when, int level, const char *id, const char *line)
{
	char head[96];
	struct iovec v[3];

	if (level < sink.echoed)
		dprintf(STDERR_FILENO, "%s: %s\n", sink.conf.ident, line);
	if (sink.conf.style == LOG_STYLE_JSON) {
		emit_json(when, level, id, "", line);
		return;
	}
	if (sink.conf.to_syslog) {
		if (sink.conf.style == LOG_STYLE_STUNNEL)
			syslog(level, "LOG%d[%.40s]: %s", level, id == NULL ? sink.task : id, line);
		else
			syslog(level, "%s", line);
	}
	v[0] = (struct iovec){ head, prefix(head, sizeof head, when, level, id) };
	v[1] = (struct iovec){ (void *)line, strlen(line) };
	v[2] = (struct iovec){ (void *)"\n", 1 };
	if (sink.fd >= 0)	/* a log that cannot be written has nobody left to be told */
		(void)!writev(sink.fd, v, 3);
	if (sink.conf.to_stderr)
		(void)!writev(STDERR_FILENO, v, 3);
}

static void
keep(int level, const char *line)
{
	struct held *h = malloc(sizeof *h + strlen(line) + 1);

	if (h == NULL)
		return;
	*h = (struct held){ .when = time(NULL), .level = level };
	strcpy(h->text, line);
	*sink.held_end = h;
	sink.held_end = &h->next;
}

/* What is kept back has no id of its own. */
static void
write_line(int level, const char *id, const char *line)
{
	if (sink.held_end != NULL)
		keep(level, line);
	else
		emit(time(NULL), level, id, line);
}

static void
write_record(int level, const char *id, const char *text, size_t n)
{
	char line[LOG_LINE_MAX + 8];

	log_escape(sink.conf.style, text, n, line, sizeof line - 1);
	write_line(level, id, line);
}

void
log_whole(int level, const char *text, size_t n)
{
	const size_t most = n < LOG_WHOLE_MAX ? n : LOG_WHOLE_MAX, room = 5 * most + 8;	/* each byte as \#ooo */
	char *line;

	if ((level > sink.conf.level && sink.held_end == NULL) || (line = malloc(room)) == NULL)
		return;
	log_escape(sink.conf.style, text, most, line, room);
	write_line(level, NULL, line);
	free(line);
}

void
log_bytes(int level, const char *id, const char *text, size_t n)
{
	if (level <= sink.conf.level || sink.held_end != NULL)
		write_record(level, id, text, n);
}

int
log_in_json(void)
{
	return sink.conf.style == LOG_STYLE_JSON;
}

void
log_members(int most, int level, const char *id, const char *members, const char *text)
{
	if (sink.conf.style == LOG_STYLE_JSON && sink.held_end == NULL && level <= most)
		emit_json(time(NULL), level, id, members, text);
	else
		log_up_to(most, level, id, "%s", text);
}

void
log_hold(void)
{
	if (sink.held_end == NULL)
		sink.held_end = &sink.held;
}

void
log_release(int failed)
{
	struct held *h;

	sink.held_end = NULL;
	while ((h = sink.held) != NULL) {
		sink.held = h->next;
		if (failed)
			dprintf(STDERR_FILENO, "[%c] %s\n", "***!:.  "[h->level & 7], h->text);
		else if (h->level <= sink.conf.level)
			emit(h->when, h->level, NULL, h->text);
		free(h);
	}
}

void
log_set_task(const char *task)
{
	sink.task = task;
}

int
log_fd(void)
{
	return sink.fd;
}

void
log_take_fd(int fd)
{
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = fd;
}

static void log_va(int most, int level, const char *id, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

static void
log_va(int most, int level, const char *id, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX];
	int n;

	if (level > most && sink.held_end == NULL)
		return;
	n = vsnprintf(text, sizeof text, fmt, ap);
	if (n >= (int)sizeof text) {
		memcpy(text + sizeof text - 6, "[...]", 6);
		n = sizeof text - 1;
	}
	if (n >= 0)
		write_record(level, id, text, (size_t)n);
}

#define LOG_BODY_UP_TO(most, how, who) \
	do { va_list ap; va_start(ap, fmt); log_va(most, how, who, fmt, ap); va_end(ap); } while (0)
#define LOG_BODY(how, who) LOG_BODY_UP_TO(sink.conf.level, how, who)

void
log_id(int level, const char *id, const char *fmt, ...)
{
	LOG_BODY(level, id);
}

void
log_up_to(int most, int level, const char *id, const char *fmt, ...)
{
	LOG_BODY_UP_TO(most, level, id);
}

void
log_error(const char *fmt, ...)
{
	LOG_BODY(LOG_ERR, NULL);
}

void
log_warn(const char *fmt, ...)
{
	LOG_BODY(LOG_WARNING, NULL);
}

void
log_notice(const char *fmt, ...)
{
	LOG_BODY(LOG_NOTICE, NULL);
}

void
log_info(const char *fmt, ...)
{
	LOG_BODY(LOG_INFO, NULL);
}

void
log_debug(const char *fmt, ...)
{
	LOG_BODY(LOG_DEBUG, NULL);
}
