#include "syncd/tls_users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/is_set.h"
#include "lib/trusted.h"

/* NULL, or why what is open there must not decide who comes in. */
static const char *
distrust(int fd, size_t *ret_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "it is no regular file";
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022) != 0)
		return "others than its owner, who has to be root or the daemon, can write it";
	if (st.st_size > TLS_GROUPS_MAX)
		return "it is larger than 1 MiB";
	*ret_size = (size_t)st.st_size;
	return NULL;
}

/* The whole file as a text, the caller's to free; NULL: not to be had, with the reason. */
static char *
read_groups(const char *path, char *why, size_t size)
{
	int fd = trusted_file(path, O_RDONLY | O_NONBLOCK, 0);
	const char *fault = fd < 0 ? trusted_error(fd) : NULL;
	char *text = NULL;
	size_t wanted = 0, n = 0;
	ssize_t got = 1;

	if (fd >= 0 && (fault = distrust(fd, &wanted)) == NULL) {
		if ((text = malloc(wanted + 1)) == NULL)
			fault = "out of memory";
		while (text != NULL && n < wanted && (got = read(fd, text + n, wanted - n)) > 0)
			n += (size_t)got;
		if (got < 0)
			fault = strerror(errno);
		if (fault == NULL && memchr(text, '\0', n) != NULL)
			fault = "it has a zero byte in it";
	}
	if (fd >= 0)
		close(fd);
	if (fault == NULL) {
		text[n] = '\0';
		return text;
	}
	snprintf(why, size, "tls groups file %.200s: %s", path, fault);
	free(text);
	return NULL;
}

/* The text of the module's groups, the caller's to free: NULL also where it has none.  False: a file that it has cannot be had. */
static bool
load_groups(const struct module_conf *m, char **ret, char *why, size_t size)
{
	*ret = NULL;
	return !is_set(m->tls_groups_file) || (*ret = read_groups(m->tls_groups_file, why, size)) != NULL;
}

bool
tls_users_fault(const struct module_conf *m, char *message, size_t size)
{
	char *groups, what[400];
	unsigned line;
	bool wrong;

	if (!is_set(m->tls_users))
		return false;
	if (!load_groups(m, &groups, message, size))
		return true;
	if (groups != NULL && identity_groups_fault(groups, &line, what, sizeof what)) {
		snprintf(message, size, "%.200s:%u: %s", m->tls_groups_file, line, what);
		wrong = true;
	} else if ((wrong = identity_fault(m->tls_users, groups, what, sizeof what))) {
		snprintf(message, size, "\"tls users\" cannot be read: %s", what);
	}
	free(groups);
	return wrong;
}

static int __attribute__((format(printf, 5, 6)))
refuse(const char **ret_param, const char *param, char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	*ret_param = param;
	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return E_DENIED;
}

int
tls_users_judge(const struct module_conf *m, const struct identity *id, struct identity_rule *ret, const char **ret_param, char *why, size_t size)
{
	char *groups;
	int r;

	memset(ret, 0, sizeof *ret);
	if (m->require_tls && !id->tls)
		return refuse(ret_param, "require tls", why, size, "it did not come by TLS");
	if (!is_set(m->tls_users))
		return 0;
	if (!id->tls || !id->verified)
		return refuse(ret_param, "tls users", why, size, "it has shown no certificate that was verified");
	*ret_param = "tls users";
	if (!load_groups(m, &groups, why, size))
		return E_DENIED;
	r = identity_rule(m->tls_users, groups, id, ret);
	free(groups);
	if (r == 0 && !ret->denied)
		return 0;
	if (r == 0)
		return refuse(ret_param, "tls users", why, size, "certificate %.200s is denied by %.200s", ret->name, ret->word);
	if (r == E_DENIED)
		return refuse(ret_param, "tls users", why, size, "no rule names the certificate \"%.200s\"", id->common_name);
	return refuse(ret_param, "tls users", why, size, "the rules cannot be read: %s", err_text(r));
}
