#include "client-wrap/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-wrap/home.h"
#include "client-wrap/keep.h"
#include "lib/buf.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

static const struct key {
	const char *name;
	size_t at;
	bool is_path;
} keys[] = {
	{ "host", offsetof(struct host_entry, host), false }, { "address", offsetof(struct host_entry, address), false },
	{ "name", offsetof(struct host_entry, name), false },
	{ "ca", offsetof(struct host_entry, ca), true }, { "cert", offsetof(struct host_entry, cert), true },
	{ "key", offsetof(struct host_entry, key), true }, { "crl", offsetof(struct host_entry, crl), true },
	{ "pin", offsetof(struct host_entry, pin), false },
};

static char **
field(const struct host_entry *h, const struct key *k)
{
	return (char **)((char *)h + k->at);
}

void
host_entry_done(struct host_entry *h)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		free(*field(h, &keys[i]));
	*h = (struct host_entry){ .port = 0 };
}

int
hosts_path(char *dst, size_t size)
{
	char base[PATH_MAX];
	int r = home_dir("XDG_CONFIG_HOME", ".config", base, sizeof base);

	if (r != 0)
		return r;
	return (size_t)snprintf(dst, size, "%s/sallyport/hosts", base) < size ? 0 : E_LIMIT;
}

struct reader {
	const char *path;
	struct conf_err *e;
};

static int
fault(const struct reader *r, const config_setting_t *s, const char *what, const char *detail)
{
	return conf_err_set(r->e, r->path, config_setting_source_line(s), "%s%.100s", what, detail == NULL ? "" : detail);
}

/* "off" and "system" are words of --tls-ca, not files. */
static int
copy_value(const struct reader *r, const struct key *k, const char *text, char **ret)
{
	const char *slash = strrchr(r->path, '/');
	int is_word = strcmp(k->name, "ca") == 0 && (strcmp(text, "off") == 0 || strcmp(text, "system") == 0);
	int below = k->is_path && text[0] != '/' && !is_word && slash != NULL;
	char *copy = NULL;

	if (asprintf(&copy, "%.*s%s", below ? (int)(slash + 1 - r->path) : 0, r->path, text) < 0)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int
read_port(const struct reader *r, const config_setting_t *s, struct host_entry *ret)
{
	int port = config_setting_get_int(s);

	if (config_setting_type(s) != CONFIG_TYPE_INT || port < 1 || port > 65535)
		return fault(r, s, "port takes a number from 1 to 65535", NULL);
	ret->port = port;
	return 0;
}

int
hosts_addresses(const char *text, uint16_t port, struct addr *ret, size_t max)
{
	char one[ADDR_TEXT_SIZE];
	size_t n = 0, k;
	struct addr a;

	for (text += strspn(text, " "); *text != '\0'; text += k + strspn(text + k, " ")) {
		k = strcspn(text, " ");
		snprintf(one, sizeof one, "%.*s", (int)k, text);
		if (k >= sizeof one || text[0] == '/' || addr_parse(one, port, &a) != 0)
			return E_FORMAT;
		if (n < max)
			ret[n++] = a;
	}
	return n == 0 ? E_FORMAT : (int)n;
}

static int
check_address(const struct reader *r, const config_setting_t *s, const char *text)
{
	struct addr a;

	return hosts_addresses(text, 0, &a, 1) > 0 ? 0 : fault(r, s, "address takes IP addresses with blanks between them, not ", text);
}

static int
read_key(const struct reader *r, const config_setting_t *s, struct host_entry *ret)
{
	const char *name = config_setting_name(s), *text;

	if (strcmp(name, "port") == 0)
		return read_port(r, s, ret);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(name, keys[i].name) != 0)
			continue;
		if ((text = config_setting_get_string(s)) == NULL || text[0] == '\0')
			return fault(r, s, "takes a text in quotes that is not empty: ", name);
		if (strcmp(name, "address") == 0 && check_address(r, s, text) != 0)
			return E_CONF;
		return copy_value(r, &keys[i], text, field(ret, &keys[i]));
	}
	return fault(r, s, "unknown; there are host, address, port, name, ca, cert, key, crl and pin: ", name);
}

/* All of them are read, so that a mistake is told before its host is needed. */
static int
read_entry(const struct reader *r, const config_setting_t *s, const char *host, struct host_entry *ret)
{
	struct host_entry h = { .port = 0 };
	int n = config_setting_length(s), err = 0;

	if (!config_setting_is_group(s))
		return fault(r, s, "hosts takes groups in its list, { host = \"NAME\"; ... }", NULL);
	for (int i = 0; i < n && err == 0; i++)
		err = read_key(r, config_setting_get_elem(s, (unsigned)i), &h);
	if (err == 0 && h.host == NULL)
		err = fault(r, s, "an entry without its host", NULL);
	if (err == 0 && strcasecmp(h.host, host) == 0) {
		if (ret->host != NULL)
			err = fault(r, s, "this host is there twice: ", h.host);
		else
			*ret = h;
		if (err == 0)
			return 0;
	}
	host_entry_done(&h);
	return err;
}

static int
read_all(const struct reader *r, config_t *conf, const char *host, struct host_entry *ret)
{
	config_setting_t *root = config_root_setting(conf), *list = config_setting_get_member(root, "hosts");
	int err = 0;

	for (int i = 0; i < config_setting_length(root); i++)
		if (config_setting_get_elem(root, (unsigned)i) != list)
			return fault(r, config_setting_get_elem(root, (unsigned)i), "unknown; there is hosts = ( { ... } ): ",
			    config_setting_name(config_setting_get_elem(root, (unsigned)i)));
	if (list != NULL && !config_setting_is_list(list))
		return fault(r, list, "hosts takes a list of groups, ( { ... }, { ... } )", NULL);
	for (int i = 0; list != NULL && i < config_setting_length(list) && err == 0; i++)
		err = read_entry(r, config_setting_get_elem(list, (unsigned)i), host, ret);
	return err;
}

/* What libconfig would take from elsewhere, or not see, or nest without end. */
static int
check_text(const char *text, size_t n, const char *path, struct conf_err *e)
{
	unsigned line = 1;
	int depth = 0;

	if (memchr(text, '\0', n) != NULL)
		return conf_err_set(e, path, 0, "a NUL in it");
	for (size_t i = 0; i < n; i++) {
		line += text[i] == '\n';
		depth += text[i] == '(' || text[i] == '{' || text[i] == '[';
		if (depth > 2000)
			return conf_err_set(e, path, line, "more brackets than hosts that one may have");
		if (text[i] == '@' && strncmp(text + i, "@include", strlen("@include")) == 0)
			return conf_err_set(e, path, line, "other files cannot be included here");
	}
	return 0;
}

static int
load(const char *text, size_t n, const char *path, config_t *conf, struct conf_err *e)
{
	int r;

	if ((r = check_text(text, n, path, e)) != 0)
		return r;
	if (config_read_string(conf, text) == CONFIG_TRUE)
		return 0;
	return conf_err_set(e, path, (unsigned)config_error_line(conf), "%s", config_error_text(conf));
}

static int
parse(const char *text, size_t n, const char *path, const char *host, config_t *conf, struct host_entry *ret, struct conf_err *e)
{
	const struct reader r = { path, e };
	struct host_entry h = { .port = 0 };
	int err = load(text, n, path, conf, e);

	if (err == 0)
		err = read_all(&r, conf, host, &h);
	if (err == 0)
		*ret = h;
	else
		host_entry_done(&h);
	return err;
}

int
hosts_parse(const char *text, size_t n, const char *path, const char *host, struct host_entry *ret, struct conf_err *e)
{
	struct buf copy = BUF_INIT;
	config_t conf;
	int r = -ENOMEM;

	config_init(&conf);
	buf_put(&copy, text, n);
	if (buf_cstr(&copy) != NULL)
		r = parse(buf_cstr(&copy), n, path, host, &conf, ret, e);
	config_destroy(&conf);
	buf_done(&copy);
	return r;
}

/* Not there, or in a directory that is closed to us: that of another, whose HOME we were given. */
static int
is_absent(const char *path, int r)
{
	char leaf[NAME_MAX + 1];
	int dir;

	if (r != -EACCES)
		return r == -ENOENT || r == -ENOTDIR;
	if ((dir = trusted_parent(path, leaf)) < 0)
		return dir == -EACCES;
	r = faccessat(dir, leaf, F_OK, 0);
	close(dir);
	return r < 0 && errno == EACCES;
}

/* 0, also for one that is not there (and *text stays empty), or E_CONF. */
static int
read_file(const char *path, struct buf *text, struct conf_err *e)
{
	int fd = trusted_file(path, O_RDONLY, 0), r;
	struct stat st;

	if (fd < 0 && is_absent(path, fd))
		return 0;
	if (fd < 0)
		return conf_err_set(e, path, 0, "%s", trusted_error(fd));
	if (fstat(fd, &st) < 0 || (st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022) != 0)
		r = conf_err_set(e, path, 0, "belongs to somebody else, or others may write it; chmod go-w");
	else if ((r = slurp_fd(fd, HOSTS_FILE_MAX, text)) != 0)
		r = conf_err_set(e, path, 0, "%s", strerror(-r));
	close(fd);
	return r;
}

int
hosts_find(const char *path, const char *host, struct host_entry *ret, struct conf_err *e)
{
	struct buf text = BUF_INIT;
	int r = read_file(path, &text, e);

	if (r == 0)
		r = hosts_parse((const char *)buf_head(&text), buf_len(&text), path, host, ret, e);
	buf_done(&text);
	return r;
}

static int
add_entry(config_t *conf, const struct host_entry *entry)
{
	config_setting_t *root = config_root_setting(conf), *list = config_setting_get_member(root, "hosts"), *own = NULL, *s;
	const char *host;

	if (list == NULL)
		list = config_setting_add(root, "hosts", CONFIG_TYPE_LIST);
	for (int i = list == NULL ? 0 : config_setting_length(list); i-- > 0;)
		if (config_setting_lookup_string(config_setting_get_elem(list, (unsigned)i), "host", &host) &&
		    strcasecmp(host, entry->host) == 0)
			config_setting_remove_elem(list, (unsigned)i);
	if (list == NULL || (own = config_setting_add(list, NULL, CONFIG_TYPE_GROUP)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (*field(entry, &keys[i]) != NULL && ((s = config_setting_add(own, keys[i].name, CONFIG_TYPE_STRING)) == NULL ||
		    config_setting_set_string(s, *field(entry, &keys[i])) != CONFIG_TRUE))
			return -ENOMEM;
	if (entry->port != 0 && ((s = config_setting_add(own, "port", CONFIG_TYPE_INT)) == NULL ||
	    config_setting_set_int(s, entry->port) != CONFIG_TRUE))
		return -ENOMEM;
	return 0;
}

static int
write_file(const char *path, const config_t *conf)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	int r = -ENOMEM;

	if (out == NULL)
		return r;
	config_write(conf, out);
	if (fclose(out) == 0)
		r = keep_file(path, text, n);
	free(text);
	return r;
}

int
hosts_store(const char *path, const struct host_entry *entry, struct conf_err *e)
{
	struct host_entry before = { .port = 0 };
	struct buf text = BUF_INIT;
	config_t conf;
	int r;

	config_init(&conf);
	if ((r = read_file(path, &text, e)) == 0)
		r = buf_cstr(&text) == NULL ? -ENOMEM : parse(buf_cstr(&text), buf_len(&text), path, entry->host, &conf, &before, e);
	if (r == 0)
		r = add_entry(&conf, entry);
	if (r == 0 && (r = write_file(path, &conf)) != 0)
		r = conf_err_set(e, path, 0, "cannot be written: %s", strerror(-r));
	host_entry_done(&before);
	config_destroy(&conf);
	buf_done(&text);
	return r;
}
