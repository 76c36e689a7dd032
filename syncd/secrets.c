/* Secrets files: opened as trusted, judged by strict modes, read whole, asked, wiped. */
#include "syncd/secrets.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/trusted.h"
#include "syncd/delta/strong.h"

enum { GROUPS_MAX = 256 };

/* The open file, with what it looks like in ST; or, with the reason, E_DENIED when it is not to be trusted, or what keeps it from being
 * opened. */
static int
open_secrets(const struct module_conf *m, const char *path, struct stat *st, char *why, size_t size)
{
	int fd = trusted_file(path, O_RDONLY | O_NONBLOCK, 0);
	const char *fault = NULL;

	if (fd < 0) {
		snprintf(why, size, "could not open secrets file \"%s\": %s", path, err_text(fd));
		return fd;
	}
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))
		fault = "secrets file is no regular file";
	else if (m->strict_modes && (st->st_mode & 06) != 0)
		fault = "secrets file must not be other-accessible (see strict modes option)";
	else if (m->strict_modes && geteuid() == 0 && st->st_uid != 0)
		fault = "secrets file must be owned by root when running as root (see strict modes)";
	else if (st->st_size > SECRETS_FILE_MAX)
		fault = "secrets file is larger than 1 MiB";
	if (fault == NULL)
		return fd;
	snprintf(why, size, "%s", fault);
	close(fd);
	return E_DENIED;
}

int
secrets_usable(const struct module_conf *m, const char *path, char *why, size_t size)
{
	struct stat st;
	int fd = open_secrets(m, path, &st, why, size);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? E_DENIED : 0;
}

/* The whole file; NULL when it cannot be had, with the reason in rsync's words.  One piece of memory of the right size, so that no
 * copy is left behind. */
static char *
read_secrets(const struct module_conf *m, const char *path, size_t *ret_n, const char **reason)
{
	char why[512], *text = NULL;
	struct stat st;
	ssize_t n;
	int fd = open_secrets(m, path, &st, why, sizeof why);

	*ret_n = 0;
	if (fd < 0) {
		log_error("%s", why);
		*reason = fd == E_DENIED ? "ignoring secrets file" : "no secrets file";
		return NULL;
	}
	if ((text = malloc((size_t)st.st_size + 1)) != NULL)
		while (*ret_n < (size_t)st.st_size && (n = read(fd, text + *ret_n, (size_t)st.st_size - *ret_n)) > 0)
			*ret_n += (size_t)n;
	close(fd);
	return text;
}

/* A name that could stand in a password file. */
static bool
plain_name(const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
		if (iscntrl((unsigned char)*at) || *at == ':')
			return false;
	return name[0] != '\0';
}

static bool
in_group(void *arg, const char *user, const char *pattern, char ret[LOGIN_GROUP_SIZE])
{
	const struct passwd *pw = plain_name(user) ? getpwnam(user) : NULL;
	const struct group *gr;
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;

	(void)arg;
	if (pw == NULL || getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if ((gr = getgrgid(groups[i])) != NULL && strlen(gr->gr_name) < LOGIN_GROUP_SIZE && fnmatch(pattern, gr->gr_name, 0) == 0) {
			strcpy(ret, gr->gr_name);
			return true;
		}
	return false;
}

int
secrets_rule(const struct module_conf *m, const char *user, struct login_rule *ret)
{
	return login_rule(m->auth_users, user, in_group, NULL, ret);
}

/* The words for a client whose login failed, whatever was wrong. */
static int
refused(const struct module_facts *f, char message[MODULE_MESSAGE_SIZE])
{
	snprintf(message, MODULE_MESSAGE_SIZE, "auth failed on module %.200s", f->module);
	return E_DENIED;
}

/* Is the digest good enough?  0, or why not, logged. */
static int
check_floor(const struct module_conf *m, const struct module_facts *f, enum login_digest d)
{
	int r = login_floor(m->auth_digest, d);

	if (r == E_DENIED)
		log_warn("auth failed on module %s from %s (%s): negotiated auth digest %s is weaker than the required 'auth digest = %s'",
		    f->module, f->host, f->addr, login_digest_name(d), m->auth_digest);
	else if (r != 0)
		log_warn("auth failed on module %s from %s (%s): the configured 'auth digest = %s' is not a supported digest on this build",
		    f->module, f->host, f->addr, m->auth_digest);
	return r;
}

int
secrets_challenge(const struct module_conf *m, const struct module_facts *f, const char *list, int version, struct login *ret,
    char message[MODULE_MESSAGE_SIZE])
{
	if (login_digest(list, version, &ret->digest) != 0) {
		snprintf(message, MODULE_MESSAGE_SIZE, "your client does not support one of our daemon-auth checksums: %s", login_digests);
		return E_DENIED;
	}
	if (check_floor(m, f, ret->digest) != 0)
		return refused(f, message);
	if (ret->digest >= LOGIN_MD4)
		strong_prepare();	/* it may be in a library that is loaded on demand */
	if (login_challenge(ret->digest, ret->challenge) == 0)
		return 0;
	log_error("auth failed on module %s from %s (%s): no challenge can be made", f->module, f->host, f->addr);
	return refused(f, message);
}

/* NULL when USER is let in by a rule, else why not. */
static const char *
rule_fault(const struct module_conf *m, const char *user, struct login_rule *ret)
{
	if (user[0] == '#' || user[0] == '\0' || strlen(user) > LOGIN_USER_MAX)
		return "invalid username";
	if (login_rule(m->auth_users, user, in_group, NULL, ret) != 0)
		return "no matching rule";
	return ret->denied ? "denied by rule" : NULL;
}

/* NULL when the response is right, else why not.  The rule comes first in the words, but the secret is asked for all the same: how long it
 * takes tells nobody which it was. */
static const char *
login_fault(const struct module_conf *m, const char *path, const struct login *l, const char *user, const char *response,
    struct login_rule *ret)
{
	static const char *const verdicts[] = { NULL, "secret not found", "password mismatch" };
	const char *fault = rule_fault(m, user, ret), *unread = "no secrets file";
	enum login_verdict v;
	char *text = NULL;
	size_t n = 0;

	if (path[0] == '\0' || (text = read_secrets(m, path, &n, &unread)) == NULL)
		return fault != NULL ? fault : unread;
	v = login_check(text, n, user, fault == NULL ? ret->group : "", l->digest, l->challenge, response);
	explicit_bzero(text, n);
	free(text);
	return fault != NULL ? fault : verdicts[v];
}

int
secrets_answer(const struct module_conf *m, const struct module_facts *f, const struct login *l, char *line, struct login_rule *ret,
    char message[MODULE_MESSAGE_SIZE])
{
	char *blank = strchr(line, ' '), *path = module_expand(m->secrets_file, f);
	const char *fault = "no memory";

	if (blank == NULL) {
		log_warn("auth failed on module %s from %s (%s): invalid challenge response", f->module, f->host, f->addr);
		free(path);
		return refused(f, message);
	}
	*blank = '\0';
	if (module_is_unfit(m->secrets_file, f))
		fault = "\"secrets file\" names the client by its certificate, whose name is none for a file";
	else if (path != NULL)
		fault = login_fault(m, path, l, line, blank + 1, ret);
	free(path);
	if (fault == NULL)
		return 0;
	log_warn("auth failed on module %s from %s (%s) for %s: %s", f->module, f->host, f->addr, line, fault);
	return refused(f, message);
}
