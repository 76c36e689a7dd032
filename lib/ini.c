#include "lib/ini.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/slurp.h"
#include "lib/trusted.h"

void
ini_init(struct ini *in, enum ini_dialect dialect, const char *path, const char *text, size_t size)
{
	*in = (struct ini){ .dialect = dialect, .path = path, .at = text, .end = text + size,
	    .line = 1, .name = BUF_INIT, .value = BUF_INIT };
	if (dialect == INI_STUNNEL && size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		in->at += 3;
}

void
ini_done(struct ini *in)
{
	buf_wipe(&in->name);
	buf_wipe(&in->value);
}

int
ini_same_name(enum ini_dialect dialect, const char *a, const char *b)
{
	for (;; a++, b++) {
		if (dialect == INI_RSYNCD) {
			while (isspace((unsigned char)*a))
				a++;
			while (isspace((unsigned char)*b))
				b++;
		}
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return 0;
		if (*a == '\0')
			return 1;
	}
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Is the newline at nl continued, that is, is the last non-blank before it a backslash? */
static const char *
continued(const char *from, const char *nl)
{
	const char *p = nl;

	while (p > from && is_blank(p[-1]))
		p--;
	return p > from && p[-1] == '\\' ? p - 1 : NULL;
}

/* One logical line into b: continuation joined, CR dropped.  Comments never continue
 * (rsyncd-conf section 1), and stunnel has no continuation at all. */
static int
logical_line(struct ini *in, struct buf *b)
{
	int may_continue = in->dialect == INI_RSYNCD;
	const char *first = in->at;

	while (first < in->end && is_blank(*first))
		first++;
	if (first < in->end && (*first == '#' || *first == ';'))
		may_continue = 0;
	buf_clear(b);
	if (buf_reserve(b, INI_LINE_MAX + 2) == NULL)	/* growing would leave copies behind, and lines may be secrets */
		return -ENOMEM;
	for (;;) {
		const char *nl = memchr(in->at, '\n', (size_t)(in->end - in->at));
		const char *stop = nl == NULL ? in->end : nl;
		const char *cut = may_continue && nl != NULL ? continued(in->at, nl) : NULL;

		for (const char *p = in->at; p < (cut != NULL ? cut : stop); p++)
			if (*p != '\r')
				buf_u8(b, (uint8_t)*p);
		in->at = nl == NULL ? in->end : nl + 1;
		in->line++;
		if (cut == NULL || buf_len(b) > INI_LINE_MAX)
			break;
	}
	return buf_cstr(b) == NULL ? -ENOMEM : 0;
}

/* text[0..n) without white space at either end, as a C string in dst. */
static int
trimmed(struct buf *dst, const char *text, size_t n)
{
	while (n > 0 && isspace((unsigned char)*text))
		text++, n--;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	buf_clear(dst);
	buf_put(dst, text, n);
	return buf_cstr(dst) == NULL ? -ENOMEM : 0;
}

/* White space around a section name goes; each inner run becomes one space. */
static void
squeeze(struct buf *b)
{
	uint8_t *s = b->data + b->head, *to = s;
	int gap = 0;

	for (; *s != '\0'; s++) {
		if (isspace(*s)) {
			gap = 1;
			continue;
		}
		if (gap)
			*to++ = ' ';
		gap = 0;
		*to++ = *s;
	}
	*to = '\0';
}

static int
section_item(struct ini *in, struct ini_item *ret, char *line, struct conf_err *e)
{
	char *close = in->dialect == INI_STUNNEL ? line + strlen(line) - 1 : strchr(line, ']');
	int r;

	if (close == NULL || *close != ']' || close == line)
		return conf_err_set(e, in->path, ret->line, "section name without a closing ']'");
	if (in->dialect == INI_STUNNEL) {	/* kept verbatim */
		*close = '\0';
		ret->name = line + 1;
		ret->kind = INI_SECTION;
		return 0;
	}
	if ((r = trimmed(&in->value, line + 1, (size_t)(close - line - 1))) != 0)
		return r;
	squeeze(&in->value);
	ret->name = (const char *)buf_head(&in->value);
	if (ret->name[0] == '\0')
		return conf_err_set(e, in->path, ret->line, "empty section name");
	if (strchr(ret->name, '/') != NULL)
		return conf_err_set(e, in->path, ret->line, "section name \"%.80s\" contains '/'", ret->name);
	ret->kind = INI_SECTION;
	return 0;
}

static int
directive_item(struct ini *in, struct ini_item *ret, char *line)
{
	char *p = line + 1, *word_end;

	while (*p != '\0' && !isspace((unsigned char)*p) && *p != '=')
		p++;
	word_end = p;
	while (isspace((unsigned char)*p) || *p == '=')
		p++;
	if (trimmed(&in->value, p, strcspn(p, " \t")) != 0)
		return -ENOMEM;
	*word_end = '\0';
	ret->kind = INI_DIRECTIVE;
	ret->name = line + 1;
	ret->value = (const char *)buf_head(&in->value);
	return 0;
}

static int
setting_item(struct ini *in, struct ini_item *ret, char *line, struct conf_err *e)
{
	char *eq = strchr(line, '=');

	ret->name = line;
	if (eq == NULL) {
		ret->kind = INI_JUNK;
		return 0;
	}
	if (trimmed(&in->value, eq + 1, strlen(eq + 1)) != 0)
		return -ENOMEM;
	*eq = '\0';
	while (eq > line && isspace((unsigned char)eq[-1]))
		*--eq = '\0';
	if (*line == '\0')
		return conf_err_set(e, in->path, ret->line, "a value without a name");
	ret->kind = INI_SETTING;
	ret->value = (const char *)buf_head(&in->value);
	return 0;
}

int
ini_next(struct ini *in, struct ini_item *ret, struct conf_err *e)
{
	while (in->at < in->end) {
		unsigned line = in->line;
		char *p, *end;
		int r;

		if ((r = logical_line(in, &in->name)) != 0)
			return r;
		if (buf_len(&in->name) > INI_LINE_MAX)
			return conf_err_set(e, in->path, line, "line longer than %d bytes", INI_LINE_MAX);
		p = (char *)in->name.data + in->name.head;
		if (strlen(p) != buf_len(&in->name)) {	/* a NUL ends the file, as for rsync */
			in->at = in->end;
			if (in->dialect == INI_STUNNEL)
				return conf_err_set(e, in->path, line, "NUL byte in the file");
		}
		while (isspace((unsigned char)*p) || (*p == '\\' && in->dialect == INI_RSYNCD))
			p++;
		for (end = p + strlen(p); end > p && isspace((unsigned char)end[-1]);)
			*--end = '\0';
		if (*p == '\0' || *p == '#' || *p == ';')
			continue;
		*ret = (struct ini_item){ .line = line, .name = "", .value = "" };
		if (*p == '[' && (in->dialect == INI_RSYNCD || p[strlen(p) - 1] == ']'))
			return section_item(in, ret, p, e);
		if (*p == '&' && in->dialect == INI_RSYNCD)
			return directive_item(in, ret, p);
		return setting_item(in, ret, p, e);
	}
	*ret = (struct ini_item){ .kind = INI_END, .line = in->line, .name = "", .value = "" };
	return 0;
}

int
ini_slurp_fd(int fd, const char *path, struct buf *ret, struct conf_err *e)
{
	int r = slurp_fd(fd, INI_FILE_MAX, ret);

	if (r == -EFBIG)
		return conf_err_set(e, path, 0, "larger than %d bytes", INI_FILE_MAX);
	return r == 0 || r == -ENOMEM ? r : conf_err_set(e, path, 0, "cannot read: %s", strerror(-r));
}

int
ini_slurp(const char *path, struct buf *ret, struct conf_err *e)
{
	int fd = trusted_file(path, O_RDONLY, 0), r;

	if (fd < 0)
		return conf_err_set(e, path, 0, "cannot open: %s", trusted_error(fd));
	r = ini_slurp_fd(fd, path, ret, e);
	close(fd);
	return r;
}
