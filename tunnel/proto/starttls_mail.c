/* smtp (RFC 3207, 4954), pop3 and imap (RFC 2595), nntp (RFC 4642): dialogues of lines. */
#include "tunnel/proto/starttls.h"

#include "lib/is_set.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* One question and its answer, which may have several lines. */
struct exchange {
	void (*ask)(struct starttls *p);	/* NULL: the server begins */
	const char *text;			/* or the question itself */
	const char *good, *good2;		/* how the answer begins; NULL: any will do */
	int (*goes_on)(const char *line);	/* is it not the last of the answer's lines? */
	const char *tell;			/* to the local side: "" the answer itself, NULL nothing */
	const char *why;			/* what another answer is called */
	const char *bye;			/* and what the local side is told then */
};

static int
smtp_goes_on(const char *line)
{
	return strlen(line) > 3 && line[3] == '-';
}

static int
imap_goes_on(const char *line)
{
	return st_begins(line, "* ");
}

static void
ask(struct starttls *p, const struct exchange *x)
{
	if (x->ask != NULL)
		x->ask(p);
	else if (x->text != NULL)
		st_say(p, ST_REMOTE, x->text);
}

static void
tell(struct starttls *p, const char *text, const char *line)
{
	if (text == NULL)
		return;
	st_say(p, ST_LOCAL, text[0] == '\0' ? line : text);
	st_say(p, ST_LOCAL, "\r\n");
}

static int
disappointed(struct starttls *p, const struct exchange *x)
{
	if (x->bye == NULL)
		return st_fail(p, x->why);
	st_say(p, ST_LOCAL, x->bye);
	return st_refuse(p, x->why);
}

/* state counts the questions asked. */
static int
converse(struct starttls *p, const struct exchange *script, size_t n)
{
	const struct exchange *x = p->state == 0 ? NULL : &script[p->state - 1];
	const char *line = st_text(p);

	if (x != NULL) {
		int good = x->good == NULL || st_begins(line, x->good) || (x->good2 != NULL && st_begins(line, x->good2));
		int last = x->goes_on == NULL || !x->goes_on(line);

		if (!good && last)
			return disappointed(p, x);
		tell(p, x->tell, line);
		if (!last)
			return st_line(p, ST_REMOTE);
	}
	if ((size_t)p->state == n)
		return ST_DONE;
	ask(p, &script[p->state++]);
	return st_line(p, ST_REMOTE);
}

/* --- clients ---------------------------------------------------------------------------------- */

static void
ask_ehlo(struct starttls *p)
{
	buf_printf(&p->out[ST_REMOTE], "EHLO %s\r\n", is_set(p->conf->host) ? p->conf->host : "localhost");
}

int
smtp_client(struct starttls *p)
{
	static const struct exchange script[] = {
		{ .good = "220", .goes_on = smtp_goes_on, .tell = "", .why = "Remote server is not RFC 1425 compliant" },
		{ .ask = ask_ehlo, .goes_on = smtp_goes_on },
		{ .text = "STARTTLS\r\n", .good = "220", .goes_on = smtp_goes_on,
		    .why = "Remote server is not RFC 2487 compliant" },
	};

	return converse(p, script, ARRAY_LEN(script));
}

static void
say_base64(struct starttls *p, const void *bytes, size_t n)
{
	uint8_t *at = buf_reserve(&p->out[ST_REMOTE], n / 3 * 4 + 8);

	if (at == NULL)
		return;
	buf_commit(&p->out[ST_REMOTE], (size_t)EVP_EncodeBlock(at, bytes, (int)n));
	st_say(p, ST_REMOTE, "\r\n");
}

static void
ask_plain(struct starttls *p)
{
	struct buf both = BUF_INIT;

	buf_u8(&both, 0);
	buf_text(&both, p->conf->user);
	buf_u8(&both, 0);
	buf_text(&both, p->conf->password);
	st_say(p, ST_REMOTE, "AUTH PLAIN ");
	say_base64(p, buf_head(&both), buf_len(&both));
	OPENSSL_cleanse(both.data, both.cap);
	buf_done(&both);
}

static void
ask_user(struct starttls *p)
{
	say_base64(p, p->conf->user, strlen(p->conf->user));
}

static void
ask_password(struct starttls *p)
{
	say_base64(p, p->conf->password, strlen(p->conf->password));
}

#define REFUSED .goes_on = smtp_goes_on, .why = "SMTP authentication was refused"

/* Within TLS, and only with something to log in by. */
int
smtp_login(struct starttls *p)
{
	static const struct exchange plain[] = {
		{ .ask = ask_ehlo, .goes_on = smtp_goes_on },
		{ .ask = ask_plain, .good = "235", REFUSED },
	};
	static const struct exchange login[] = {
		{ .ask = ask_ehlo, .goes_on = smtp_goes_on },
		{ .text = "AUTH LOGIN\r\n", .good = "334", REFUSED },
		{ .ask = ask_user, .good = "334", REFUSED },
		{ .ask = ask_password, .good = "235", REFUSED },
	};

	if (!is_set(p->conf->user) || !is_set(p->conf->password))
		return ST_DONE;
	return p->conf->auth == AUTH_LOGIN ? converse(p, login, ARRAY_LEN(login)) : converse(p, plain, ARRAY_LEN(plain));
}

#define NO_TLS .why = "Server does not support TLS"

int
pop3_client(struct starttls *p)
{
	static const struct exchange script[] = {
		{ .good = "+OK", .tell = "", .why = "Unknown server welcome" },
		{ .text = "STLS\r\n", .good = "+OK", NO_TLS },
	};

	return converse(p, script, ARRAY_LEN(script));
}

int
imap_client(struct starttls *p)
{
	static const struct exchange script[] = {
		{ .good = "* OK", .tell = "* OK Connected.", .why = "Unknown server welcome" },
		{ .text = "stunnel STARTTLS\r\n", .good = "stunnel OK", .goes_on = imap_goes_on, NO_TLS,
		    .bye = "* BYE stunnel: Server does not support TLS\r\n" },
	};

	return converse(p, script, ARRAY_LEN(script));
}

int
nntp_client(struct starttls *p)
{
	static const struct exchange script[] = {
		{ .good = "200", .good2 = "201", .tell = "", .why = "Unknown server welcome" },
		{ .text = "STARTTLS\r\n", .good = "382", NO_TLS },
	};

	return converse(p, script, ARRAY_LEN(script));
}

/* --- servers ---------------------------------------------------------------------------------- */

enum { ASKED_QUIET = 1, ASKED_GREETING, ASKED_COMMAND, ASKED_BACKEND };

/* A client that talks first wants TLS at once (ports 465 and 993). */
static int
begin_server(struct starttls *p)
{
	if (p->state == 0) {
		p->state = ASKED_QUIET;
		return ST_QUIET;
	}
	if (p->talked)
		return ST_DONE;
	p->state = ASKED_GREETING;
	return st_line(p, ST_REMOTE);
}

/* "220 host stunnel for the rest": the host is kept for the answer to EHLO. */
static int
smtp_greeting(struct starttls *p)
{
	const char *line = st_text(p);
	size_t n;

	if (!st_begins(line, "220") || strlen(line) < 4)
		return st_fail(p, "Unknown server welcome");
	if (p->word[0] != '\0') {
		buf_printf(&p->out[ST_LOCAL], "%s\r\n", line);
	} else {
		n = strcspn(line + 4, " ");
		if (n == 0 || n >= sizeof p->word)
			return st_fail(p, "Unknown server welcome");
		memcpy(p->word, line + 4, n);
		p->word[n] = '\0';
		buf_printf(&p->out[ST_LOCAL], "%.4s%s stunnel for%s\r\n", line, p->word, line + 4 + n);
	}
	if (smtp_goes_on(line))
		return st_line(p, ST_REMOTE);
	p->state = ASKED_COMMAND;
	return st_line(p, ST_LOCAL);
}

static int
smtp_command(struct starttls *p)
{
	const char *line = st_text(p);

	if (st_begins(line, "EHLO ")) {
		buf_printf(&p->out[ST_LOCAL], "250-%s\r\n250 STARTTLS\r\n", p->word);
		p->state = ASKED_BACKEND;	/* from now on STARTTLS is what is waited for */
		return st_line(p, ST_LOCAL);
	}
	if (p->state != ASKED_BACKEND)
		return st_fail(p, "Unknown client EHLO");
	if (!st_begins(line, "STARTTLS") || line[8] != '\0')
		return st_fail(p, "STARTTLS expected");
	st_say(p, ST_LOCAL, "220 Go ahead\r\n");
	return ST_DONE;
}

int
smtp_server(struct starttls *p)
{
	if (p->state < ASKED_GREETING)
		return begin_server(p);
	return p->state == ASKED_GREETING ? smtp_greeting(p) : smtp_command(p);
}

static int
pop3_command(struct starttls *p)
{
	const char *line = st_text(p);

	if (st_begins(line, "CAPA") && line[4] == '\0') {
		st_say(p, ST_LOCAL, "+OK Stunnel capability list follows\r\nSTLS\r\n.\r\n");
		return st_line(p, ST_LOCAL);
	}
	if (!st_begins(line, "STLS") || line[4] != '\0') {
		st_say(p, ST_LOCAL, "-ERR Stunnel is expecting STLS\r\n");
		return st_refuse(p, "Client does not want TLS");
	}
	st_say(p, ST_LOCAL, "+OK Stunnel starts TLS negotiation\r\n");
	return ST_DONE;
}

int
pop3_server(struct starttls *p)
{
	switch (p->state) {
	case 0:
		p->state = ASKED_GREETING;
		return st_line(p, ST_REMOTE);
	case ASKED_GREETING:
		if (!st_begins(st_text(p), "+OK"))
			return st_fail(p, "Unknown server welcome");
		buf_printf(&p->out[ST_LOCAL], "%s + stunnel\r\n", st_text(p));
		p->state = ASKED_COMMAND;
		return st_line(p, ST_LOCAL);
	default:
		return pop3_command(p);
	}
}

/* What the back end can do before TLS is not what the client is to believe. */
static int
imap_greeting(struct starttls *p)
{
	const char *line = st_text(p), *caps = strstr(line, "CAPABILITY");

	if (!st_begins(line, "* OK"))
		return st_fail(p, "Unknown server welcome");
	if (caps == NULL)
		buf_printf(&p->out[ST_LOCAL], "%s (stunnel)\r\n", line);
	else
		buf_printf(&p->out[ST_LOCAL], "%.*sK%s (stunnel)\r\n", (int)(caps - line), line, caps + 1);
	p->state = ASKED_COMMAND;
	return st_line(p, ST_LOCAL);
}

/* The tag is kept: the back end's answer ends with its line. */
static const char *
split_tag(struct starttls *p, const char *line)
{
	size_t n = strcspn(line, " ");

	if (n == 0 || n >= sizeof p->word || line[n] == '\0')
		return NULL;
	memcpy(p->word, line, n);
	p->word[n] = '\0';
	return line + n + 1;
}

static int
imap_command(struct starttls *p)
{
	const char *line = st_text(p), *command = split_tag(p, line);

	if (command != NULL && st_begins(command, "CAPABILITY")) {
		buf_printf(&p->out[ST_REMOTE], "%s\r\n", line);
		p->state = ASKED_BACKEND;
		return st_line(p, ST_REMOTE);
	}
	if (command != NULL && st_begins(command, "STARTTLS")) {
		buf_printf(&p->out[ST_LOCAL], "%s OK Begin TLS negotiation now\r\n", p->word);
		return ST_DONE;
	}
	if (command != NULL && st_begins(command, "LOGOUT")) {
		buf_printf(&p->out[ST_LOCAL], "* BYE server terminating\r\n%s OK LOGOUT completed\r\n", p->word);
		st_say(p, ST_REMOTE, "stunnel LOGOUT\r\n");
		return st_refuse(p, "Client logged out before TLS");
	}
	st_say(p, ST_LOCAL, "* BYE stunnel: unexpected command\r\n");
	buf_printf(&p->out[ST_LOCAL], "%s BAD %s unexpected\r\n", command == NULL ? "*" : p->word,
	    command == NULL ? "line" : "command");
	st_say(p, ST_REMOTE, "stunnel LOGOUT\r\n");
	return st_refuse(p, "Unexpected client command");
}

static int
imap_answer(struct starttls *p)
{
	const char *line = st_text(p);

	buf_printf(&p->out[ST_LOCAL], "%s%s\r\n", line, st_begins(line, "* CAPABILITY") ? " STARTTLS" : "");
	if (strncmp(line, p->word, strlen(p->word)) != 0 || line[strlen(p->word)] != ' ')
		return st_line(p, ST_REMOTE);
	p->state = ASKED_COMMAND;
	return st_line(p, ST_LOCAL);
}

int
imap_server(struct starttls *p)
{
	if (p->state < ASKED_GREETING)
		return begin_server(p);
	return p->state == ASKED_GREETING ? imap_greeting(p) : p->state == ASKED_COMMAND ? imap_command(p) : imap_answer(p);
}
