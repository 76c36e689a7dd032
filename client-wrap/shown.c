#include "client-wrap/shown.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client-wrap/blame.h"
#include "client-wrap/link.h"
#include "client-wrap/operand.h"
#include "client-wrap/speak.h"
#include "client-wrap/status.h"
#include "client-wrap/told.h"
#include "lib/buf.h"
#include "lib/log.h"

enum { GREETING_MAX = 256, LIST_MAX = 1 << 20, LINE_SIZE = 1024 };

static const char *
group_name(const struct link *l)
{
	long id = SSL_get_negotiated_group(l->tls.ssl);
	const char *name = id == 0 ? NULL : OBJ_nid2sn((int)(id & 0xffff));
	const char *known = SSL_group_to_name(l->tls.ssl, (int)id);

	return known != NULL ? known : id == 0 || name == NULL ? "none" : name;
}

void
shown_line(const struct link *l)
{
	char subject[256] = "", pin[TOLD_PIN_SIZE];

	if (l->shown != NULL)
		X509_NAME_oneline(X509_get_subject_name(l->shown), subject, sizeof subject);
	log_notice("%s %s peer %s; group %s, %s, address %s, key %s", SSL_get_version(l->tls.ssl),
	    SSL_CIPHER_get_name(SSL_get_current_cipher(l->tls.ssl)), subject, group_name(l),
	    SSL_session_reused(l->tls.ssl) ? "resumed" : "full handshake", l->address, told_pin(l->shown, pin));
}

/* A line whose text may be the peer's. */
static void __attribute__((format(printf, 2, 3)))
tell(const char *what, const char *fmt, ...)
{
	char text[LINE_SIZE], safe[5 * LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_escape(LOG_STYLE_PLAIN, text, strlen(text), safe, sizeof safe);
	printf("%-12s%s\n", what, safe);
}

static void
tell_chain(const struct link *l)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(l->tls.ssl);
	char subject[256], issuer[256];

	if (chain == NULL)
		chain = SSL_get_peer_cert_chain(l->tls.ssl);
	for (int i = 0; i < sk_X509_num(chain); i++) {
		peercert_name(X509_get_subject_name(sk_X509_value(chain, i)), subject, sizeof subject);
		peercert_name(X509_get_issuer_name(sk_X509_value(chain, i)), issuer, sizeof issuer);
		tell(i == 0 ? "chain" : "", "%d: %s, issued by %s", i, subject, issuer);
	}
}

static void
tell_connection(const struct link *l)
{
	char names[TOLD_NAMES_SIZE], pin[TOLD_PIN_SIZE], until[TOLD_TIME_SIZE];
	const ASN1_TIME *end = l->shown == NULL ? NULL : X509_get0_notAfter(l->shown);
	int days = 0, seconds;

	tell("connected", "%s port %s, address %s%s%s", l->set.host, l->set.port, l->address, l->set.has_proxy ? " of the proxy " : "",
	    l->set.has_proxy ? l->set.proxy.host : "");
	tell("version", "%s", SSL_get_version(l->tls.ssl));
	tell("cipher", "%s", SSL_CIPHER_get_name(SSL_get_current_cipher(l->tls.ssl)));
	tell("group", "%s", group_name(l));
	tell("verified", "%s%s", l->set.tls.plain.verify.chain ? "chain" : l->set.pinned ? "" : "nothing",
	    l->set.pinned ? l->set.tls.plain.verify.chain ? ", key" : "key" : "");
	tell_chain(l);
	if (l->shown == NULL)
		return;
	ASN1_TIME_diff(&days, &seconds, NULL, end);
	tell("names", "%s", told_names(l->shown, names, sizeof names));
	tell("expires", "%s, in %d days", told_time(end, until), days);
	tell("pin", "%s", told_pin(l->shown, pin));
}

static void
tell_line(const char *what, const char *line)
{
	size_t n = strlen(line);

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r'))
		n--;
	tell(what, "%.*s", (int)n, line);
}

static void
ignore_line(const char *what, const char *line)
{
	(void)what;
	(void)line;
}

/* Greeting, "#list", then a module a line until the daemon's last word. */
static int
list_modules(struct link *l, struct buf *in, void (*line_is)(const char *what, const char *line))
{
	static const char ask[] = "@RSYNCD: 31.0\n#list\n";
	char line[LINE_SIZE];
	size_t total = 0;
	int r;

	if ((r = speak_line(l, in, GREETING_MAX, line, sizeof line)) != 0 || strncmp(line, "@RSYNCD: ", 9) != 0)
		return r != 0 ? r : E_FORMAT;
	line_is("daemon", line);
	if ((r = speak_send(l, ask, sizeof ask - 1)) != 0)
		return r;
	while ((r = speak_line(l, in, LIST_MAX, line, sizeof line)) == 0) {
		if (strncmp(line, "@RSYNCD: EXIT", 13) == 0)
			return 0;
		if (strncmp(line, "@ERROR", 6) == 0) {
			line_is("refused", line);
			return E_DENIED;
		}
		if ((total += strlen(line)) > LIST_MAX)
			return E_LIMIT;
		line_is("module", line);
	}
	return r;
}

static int
ask_modules(struct link *l, void (*line_is)(const char *what, const char *line))
{
	struct buf in = BUF_INIT;
	int r = list_modules(l, &in, line_is);

	buf_done(&in);
	if (r == 0)
		return 0;
	if (r == E_PEER)	/* with TLS 1.3 a server refuses our certificate after the handshake */
		return blame_peer(l);
	log_error("%s port %s: %s: %s", l->set.host, l->set.port, r == E_FORMAT ? "no rsync daemon is behind this TLS" :
	    "the modules could not be listed", err_text(r));
	return r == E_TIMEOUT ? WRAP_TIMEOUT : r == E_DENIED || r == E_FORMAT ? WRAP_TLS : WRAP_CUT;
}

static int
parse_where(const char *where, struct operand *ret)
{
	if (operand_scheme(where) > 0 || strstr(where, "::") != NULL) {
		if (operand_parse(where, ret) == 0 && ret->kind == OPERAND_DAEMON && ret->host[0] != '\0')
			return 0;
	}
	return operand_authority(where, strcspn(where, "/"), ret);
}

/* Once more, with the session of the first connection. */
static void
tell_resumption(const struct operand *o, struct link *first)
{
	struct link l;
	int r;

	if (!first->set.resume) {
		tell("resumption", "off");
		return;
	}
	if ((r = link_keep_session(first)) != 0) {
		tell("resumption", "no: %s", r == -ENOENT ? "the server gives no session, or there is no place for it" : err_text(r));
		return;
	}
	if (link_open(&l, &(struct link_wish){ .host = o->host, .port = o->port, .report_fd = -1 }) == 0) {
		tell("resumption", "%s", SSL_session_reused(l.tls.ssl) ? "yes: the next connection has a short handshake" :
		    "no: the server does not take its session again");
		ask_modules(&l, ignore_line);	/* it brings the session for the next */
		link_keep_session(&l);
	}
	link_done(&l);
}

int
shown_test(const char *where)
{
	struct link l;
	struct operand o;
	int status;

	if (parse_where(where, &o) != 0) {
		log_error("--tls-test takes HOST, HOST:PORT or a URL, an IPv6 address in brackets, not %.100s", where);
		return WRAP_SETUP;
	}
	status = link_open(&l, &(struct link_wish){ .host = o.host, .port = o.port, .report_fd = -1, .fresh = 1 });
	if (status == 0) {
		tell_connection(&l);
		status = ask_modules(&l, tell_line);
	}
	if (status == 0)
		tell_resumption(&o, &l);
	link_done(&l);
	if (status == 0)
		puts("all is well");
	return status;
}
