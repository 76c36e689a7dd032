#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "deploy/verify/line.h"
#include "deploy/verify/run.h"
#include "deploy/why/asked.h"
#include "lib/err.h"
#include "lib/log.h"

/* The value of a line "KEY VALUE" into dst; false: it is another line, or too long. */
static bool
value_of(const char *line, const char *key, char *dst, size_t size)
{
	const size_t k = strlen(key), n = strcspn(line, "\n");

	if (n <= k || strncmp(line, key, k) != 0 || line[k] != ' ' || n - k - 1 >= size)
		return false;
	memcpy(dst, line + k + 1, n - k - 1);
	dst[n - k - 1] = '\0';
	return true;
}

int
why_read_door(const char *text, struct why_told *ret, char verdict[16], char why[WHY_TEXT_SIZE])
{
	char word[8];

	verdict[0] = why[0] = '\0';
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		(void)(value_of(line, "verdict", verdict, 16) || value_of(line, "why", why, WHY_TEXT_SIZE));
		if (value_of(line, "tls", word, sizeof word))
			ret->tls = strcmp(word, "yes") == 0;
		if (ret->n < WHY_NAMES_MAX && value_of(line, "name", ret->names[ret->n], sizeof ret->names[0]))
			ret->n++;
	}
	return verdict[0] == '\0' ? E_FORMAT : 0;
}

/* The key of the deployment file by which it was decided. */
static struct where
place_of(const struct m_door *d, const char *why, bool shown)
{
	struct where at = d->client_certs.at;

	if (strstr(why, "revoked") != NULL || strstr(why, "CRL") != NULL)
		at = d->crl.at;
	else if (shown)
		at = d->ca.at;
	if (at.line == 0)
		at = d->authority.at.line != 0 ? d->authority.at : d->at;
	return at;
}

static void
add(const struct why_asked *a, const char *verdict, const char *why, const struct why_told *told)
{
	const struct where at = place_of(&a->m->door, why, a->cert != NULL && strcmp(verdict, "unasked") != 0);
	const char *what = a->cert == NULL ? "no certificate" : a->cert;

	if (strcmp(verdict, "out") == 0)
		why_add(a->points, "door", WHY_REFUSES, at.file, at.line, "%s: %s", what, why);
	else if (strcmp(verdict, "unasked") == 0)
		why_add(a->points, "door", WHY_LETS, at.file, at.line, "asks nobody for a certificate");
	else
		why_add(a->points, "door", WHY_LETS, at.file, at.line, "lets %s in%s%s%s", what, told->n > 0 ? ", which is " : "",
		    told->n > 0 ? told->names[0] : "", told->tls ? "" : ", and tells the daemon nothing of certificates");
}

int
why_door(const struct why_asked *a, struct why_told *ret)
{
	static const struct run plainly = { .network = -1 };
	char config[PATH_MAX], verdict[16], why[WHY_TEXT_SIZE];
	const char *const argv[] = { a->m->door.binary.v != NULL ? a->m->door.binary.v : "/usr/bin/sallyport-tunnel", "--why-cert",
		a->cert != NULL ? a->cert : "none", config, NULL };
	struct buf said = BUF_INIT;
	const char *text;
	int r;

	if (a->m->door.kind.v != M_TUNNEL) {
		why_add(a->points, "door", WHY_DEPENDS, a->m->door.kind.at.file, a->m->door.kind.at.line, "sallyport-tunnel alone can be asked");
		return 0;
	}
	snprintf(config, sizeof config, "%s/etc/sallyport/tunnel.conf", a->root);
	r = run_program(argv, &plainly, &said);
	if ((text = buf_cstr(&said)) == NULL)
		r = -ENOMEM;
	if (r < 0 || r > 1 || why_read_door(text, ret, verdict, why) != 0) {
		log_error("why: %s: %.*s", argv[0], r < 0 ? 200 : (int)strcspn(text, "\n"), r < 0 ? err_text(r) : text);
		r = E_FORMAT;
	} else {
		add(a, verdict, why, ret);
		r = 0;
	}
	buf_done(&said);
	return r;
}
