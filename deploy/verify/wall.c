#include "deploy/verify/wall.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/out/shared.h"
#include "deploy/verify/ruleset.h"
#include "deploy/verify/run.h"
#include "lib/err.h"

#define TABLE "sallyport"
#define LOAD_AGAIN "systemctl restart sallyport-firewall.service"

enum { PLAIN_PORT = 873 };

/* 0 with what a program of the system said; or what went wrong. */
static int
ask_program(const char *name, const char *const arguments[], const struct run *how, struct buf *said)
{
	char program[PATH_MAX];
	const char *argv[8] = { program };
	int r = run_find(name, program, sizeof program);

	for (size_t i = 0; i < 6 && arguments[i] != NULL; i++)
		argv[i + 1] = arguments[i];
	return r != 0 ? r : run_program(argv, how, said);
}

/* What a text becomes in a namespace of its own: loaded by one program, listed by the other.  0 or what went wrong. */
static int
listed_as(const char *text, const char *load, const char *const load_arguments[], const char *list, const char *const list_arguments[],
    struct buf *ret)
{
	int network = run_network(), r;
	const struct run in = { .network = network, .input = text }, quiet = { .network = network };
	struct buf said = BUF_INIT;

	if (network < 0)
		return network;
	if ((r = ask_program(load, load_arguments, &in, &said)) == 0)
		r = ask_program(list, list_arguments, &quiet, ret);
	buf_done(&said);
	close(network);
	return r;
}

static void
failed(const struct ask *a, const char *id, const char *subject, int r)
{
	char why[96];

	if (r == -ENOENT) {
		point_fail(a->points, id, subject, "the program that lists the rules is not there", "the rules as they were generated", "install it");
		return;
	}
	if (r < 0)
		snprintf(why, sizeof why, "it cannot be asked: %s", err_text(r));
	else
		snprintf(why, sizeof why, "it cannot be asked: status %d", r);
	point_skip(a->points, id, subject, why);
}

static void
judge_same(const struct ask *a, const char *id, const char *subject, const char *wanted, const char *seen)
{
	char missing[256], extra[256], text[600];
	bool differs = ruleset_differs(wanted, seen, missing, extra);

	snprintf(text, sizeof text, "%s", extra[0] == '\0' ? "its rules end early" : extra);
	point_add(a->points, !differs, id, subject, differs ? text : "as generated", missing[0] == '\0' ? "nothing more" : missing, LOAD_AGAIN);
}

/* --- nftables --------------------------------------------------------------------------------------- */

static void
judge_table(const struct ask *a, const char *listed)
{
	static const char *const load[] = { "-f", "/dev/stdin", NULL }, *const list[] = { "-s", "list", "ruleset", NULL };
	struct buf whole = BUF_INIT, wanted = BUF_INIT, seen = BUF_INIT;
	const char *text = ask_text(a, OUT_NFT);
	int r = listed_as(text, "nft", load, "nft", list, &whole);

	if (!ruleset_table(listed, TABLE, &seen))
		point_fail(a->points, "firewall.table", "inet " TABLE, "the table is not there", "the table as it was generated", LOAD_AGAIN);
	else if (r != 0 || buf_cstr(&whole) == NULL || !ruleset_table(buf_cstr(&whole), TABLE, &wanted))
		failed(a, "firewall.table", "inet " TABLE, r);
	else if (buf_cstr(&wanted) != NULL && buf_cstr(&seen) != NULL)
		judge_same(a, "firewall.table", "inet " TABLE, buf_cstr(&wanted), buf_cstr(&seen));
	buf_done(&whole);
	buf_done(&wanted);
	buf_done(&seen);
}

/* Tables of others, also those that iptables made. */
static void
judge_others(const struct ask *a, const char *listed)
{
	const uint16_t ports[] = { PLAIN_PORT, out_daemon_port(a->m), out_door_port(a->m) };
	char seen[256], subject[32];

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		bool other;

		if (ports[i] == 0 || (i == 1 && ports[1] == PLAIN_PORT))
			continue;
		snprintf(subject, sizeof subject, "port %u", ports[i]);
		other = ruleset_other(listed, TABLE, ports[i], seen);
		if (ports[i] == out_door_port(a->m) && other && strstr(seen, "accept") != NULL)
			other = false;	/* where another input chain drops, it must be so */
		point_add(a->points, !other, "firewall.other", subject, other ? seen : "no other table lets it in or leads it elsewhere",
		    "no such rule", "delete that rule where it is written");
	}
	if (ruleset_closes(listed, TABLE, out_door_port(a->m), seen))
		point_fail(a->points, "firewall.closed", subject, seen, "a line that accepts the port there, too", "add it to that chain");
	else
		point_pass(a->points, "firewall.closed", subject, "no other input chain drops it");
}

static void
nftables(const struct ask *a)
{
	static const char *const list[] = { "-s", "list", "ruleset", NULL };
	const struct run here = { .network = -1 };
	struct buf listed = BUF_INIT;
	int r = ask_program("nft", list, &here, &listed);

	if (r != 0 || buf_cstr(&listed) == NULL) {
		failed(a, "firewall.table", "nft", r);
	} else {
		judge_table(a, buf_cstr(&listed));
		judge_others(a, buf_cstr(&listed));
	}
	buf_done(&listed);
}

/* --- iptables --------------------------------------------------------------------------------------- */

static const struct family {
	const char *id, *path, *restore, *save;
} families[] = {
	{ "firewall.iptables", OUT_RULES4, "iptables-restore", "iptables-save" },
	{ "firewall.ip6tables", OUT_RULES6, "ip6tables-restore", "ip6tables-save" },
};

static bool
leads_there(const char *saved)
{
	return strstr(saved, "-A INPUT -j SALLYPORT-IN") != NULL && strstr(saved, "-A PREROUTING -j SALLYPORT-PRE") != NULL;
}

/* The rules of our own chains; of those that lead there only that there are some. */
static void
judge_family(const struct ask *a, const struct family *f)
{
	static const char *const noflush[] = { "--noflush", NULL }, *const none[] = { NULL };
	const struct run here = { .network = -1 };
	struct buf saved = BUF_INIT, whole = BUF_INIT, wanted = BUF_INIT, seen = BUF_INIT;
	int r = ask_program(f->save, none, &here, &saved);

	if (r == 0)
		r = listed_as(ask_text(a, f->path), f->restore, noflush, f->save, none, &whole);
	if (r != 0 || buf_cstr(&saved) == NULL || buf_cstr(&whole) == NULL) {
		failed(a, f->id, f->save, r);
	} else {
		ruleset_iptables(buf_cstr(&whole), &wanted);
		ruleset_iptables(buf_cstr(&saved), &seen);
		judge_same(a, f->id, f->save, buf_cstr(&wanted), buf_cstr(&seen));
		point_add(a->points, leads_there(buf_cstr(&saved)), "firewall.jump", f->save, "the chains INPUT and PREROUTING",
		    "both lead to ours", LOAD_AGAIN);
	}
	buf_done(&saved);
	buf_done(&whole);
	buf_done(&wanted);
	buf_done(&seen);
}

void
wall_judge(const struct ask *a)
{
	if (!out_has_firewall(a->m) || a->m->firewall.kind.v == M_NO_FIREWALL)
		point_skip(a->points, "firewall.table", a->file, "the deployment file has no firewall");
	else if (!a->root)
		point_skip(a->points, "firewall.table", a->file, VERIFY_NEEDS_ROOT);
	else if (a->m->firewall.kind.v == M_NFTABLES)
		nftables(a);
	else
		for (size_t i = 0; i < ARRAY_LEN(families); i++)
			judge_family(a, &families[i]);
}
