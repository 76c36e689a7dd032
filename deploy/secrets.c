#include "deploy/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/crypt.h"
#include "deploy/model/value.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

/* The secret of that user in a secrets file, and its length; NULL: none. */
static const char *
find_secret(const char *text, const char *user, size_t *n)
{
	size_t name = strlen(user);

	for (const char *p = text; p != NULL && *p != '\0'; ) {
		if (strncmp(p, user, name) == 0 && p[name] == ':') {
			*n = strcspn(p + name + 1, "\r\n");
			return p + name + 1;
		}
		p = strchr(p, '\n');
		p = p == NULL ? NULL : p + 1;
	}
	return NULL;
}

static void
put(struct buf *ret, const char *user, const char *secret, size_t n)
{
	buf_text(ret, user);
	buf_u8(ret, ':');
	buf_put(ret, secret, n);
	buf_u8(ret, '\n');
}

static int
made(const struct m_user *u, const char *old, struct buf *ret, struct faults *l)
{
	char fresh[CRYPT_SECRET_SIZE];
	size_t n;
	const char *kept = find_secret(old, u->name.v, &n);
	int r = 0;

	snprintf(fresh, sizeof fresh, "%.*s", kept == NULL ? 0 : (int)n, kept == NULL ? "" : kept);
	if (kept != NULL && n > 0 && value_is_placeholder(fresh))
		fault_add(l, u->name.at, "the secrets file has a placeholder for %s; take that line out, and one is "
		    "made", u->name.v);
	else if (kept != NULL && n > 0)
		put(ret, u->name.v, kept, n);
	else if ((r = crypt_secret(fresh)) == 0)
		put(ret, u->name.v, fresh, strlen(fresh));
	crypt_wipe(fresh, sizeof fresh);
	return r;
}

/* Append the file's first line to ret. */
static int
from_file(const struct m_user *u, struct buf *ret, struct faults *l)
{
	int fd = trusted_file(u->secret_file.v, O_RDONLY | O_CLOEXEC, 0), r;
	struct buf text = BUF_INIT;
	const char *line = NULL;
	struct stat st;

	if ((r = fd) >= 0 && (r = fstat(fd, &st) < 0 ? -errno : 0) == 0 &&
	    (r = slurp_fd(fd, SECRETS_FILE_MAX, &text)) == 0)
		line = buf_cstr(&text);
	if (fd >= 0)
		close(fd);
	if (line == NULL) {
		fault_add(l, u->secret_file.at, "%s: %s", u->secret_file.v, trusted_error(r == 0 ? -ENOMEM : r));
	} else {
		text.data[text.head + strcspn(line, "\r\n")] = '\0';
		if ((st.st_mode & 077) != 0)
			fault_add(l, u->secret_file.at, "%s can be read by others; chmod 600 it", u->secret_file.v);
		else if (strcmp(line, "make") == 0 || value_secret(line) != NULL)
			fault_add(l, u->secret_file.at, "the secret in %s %s", u->secret_file.v,
			    strcmp(line, "make") == 0 ? "is a word for none" : value_secret(line));
		else
			put(ret, u->name.v, line, strlen(line));
	}
	buf_wipe(&text);
	return 0;
}

int
secrets_write(const struct model *m, const char *old, struct buf *ret, struct faults *l)
{
	int r = 0;

	for (size_t i = 0; i < m->users.n && r == 0; i++) {
		const struct m_user *u = &m->users.v[i];

		if (u->secret_file.v != NULL)
			r = from_file(u, ret, l);
		else if (model_makes_secret(u))
			r = made(u, old, ret, l);
		else
			put(ret, u->name.v, u->secret.v, strlen(u->secret.v));
	}
	return r != 0 ? r : ret->err;
}
