#include "tunnel/conf/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>

#include "lib/log.h"
#include "tunnel/conf/check.h"
#include "lib/metrics_address.h"
#include "tunnel/conf/table.h"
#include "tunnel/tls/provider.h"

enum { SERVICES_MAX = 4096, QUOTED_MAX = 200, INCLUDE_DEPTH = 8 };

struct load {
	struct tun_conf *conf;
	struct tun_service defaults;
	struct tun_service *section;	/* NULL before the first */
	const char *path, *text;	/* of the file being read, which may be an included one */
	size_t size;
	const struct ini_item *item;
	struct conf_err *e;
	int may_include;		/* other files may be opened */
	int depth;			/* of includes */
};

static int include_dir(struct load *l, const char *dir);

static void
service_done(struct tun_service *s)
{
	opt_free(service_opts, n_service_opts, s);
	free(s->name);
	s->name = NULL;
}

void
tun_conf_free(struct tun_conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->n_services; i++)
		service_done(&conf->services[i]);
	free(conf->services);
	opt_free(global_opts, n_global_opts, conf);
	for (size_t i = 0; i < conf->included.n; i++)
		free(conf->included.v[i]);
	free(conf->included.v);
	free(conf);
}

/* The line as it stands in the file, trimmed: errors quote it. */
static const char *
raw_line(const struct load *l, int *ret_n)
{
	const char *at = l->text, *end = l->text + l->size, *nl;
	size_t n;

	for (unsigned line = 1; line < l->item->line && (nl = memchr(at, '\n', (size_t)(end - at))) != NULL; line++)
		at = nl + 1;
	nl = memchr(at, '\n', (size_t)(end - at));
	n = (size_t)((nl == NULL ? end : nl) - at);
	while (n > 0 && strchr(" \t\r", *at) != NULL)
		at++, n--;
	while (n > 0 && strchr(" \t\r", at[n - 1]) != NULL)
		n--;
	*ret_n = n > QUOTED_MAX ? QUOTED_MAX : (int)n;
	return at;
}

/* Is the value what nobody else shall read, also where the name is not quite right? */
static int
is_secret(const char *name)
{
	return strcasestr(name, "passw") != NULL || strcasestr(name, "secret") != NULL;
}

static int
refuse(struct load *l, const char *why)
{
	int n;
	const char *line = raw_line(l, &n);

	if (l->item->kind == INI_SETTING && is_secret(l->item->name))
		return conf_err_set(l->e, l->path, l->item->line, "\"%.100s = ...\": %s", l->item->name, why);
	return conf_err_set(l->e, l->path, l->item->line, "\"%.*s\": %s", n, line, why);
}

/* An error found when a section ends names the section instead of a line. */
static int
refuse_section(struct load *l, const char *why)
{
	if (l->section == NULL)
		return conf_err_set(l->e, NULL, 0, "Inetd mode: %s", why);
	return conf_err_set(l->e, NULL, 0, "Service [%.100s]: %s", l->section->name, why);
}

/* "config = PrivateKey:FILE" would have the library read that key into every worker: it is taken for the
 * key, unless there is one, which would have overridden it. */
static void
take_command_key(struct tls_conf *t)
{
	static const char name[] = "PrivateKey:";
	size_t kept = 0;

	for (size_t i = 0; i < t->commands.n; i++) {
		char *text = t->commands.v[i];

		if (strncasecmp(text, name, strlen(name)) != 0) {
			t->commands.v[kept++] = text;
			continue;
		}
		if (t->key == NULL)
			t->key = strdup(text + strlen(name));
		free(text);
	}
	t->commands.n = kept;
}

static int
section_end(struct load *l, struct tun_service *s)
{
	const char *why = check_service(s, l->conf);

	if (why != NULL)
		return refuse_section(l, why);
	if (s->starttls.auth == AUTH_NTLM && s->starttls.password != NULL && ntlm_hash(s->starttls.password, s->starttls.hash) != 0)
		return refuse_section(l, "\"protocolAuthentication = ntlm\" needs MD4, the legacy provider of OpenSSL");
	if (starttls_is_ignored(s->protocol))
		log_warn("Service [%s]: \"protocol = %s\" has no effect in this version", s->name, starttls_names[s->protocol]);
	take_command_key(&s->tls);
	s->tls.redirects = s->redirect.n > 0;
	return 0;
}

static int
service_copy(struct tun_service *to, const struct tun_service *from, const char *name)
{
	*to = (struct tun_service){ .plain = from->plain };
	to->tls.plain = from->tls.plain;
	if ((to->name = strdup(name)) == NULL)
		return -ENOMEM;
	return opt_copy(service_opts, n_service_opts, to, from);
}

static int
add_service(struct load *l, const char *name)
{
	struct tun_conf *conf = l->conf;
	struct tun_service *all;

	if (conf->n_services >= SERVICES_MAX)
		return conf_err_set(l->e, l->path, l->item->line, "more than %d sections", SERVICES_MAX);
	if ((all = realloc(conf->services, (conf->n_services + 1) * sizeof *all)) == NULL)
		return -ENOMEM;
	conf->services = all;
	return service_copy(&all[conf->n_services++], &l->defaults, name);
}

/* Sessions, numbers and revocation lists belong to a section by its name. */
static int
is_taken(const struct tun_conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_services; i++)
		if (strcmp(conf->services[i].name, name) == 0)
			return 1;
	return 0;
}

static int
section_begin(struct load *l)
{
	int r;

	if (l->section != NULL && (r = section_end(l, l->section)) != 0)
		return r;
	if (is_taken(l->conf, l->item->name))
		return refuse(l, "Another section has this name");
	if ((r = add_service(l, l->item->name)) != 0)
		return r;
	l->section = &l->conf->services[l->conf->n_services - 1];
	return 0;
}

static int
set_plain(struct load *l, const struct opt *o, void *conf)
{
	int r = opt_set(o, conf, l->item->value);

	return r == E_FORMAT || r == E_LIMIT ? refuse(l, opt_complaint(o)) : r;
}

static int
global_plain(struct load *l, const struct opt *o)
{
	const char *wrong = NULL;
	struct addr at;
	int r = set_plain(l, o, l->conf);

	if (r == 0 && strcmp(o->name, "metrics") == 0 && l->conf->metrics[0] != '\0')
		wrong = metrics_address(l->conf->metrics, l->conf->metrics_public,
		    METRICS_NOT_PUBLIC ", or say metricsPublic = yes above", &at);
	return wrong != NULL ? refuse(l, wrong) : r;
}

/* Options of the whole program, which stand before the first section. */
static int
global_setting(struct load *l, int *ret_known)
{
	const struct opt *o = opt_find(global_opts, n_global_opts, INI_STUNNEL, l->item->name);
	struct tun_conf *conf = l->conf;
	const char *wrong;

	*ret_known = 1;
	if (strcasecmp(l->item->name, "providerParameter") == 0 && tls_parameter_parts(l->item->value, NULL, NULL) != 0)
		return refuse(l, "Malformed parameter");
	if (strcasecmp(l->item->name, "fips") == 0 && strcasecmp(l->item->value, "no") == 0 && tls_fips_is_forced())
		return refuse(l, "Failed to override system-wide FIPS mode");
	if (o != NULL)
		return global_plain(l, o);
	if (strcasecmp(l->item->name, "debug") == 0) {
		if ((wrong = debug_parse(l->item->value, &conf->facility, &conf->debug)) != NULL)
			return refuse(l, wrong);
		l->defaults.plain.debug = conf->debug;
		return 0;
	}
	*ret_known = 0;
	return 0;
}

static int
other_setting(struct load *l, const struct other *o)
{
	char why[96];

	if (o->global && l->section != NULL)
		return refuse(l, "Specified option name is not valid here");
	if (o->complaint == NULL) {
		snprintf(why, sizeof why, "\"%s\" is not supported by this version", o->name);
		return refuse(l, why);
	}
	if (o->is_good != NULL && !o->is_good(l->item->value))
		return refuse(l, o->complaint);
	log_warn("%s:%u: \"%s\" has no effect in this version", l->path, l->item->line, o->name);
	return 0;
}

/* -cert and -key are what rsync-ssl writes by mistake; it means these. */
static const char *
option_name(const struct load *l)
{
	const char *name = l->item->name;

	if (strcasecmp(name, "-cert") == 0 || strcasecmp(name, "-key") == 0)
		name++;
	return option_canonical(name);
}

static int
setting(struct load *l)
{
	struct tun_service *s = l->section == NULL ? &l->defaults : l->section;
	const char *name = option_name(l);
	const struct opt *o;
	const struct act *a;
	const struct other *x;
	int r, known = 0;

	if (strcasecmp(name, "include") == 0)
		return include_dir(l, l->item->value);
	if (l->section == NULL && ((r = global_setting(l, &known)) != 0 || known))
		return r;
	if ((o = opt_find(service_opts, n_service_opts, INI_STUNNEL, name)) != NULL)
		return set_plain(l, o, s);
	if ((a = act_find(name)) != NULL)
		return a->set(s, l->item->value) == 0 ? 0 : refuse(l, a->complaint);
	if ((x = other_find(name)) != NULL)
		return other_setting(l, x);
	if (strcasecmp(name, "service") == 0)	/* in a section it only names a libwrap daemon */
		return 0;
	return refuse(l, "Specified option name is not valid here");
}

static int
read_items(struct load *l, struct ini *in)
{
	struct ini_item item;
	int r;

	l->item = &item;
	for (;;) {
		if ((r = ini_next(in, &item, l->e)) != 0)
			return r;
		if (item.kind == INI_END)
			return 0;
		if (item.kind == INI_SECTION)
			r = section_begin(l);
		else if (item.kind == INI_SETTING)
			r = setting(l);
		else
			r = refuse(l, "No '=' found");
		if (r != 0)
			return r;
	}
}

/* Its lines stand where the include line does: the section it ends in goes on after it.  The
 * complaint about a line of its own is logged here, since the outer line gets the error. */
static int
include_text(struct load *l, const char *path, const struct buf *text)
{
	struct load outer = *l;
	struct ini in;
	int r;

	l->path = path;
	l->text = (const char *)buf_head(text);
	l->size = buf_len(text);
	ini_init(&in, INI_STUNNEL, path, l->text, l->size);
	r = read_items(l, &in);
	ini_done(&in);
	l->path = outer.path;
	l->text = outer.text;
	l->size = outer.size;
	l->item = outer.item;
	return r;
}

static int
include_file(struct load *l, const char *path)
{
	char complaint[sizeof l->e->path + sizeof l->e->text + 16];
	struct buf text = BUF_INIT;
	struct stat st;
	int r = 0;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (r = ini_slurp(path, &text, l->e)) == 0)
		r = include_text(l, path, &text);
	buf_wipe(&text);
	if (r != E_CONF)
		return r;
	log_error("%s", conf_err_print(l->e, complaint, sizeof complaint));
	return refuse(l, "Failed to include a file");
}

static int
remember_dir(struct opt_list *l, const char *dir)
{
	char **all = realloc(l->v, (l->n + 1) * sizeof *all);

	if (all == NULL)
		return -ENOMEM;
	l->v = all;
	if ((l->v[l->n] = strdup(dir)) == NULL)
		return -ENOMEM;
	l->n++;
	return 0;
}

/* Every regular file, whatever its name: stunnel has no filter on the suffix. */
static int
include_dir(struct load *l, const char *dir)
{
	struct dirent **all;
	char path[4096];
	int n = l->may_include && l->depth < INCLUDE_DEPTH ? scandir(dir, &all, NULL, alphasort) : -1, r = 0;

	if (n < 0)
		return refuse(l, "Failed to include directory");
	l->depth++;
	r = remember_dir(&l->conf->included, dir);
	for (int i = 0; i < n; i++) {
		if (r == 0 && (size_t)snprintf(path, sizeof path, "%s/%s", dir, all[i]->d_name) < sizeof path)
			r = include_file(l, path);
		free(all[i]);
	}
	free(all);
	l->depth--;
	return r;
}

/* The end of the file is the end of the last section, or, without sections, of inetd mode's. */
static int
finish(struct load *l)
{
	const char *why;
	int r;

	if (l->section != NULL)
		r = section_end(l, l->section);
	else {
		l->conf->inetd = 1;
		if ((r = add_service(l, l->conf->service)) == 0)
			r = section_end(l, &l->conf->services[0]);
	}
	if (r != 0)
		return r;
	why = check_global(l->conf);
	return why == NULL ? 0 : conf_err_set(l->e, NULL, 0, "Global options: %s", why);
}

static int
set_defaults(struct load *l)
{
	static const char *const sockets[] = { "a:SO_REUSEADDR=yes", "l:TCP_NODELAY=yes", "r:TCP_NODELAY=yes" };
	int r;

	l->conf->facility = LOG_DAEMON;
	l->conf->debug = l->defaults.plain.debug = LOG_NOTICE;
	l->defaults.plain.retry = -1;
	for (size_t i = 0; i < ARRAY_LEN(sockets); i++)
		sockopt_add(&l->defaults.plain.sockets, sockets[i]);
	if ((r = opt_defaults(global_opts, n_global_opts, l->conf)) != 0)
		return r;
	return opt_defaults(service_opts, n_service_opts, &l->defaults);
}

static int
load(const char *path, const char *text, size_t size, int may_include, struct tun_conf **ret, struct conf_err *e)
{
	struct load l = { .path = path, .text = text, .size = size, .e = e, .may_include = may_include };
	struct ini in;
	int r = -ENOMEM;

	*e = (struct conf_err){ "", 0, "" };
	if ((l.conf = calloc(1, sizeof *l.conf)) == NULL)
		return r;
	ini_init(&in, INI_STUNNEL, path, text, size);
	if ((r = set_defaults(&l)) == 0 && (r = read_items(&l, &in)) == 0)
		r = finish(&l);
	if (r == E_CONF && l.section != NULL)	/* those before it would have been made by now, with stunnel */
		log_info("Initializing service [%s]", l.section->name);
	ini_done(&in);
	service_done(&l.defaults);
	if (r != 0)
		tun_conf_free(l.conf);
	else
		*ret = l.conf;
	return r;
}

int
load_text(const char *path, const char *text, size_t size, struct tun_conf **ret, struct conf_err *e)
{
	return load(path, text, size, 0, ret, e);
}

int
load_file(const char *path, int fd, struct tun_conf **ret, struct conf_err *e)
{
	struct buf text = BUF_INIT;
	int r = fd >= 0 ? ini_slurp_fd(fd, path, &text, e) : ini_slurp(path, &text, e);

	if (r == 0)
		r = load(path, (const char *)buf_head(&text), buf_len(&text), 1, ret, e);
	buf_wipe(&text);
	return r;
}

void
tun_conf_forget(struct tun_conf *conf)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		struct tun_service *s = &conf->services[i];

		for (size_t o = 0; o < n_service_opts; o++) {
			char *text = service_opts[o].type == OPT_STR ? *(char **)((char *)s + service_opts[o].at) : NULL;

			if (text != NULL && is_secret(service_opts[o].name))
				explicit_bzero(text, strlen(text));
		}
		explicit_bzero(s->starttls.hash, sizeof s->starttls.hash);
	}
}

/* As it is read again, but for secrets. */
static void
dump_service(const struct tun_service *s, struct buf *out)
{
	for (size_t i = 0; i < n_service_opts; i++) {
		const struct opt *o = &service_opts[i];

		if (o->type != OPT_STR || !is_secret(o->name) || strcasecmp(o->name, "PSKsecrets") == 0)
			opt_dump(o, 1, s, out);
		else if (*(char *const *)((const char *)s + o->at) != NULL)
			buf_printf(out, "%s = ...\n", o->name);
	}
}

void
tun_conf_dump(const struct tun_conf *conf, struct buf *out)
{
	char debug[32] = "";

	opt_dump(global_opts, n_global_opts, conf, out);
	buf_printf(out, "debug = %s\n", debug_print(conf->facility, conf->debug, debug, sizeof debug));
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct tun_service *s = &conf->services[i];

		if (!conf->inetd)
			buf_printf(out, "\n[%s]\n", s->name);
		dump_service(s, out);
		for (size_t a = 0; a < n_service_acts; a++)
			if (service_acts[a].dump != NULL && !(conf->inetd && strcmp(service_acts[a].name, "debug") == 0))
				service_acts[a].dump(s, out);
	}
}
