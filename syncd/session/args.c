/* The client's arguments: one or two lists, then what they mean together. */
#include "syncd/session/session.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/role.h"
#include "syncd/policy/path.h"
#include "syncd/privmsg.h"

/* Take arguments until the list ends.  0, or E_SHORT and worse. */
static int
read_list(struct session *s)
{
	bool nul_ended = s->second_list || s->proto.version >= 30, end = false;
	struct cursor c;
	int r = 0;

	while (!end && r == 0) {
		c = peer_unread(&s->peer);
		if ((r = args_get(&c, nul_ended, &s->args, &end)) == 0)
			peer_consume(&s->peer, &c);
	}
	return r;
}

const char *
args_below_module(const struct session *s, const char *arg)
{
	size_t n = strlen(s->grant.module);

	return strncmp(arg, s->grant.module, n) == 0 && (arg[n] == '/' || arg[n] == '\0') ? arg + n : arg;
}

/* Only the first list is shell-quoted, and only up to the dot (rsync-wire 1.6.2). */
static void
unquote_options(struct session *s)
{
	for (size_t i = s->args_first; i < s->args.n && strcmp(s->args.v[i], ".") != 0; i++)
		arg_unquote(s->args.v[i]);
}

/* What is asked for: the paths, as many as begin in the first 1024 bytes (rsyncd-conf 9), and no more than a line of them. */
static void
put_request(struct buf *out, const struct session *s)
{
	size_t before = buf_len(out);

	for (size_t i = s->paths; i < s->args.n && buf_len(out) - before < 1024; i++)
		buf_printf(out, "%s%.*s", i > s->paths ? " " : "", (int)(LINE_MAX_BYTES - 1 - (buf_len(out) - before)), s->args.v[i]);
}

/* A path as rsync has it by then: below the process's root, or the directory it stands in. */
static char *
told_path(const struct session *s, const char *arg)
{
	const char *below = args_below_module(s, arg);
	size_t n = strlen(below);
	char *told = malloc(n + 3);

	if (told == NULL)
		return NULL;
	told[0] = '/';
	memcpy(told + 1, below, n + 1);
	path_clean_arg(told + 1, true);
	if (!s->grant.jailed)
		memmove(told, told[1] == '\0' ? "." : told + 1, told[1] == '\0' ? sizeof "." : strlen(told));
	return told;
}

/* What a hook is told: all arguments, but for the second list's first word. */
static int
told_args(const struct session *s, struct args *told)
{
	for (size_t i = 0; i < s->args.n; i++) {
		char *path = i < s->paths ? NULL : told_path(s, s->args.v[i]);
		const char *arg = i < s->paths ? s->args.v[i] : path;
		int r = arg == NULL ? -ENOMEM : s->second_list && i == s->args_first ? 0 : args_append(told, arg, strnlen(arg, LINE_MAX_BYTES));

		free(path);
		if (r != 0)
			return r;
	}
	return 0;
}

/* 0, or what ends us. */
static int
ask_pre_xfer(struct session *s)
{
	char message[HOOK_SAID_MAX + 64];
	struct buf request = BUF_INIT;
	struct args told = { 0 };
	int r;

	put_request(&request, s);
	if ((r = told_args(s, &told)) == 0)
		r = buf_cstr(&request) == NULL ? -ENOMEM :
		    ask_hook(s->monitor_fd, told.v, told.n, (const char *)buf_head(&request), message, sizeof message);
	args_free(&told);
	buf_done(&request);
	if (r == E_DENIED && (s->hook_refusal = strdup(message)) != NULL)
		r = 0;
	return r;
}

static void
log_request(struct session *s)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "rsync %s ", s->opt.sender ? "on" : "to");
	put_request(&b, s);
	if (b.err == 0)
		ask_log(s->monitor_fd, LOG_REQUEST, (const char *)buf_head(&b), buf_len(&b));
	buf_done(&b);
}

void
session_refuse(struct session *s, int exit_code, const char *text)
{
	if (s->refused != 0)
		return;
	s->refused = exit_code;
	if (text != s->refusal)
		snprintf(s->refusal, sizeof s->refusal, "%s", text);
}

static void
refuse_value(struct session *s, const char *option, const char *value)
{
	char text[OPTIONS_MESSAGE_MAX];

	snprintf(text, sizeof text, "rsync: Invalid argument passed to --%s (%.64s)", option, value);
	session_refuse(s, RERR_SYNTAX, text);
}

/* Would another configuration take these options?  It is told where that differs, and changes nothing. */
static void
ask_shadow(struct session *s)
{
	const size_t n = s->args.n, first = s->second_list ? s->args_first : n, second = first < n ? first + 1 : n;	/* behind the word "rsync" */
	const struct grant *g = &s->grant;
	char message[OPTIONS_MESSAGE_MAX] = "", line[2048];
	struct refusals refusals;
	struct options o;
	size_t paths;
	int r, len;

	if (g->shadow_place == NULL)
		return;
	refuse_words(&refusals, g->shadow_refuses, NULL, NULL);
	options_init(&o, &refusals);
	r = options_parse(s->args.v, first, &o, &paths, message);
	if (r == 0 && s->second_list)
		r = options_parse(s->args.v + second, n - second, &o, &paths, message);
	if (r == 0)
		r = options_check(&o, message);
	if ((r != 0) == (s->refused != 0))
		return;
	len = snprintf(line, sizeof line, "shadow: would %s an option for module %.255s from %s (%s): %s refuse options = %.512s: %s", r != 0 ? "refuse" : "take",
	    g->module, g->host, g->addr, g->shadow_place, g->shadow_refuses == NULL ? "" : g->shadow_refuses, r != 0 ? message : s->refusal);
	ask_log(s->monitor_fd, LOG_NOTICE, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

/* What the options ask for against what the module gives.  The answer travels after the set-up. */
static void
judge(struct session *s)
{
	if (!s->opt.sender && s->grant.conf.read_only)
		session_refuse(s, RERR_SYNTAX, "ERROR: module is read only");
	else if (s->opt.remove_source > 0 && s->grant.conf.read_only)
		session_refuse(s, RERR_SYNTAX, "ERROR: --remove-source-files cannot be used with a read-only module");
	else if (s->opt.iconv != NULL && s->charset == NULL)
		session_refuse(s, RERR_UNSUPPORTED, "rsync: The server is configured to refuse --iconv");
	else if (s->proto.version < 30 && (s->opt.acls > 0 || s->opt.xattrs > 0))
		session_refuse(s, RERR_UNSUPPORTED, "rsync: ACLs and extended attributes need protocol 30 or newer");
	else if (s->opt.crtimes > 0 && (s->proto.version < 30 || strchr(s->opt.letters, 'v') == NULL))
		session_refuse(s, RERR_UNSUPPORTED, "rsync: The server is configured to refuse --crtimes (-N)");
	else if (!s->opt.sender && s->opt.suffix != NULL && strchr(s->opt.suffix, '/') != NULL)
		session_refuse(s, RERR_SYNTAX, "--suffix cannot contain slashes");
	else if (!s->opt.sender && s->opt.suffix != NULL && s->opt.suffix[0] == '\0' && s->opt.backup_dir == NULL)
		session_refuse(s, RERR_SYNTAX, "--suffix cannot be empty when there is no --backup-dir");
	else if (s->opt.sender && s->grant.conf.write_only)
		session_refuse(s, RERR_SYNTAX, "ERROR: module is write only");
}

/* Secluded arguments are UTF-8.  What cannot be said in the module's character set names nothing there. */
static int
convert_list(struct session *s)
{
	char text[NAME_BYTES_MAX], *copy;

	for (size_t i = s->args_first; i < s->args.n; i++) {
		if (charset_from_wire(s->charset, s->args.v[i], text, sizeof text) != 0)
			continue;
		if ((copy = strdup(text)) == NULL)
			return -ENOMEM;
		free(s->args.v[i]);
		s->args.v[i] = copy;
	}
	return 0;
}

/* Those of the session's capabilities (syncd/roles.c) that not every request needs are kept only by those that do. */
static uint64_t
needed_caps(const struct session *s)
{
	const struct options *o = &s->opt;
	bool copies = o->backup > 0 || o->temp_dir != NULL || o->partial_dir != NULL || s->grant.conf.temp_dir != NULL;	/* with owners */
	uint64_t caps = ~UINT64_C(0);

	if (o->devices <= 0)
		caps &= ~(UINT64_C(1) << CAP_MKNOD);
	if (o->xattrs <= 0)
		caps &= ~(UINT64_C(1) << CAP_SETFCAP);
	if (o->owner <= 0 && o->group <= 0 && !copies)
		caps &= ~(UINT64_C(1) << CAP_CHOWN);
	return caps;
}

static enum step
take_list(struct session *s)
{
	size_t paths, first = s->args_first;
	int r;

	if (!s->second_list)
		unquote_options(s);
	else if (first < s->args.n)
		first++;		/* the word "rsync" */
	if (s->second_list && s->converts && (r = convert_list(s)) != 0)
		return session_error(s, r);
	r = options_parse(s->args.v + first, s->args.n - first, &s->opt, &paths, s->refusal);
	if (r != 0)
		session_refuse(s, r == E_FORMAT ? RERR_SYNTAX : RERR_UNSUPPORTED, s->refusal);
	s->paths = first + paths;
	s->converts = s->opt.iconv != NULL && s->charset != NULL;
	if (s->opt.secluded && !s->second_list) {
		s->second_list = true;
		s->args_first = s->args.n;
		return STEP_NEXT;
	}
	if (s->refused == 0 && options_check(&s->opt, s->refusal) != 0)
		session_refuse(s, RERR_UNSUPPORTED, s->refusal);
	ask_shadow(s);
	s->deadline = 0;
	tell_started(s->monitor_fd);
	session_totals(s);
	if (s->grant.hooked && (r = ask_pre_xfer(s)) != 0)
		return session_error(s, r);
	if ((r = role_keep_caps(needed_caps(s))) != 0)
		return session_error(s, r);
	if (s->grant.conf.ignore_errors)
		s->opt.ignore_errors = 1;
	log_request(s);
	if (s->opt.files_from != NULL)
		s->opt.dirs++;		/* directories are named to be made, not to be skipped */
	if (s->opt.list_only && !s->opt.recurse && !s->opt.dirs)
		s->opt.dirs = 1;
	if (s->opt.timeout > 0 && (s->grant.conf.timeout == 0 || s->opt.timeout < s->grant.conf.timeout))
		s->grant.conf.timeout = (int)s->opt.timeout;
	if (s->opt.chmod != NULL && (r = chmod_parse(s->opt.chmod, &s->chmod)) == E_FORMAT)
		refuse_value(s, "chmod", s->opt.chmod);
	else if (s->opt.chmod != NULL && r != 0)
		return session_error(s, r);
	judge(s);
	s->phase = PH_NEGOTIATE;
	return STEP_NEXT;
}

enum step
args_run(struct session *s)
{
	int r;

	if (!s->args_open) {
		buf_text(peer_out(&s->peer), "@RSYNCD: OK\n");
		s->args_open = true;
	}
	if ((r = read_list(s)) == 0)
		return take_list(s);
	return session_need_input(s, r);
}
