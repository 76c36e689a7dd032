/* The only writer to stderr, log files and syslog.  One record is one line whatever bytes
 * it is given; the line's shape is that of the program we stand in for. */
#ifndef SALLYPORT_LIB_LOG_H
#define SALLYPORT_LIB_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <syslog.h>

enum log_style {
	LOG_STYLE_RSYNCD,	/* "2026/11/21 22:48:02 [PID] text", controls as \#ooo (rsyncd-conf section 9) */
	LOG_STYLE_STUNNEL,	/* "2026.11.21 22:48:02 LOG5[ID]: text", unprintables as '.' (stunnel-conf section 15) */
	LOG_STYLE_JSON,		/* {"time": "2026-11-21T22:48:02+0000", "level": 5, "id": "0", "text": "..."} */
	LOG_STYLE_PLAIN,	/* "ident: text", or "id: text": a command, or its helpers, speaking to the user */
};

struct log_conf {
	enum log_style style;
	const char *ident;	/* syslog tag and prefix; must outlive the log */
	int to_stderr;
	int to_syslog;
	int facility;		/* a syslog facility */
	const char *file;	/* NULL: none */
	int file_mode;		/* e.g. 0644 */
	int file_truncate;	/* overwrite instead of append */
	int level;		/* the highest syslog level written */
};

enum { LOG_LINE_MAX = 1024, LOG_WHOLE_MAX = 16384 };	/* bytes of a record, and of one that is kept whole (log_whole) */

/* Open what conf names; what was open before stays when this fails.  Keeps conf->file
 * (copied) for log_reopen.  0 or -errno (of the file). */
int log_setup(const struct log_conf *conf);
/* Records of this level or a worse one go to stderr, too, as "ident: text": for a start that somebody watches whose log is
 * elsewhere.  -1: none, as at first. */
void log_echo(int level);

int log_reopen(void);		/* after a rotation; the old file stays in use on failure */
void log_set_level(int level);
int log_level(void);

/* Keep records back until it is known where they go.  They are then written as the log is set
 * up by that time, or, for a start that failed, all of them to stderr as "[!] text". */
void log_hold(void);
void log_release(int failed);

/* The name of the task for records without an id, "ui" at first; must outlive the log. */
void log_set_task(const char *task);

/* The open log file, or -1, and another one in its place (taken): the file is opened by the
 * process that may, and handed to those that may not. */
int log_fd(void);
void log_take_fd(int fd);

/* One record.  id names a connection or task in the stunnel style, and who speaks in the plain
 * one; NULL elsewhere.  log_up_to goes by the caller's own highest level, not the log's. */
void log_id(int level, const char *id, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void log_up_to(int most, int level, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same with more members for the JSON style, ", \"name\": value" each, or "". */
void log_members(int most, int level, const char *id, const char *members, const char *text);

/* Are records JSON? */
int log_in_json(void);

/* text as the inside of a JSON string.  Returns dst. */
char *log_json(const char *text, char *dst, size_t size);

void log_whole(int level, const char *text, size_t n);	/* the same for what may be long, up to LOG_WHOLE_MAX */
void log_bytes(int level, const char *id, const char *text, size_t n);	/* untrusted, any bytes */

/* One record of that level, with no id. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* text[0..n) as log_bytes would write it, for tests and for messages to peers. */
void log_escape(enum log_style style, const char *text, size_t n, char *dst, size_t size);

#endif
