#include "deploy/ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/ledger/audit.h"
#include "deploy/verb.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/slurp.h"

enum { KEY_MAX = 16384, PIECE = 65536 };

struct asked {
	const char *key_path, *head;
	bool json;
	char **files;
	size_t n_files;
	struct ledger_key *key;
	struct ledger_chain witness;
	bool told;		/* JSON: the list of what was found has begun */
};

static int
usage(void)
{
	fprintf(stderr, "usage: sallyport ledger verify [--key FILE] [--head NUMBER:HASH] [--json] FILE...\n");
	return VERB_MISUSED;
}

static int
misused(const char *text, const char *value)
{
	log_error("ledger verify: %s%s", text, value);
	return usage();
}

/* --- what is asked ----------------------------------------------------------------------------------- */

/* As the daemon's log has it: "signed up to NUMBER:HASH". */
static int
read_head(struct asked *q)
{
	const char *colon = strchr(q->head, ':');
	char number[20];
	int64_t seq;

	if (colon == NULL || (size_t)(colon - q->head) >= sizeof number)
		return E_FORMAT;
	snprintf(number, sizeof number, "%.*s", (int)(colon - q->head), q->head);
	if (num_parse(number, 1, INT64_MAX, &seq) != 0)
		return E_FORMAT;
	q->witness.seq = (uint64_t)seq;
	return ledger_hash_parse(colon + 1, q->witness.hash);
}

static int
read_key(struct asked *q)
{
	struct buf pem = BUF_INIT;
	int r = slurp_trusted(q->key_path, KEY_MAX, &pem);

	if (r == 0)
		r = ledger_key_public(buf_head(&pem), buf_len(&pem), &q->key);
	buf_wipe(&pem);
	if (r == 0)
		return VERB_DONE;
	log_error("ledger verify: %s: %s", q->key_path, r == E_FORMAT ? "no public Ed25519 key in PEM: openssl pkey -in KEY -pubout" : err_text(r));
	return VERB_MISUSED;
}

static int
parse(int argc, char **argv, struct asked *q)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' }, { "head", required_argument, NULL, 'h' }, { "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1)
		switch (c) {
		case 'k': q->key_path = optarg; break;
		case 'h': q->head = optarg; break;
		case 'j': q->json = true; break;
		case ':': return misused("an option lacks its value", "");
		default: return misused("unknown option", "");
		}
	if (optind == argc)
		return misused("which file?", "");
	q->files = argv + optind;
	q->n_files = (size_t)(argc - optind);
	if (q->head != NULL && read_head(q) != 0)
		return misused("--head wants NUMBER:HASH, as the daemon's log has it, not ", q->head);
	return q->key_path == NULL ? VERB_DONE : read_key(q);
}

/* --- what is told ------------------------------------------------------------------------------------ */

static void
tell(void *arg, bool fault, const char *file, uint64_t line, const char *text)
{
	struct asked *q = arg;
	char name[1024];

	if (!q->json) {
		printf("%s:%" PRIu64 ": %s\n", file, line, text);
		return;
	}
	printf("%s{\"fault\": %s, \"file\": \"%s\", \"line\": %" PRIu64 ", ", q->told ? ", " : "", fault ? "true" : "false",
	    log_json(file, name, sizeof name), line);
	printf("\"text\": \"%s\"}", log_json(text, name, sizeof name));
	q->told = true;
}

static void
span_text(const char *what, const struct audit_span *s)
{
	if (s->n == 0)
		printf("%s: none\n", what);
	else
		printf("%s: %" PRIu64 ", from %s to %s\n", what, s->n, s->from, s->to);
}

static void
span_json(const char *name, const struct audit_span *s)
{
	printf(", \"%s\": {\"entries\": %" PRIu64 ", \"from\": \"%s\", \"to\": \"%s\"}", name, s->n, s->from, s->to);
}

static void
sum_up(const struct asked *q, const struct audit *a)
{
	char hash[LEDGER_HASH_TEXT_SIZE];

	ledger_hash_text(a->chain.hash, hash);
	if (q->json) {
		printf("], \"faults\": %" PRIu64 ", \"cuts\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"last\": \"%" PRIu64 ":%s\", \"key\": %s", a->faults, a->cuts,
		    a->lost, a->chain.seq, hash, a->key != NULL ? "true" : "false");
		span_json("all", &a->all);
		span_json("signed", &a->signed_ones);
		span_json("unsigned", &a->unsigned_ones);
		printf("}\n");
		return;
	}
	span_text("entries", &a->all);
	if (a->key == NULL)
		printf("signatures: %" PRIu64 ", not looked at without --key\n", a->heads);
	else {
		span_text("signed", &a->signed_ones);
		span_text("not signed yet", &a->unsigned_ones);
	}
	printf("last: %" PRIu64 ":%s\n", a->chain.seq, hash);
	printf(a->faults == 0 ? "whole\n" : "NOT WHOLE: %" PRIu64 " faults\n", a->faults);
}

/* --- the files --------------------------------------------------------------------------------------- */

int
ledger_read(struct audit *a, const char *path)
{
	uint8_t bytes[PIECE];
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC), r;
	ssize_t n = fd < 0 ? -1 : 1;

	audit_file(a, path);
	while (n > 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
		audit_bytes(a, bytes, (size_t)n);
	r = n < 0 ? -errno : 0;
	if (r == 0)
		audit_file_end(a);
	if (fd >= 0)
		close(fd);
	return r;
}

static int
audit_path(struct audit *a, const char *path)
{
	int r = ledger_read(a, path);

	if (r != 0)
		log_error("ledger verify: %s: %s", path, err_text(r));
	return r != 0 ? VERB_MISUSED : VERB_DONE;
}

static int
verify(struct asked *q)
{
	static struct audit a;
	int r, code = VERB_DONE;

	audit_init(&a, q->key, &q->witness, tell, q);
	printf(q->json ? "{\"found\": [" : "");
	for (size_t i = 0; i < q->n_files && code == VERB_DONE; i++)
		code = audit_path(&a, q->files[i]);
	if ((r = audit_done(&a)) != 0) {
		log_error("ledger verify: %s", err_text(r));
		code = VERB_MISUSED;
	}
	sum_up(q, &a);
	return code != VERB_DONE ? code : a.faults > 0 ? VERB_FAILED : VERB_DONE;
}

int
ledger_main(int argc, char **argv)
{
	struct asked q = { .key_path = NULL };
	int code;

	if (argc < 2 || strcmp(argv[1], "verify") != 0)
		return usage();
	if ((code = parse(argc - 1, argv + 1, &q)) == VERB_DONE)
		code = verify(&q);
	ledger_key_free(q.key);
	return code;
}
