#include "nft/iptables.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

/* The two families differ in these words alone. */
static const struct family {
	const char *command, *loopback;
	char digit;
	int bits;		/* of an address that counts as one source */
} family4 = { "iptables", "127.0.0.0/8", '4', 32 }, family6 = { "ip6tables", "::1/128", '6', 64 };

struct writer {
	const struct nft_facts *f;
	struct buf *out;
};

/* One line, in which "@" stands for what the names of all chains begin with: the table's, in capitals. */
static void __attribute__((format(printf, 2, 3)))
put(const struct writer *w, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);	/* what facts hold is bounded, and has no "@" */
	va_end(ap);
	for (const char *c = line; *c != '\0'; c++)
		if (*c != '@')
			buf_u8(w->out, (uint8_t)*c);
		else
			for (const char *n = w->f->table; *n != '\0'; n++)
				buf_u8(w->out, (uint8_t)toupper((unsigned char)*n));
	buf_u8(w->out, '\n');
}

static const char *const raw_chains[] = { "PRE", "DROP" }, *const filter_chains[] = { "IN", "TLS", "NEW", "DROP", "OUT" };

/* Declares chains, and empties those that are there. */
static void
put_chains(const struct writer *w, const char *table, const char *const *chains, size_t n)
{
	put(w, "*%s", table);
	for (size_t i = 0; i < n; i++)
		put(w, ":@-%s - [0:0]", chains[i]);
}

/* Each of the listed sources to another chain, by RETURN or by name. */
static void
put_sources(const struct writer *w, const struct family *fam, const char *match, const char *verdict)
{
	size_t n = fam->digit == '4' ? w->f->n_sources4 : w->f->n_sources6;
	const char *const *v = fam->digit == '4' ? w->f->sources4 : w->f->sources6;

	for (size_t i = 0; i < n && !w->f->anyone; i++)
		put(w, "%s -s %s %s", match, v[i], verdict);
}

/* Silence, so that who scans learns nothing; five lines a minute, so that who floods fills no log. */
static void
put_drop(const struct writer *w)
{
	if (!w->f->quiet)
		put(w, "-A @-DROP -m limit --limit 5/minute --limit-burst 5 -j LOG --log-prefix \"%s unlisted: \" --log-level info",
		    w->f->table);
	put(w, "-A @-DROP -j DROP");
}

/* Before DNAT and before connections are tracked. */
static void
put_raw(const struct writer *w, const struct family *fam)
{
	char match[64];

	put_chains(w, "raw", raw_chains, ARRAY_LEN(raw_chains));
	put_drop(w);
	put(w, "-A @-PRE -i lo -j RETURN");
	put(w, "-A @-PRE -d %s -j DROP", fam->loopback);
	if (w->f->plain_port != 0)
		put(w, "-A @-PRE -p tcp -m tcp --dport %u -m addrtype --dst-type LOCAL -j DROP", w->f->plain_port);
	snprintf(match, sizeof match, "-A @-PRE -p tcp -m tcp --dport %u", w->f->tls_port);
	put_sources(w, fam, match, "-j RETURN");
	if (!w->f->anyone)
		put(w, "%s -m addrtype --dst-type LOCAL -g @-DROP", match);
	put(w, "COMMIT");
}

static void
put_tls(const struct writer *w, const struct family *fam)
{
	put(w, "-A @-TLS -m conntrack --ctstate INVALID -j DROP");
	put(w, "-A @-TLS -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
	put_sources(w, fam, "-A @-TLS", "-g @-NEW");
	put(w, "-A @-TLS -g @-%s", w->f->anyone ? "NEW" : "DROP");
}

static void
put_admission(const struct writer *w, const struct family *fam)
{
	const struct nft_facts *f = w->f;

	if (f->connections > 0)
		put(w, "-A @-NEW -p tcp --syn -m connlimit --connlimit-above %u --connlimit-mask %d --connlimit-saddr"
		    " -j REJECT --reject-with tcp-reset", f->connections, fam->bits);
	if (f->per_minute > 0)
		put(w, "-A @-NEW -m hashlimit --hashlimit-name %s%c --hashlimit-mode srcip --hashlimit-srcmask %d"
		    " --hashlimit-above %u/minute --hashlimit-burst %u -j DROP", f->table, fam->digit, fam->bits, f->per_minute, f->burst);
	put(w, "-A @-NEW -j ACCEPT");
}

/* Only what a process sends is anybody's: the end of a connection whose process is gone is not refused. */
static void
put_owners(const struct writer *w)
{
	unsigned port = w->f->plain_port;

	if (w->f->n_owners == 0)
		return;
	put(w, "-A @-OUT -o lo -p tcp -m tcp --dport %u -m owner --uid-owner 0 -j RETURN", port);
	for (size_t i = 0; i < w->f->n_owners; i++)
		put(w, "-A @-OUT -o lo -p tcp -m tcp --dport %u -m owner --uid-owner %s -j RETURN", port, w->f->owners[i]);
	put(w, "-A @-OUT -o lo -p tcp -m tcp --dport %u -m owner --socket-exists -j REJECT --reject-with tcp-reset", port);
}

static void
put_filter(const struct writer *w, const struct family *fam)
{
	put_chains(w, "filter", filter_chains, ARRAY_LEN(filter_chains));
	put_drop(w);
	put(w, "-A @-IN -i lo -j RETURN");
	if (w->f->plain_port != 0)
		put(w, "-A @-IN -p tcp -m tcp --dport %u -j DROP", w->f->plain_port);
	put(w, "-A @-IN -p tcp -m tcp --dport %u -g @-TLS", w->f->tls_port);
	put_tls(w, fam);
	put_admission(w, fam);
	put_owners(w);
	put(w, "COMMIT");
}

int
iptables_put(const struct nft_facts *f, int family, struct buf *out)
{
	const struct family *fam = family == AF_INET ? &family4 : &family6;
	const struct writer w = { f, out };
	int r = nft_facts_check(f);

	if (r != 0)
		return r;
	put(&w, "# For %s-restore --noflush.  The jumps to these chains are a script's of its own.", fam->command);
	put_raw(&w, fam);
	put_filter(&w, fam);
	return out->err;
}

/* From which of the machine's chains to which of ours. */
static const struct jump {
	const char *table, *from, *to;
} jumps[] = {
	{ "raw", "PREROUTING", "PRE" }, { "filter", "INPUT", "IN" }, { "filter", "OUTPUT", "OUT" },
};

int
iptables_put_script(const struct nft_facts *f, struct buf *out)
{
	const struct writer w = { f, out };
	int r = nft_facts_check(f);

	if (r != 0)
		return r;
	put(&w, "#!/bin/sh");
	put(&w, "# Usage: RULES4 RULES6.  Loads both, then jumps to them from the machine's own chains: once, however often it runs.");
	put(&w, "set -eu");
	put(&w, "iptables-restore --wait --noflush \"$1\"");
	put(&w, "ip6tables-restore --wait --noflush \"$2\"");
	put(&w, "for ipt in iptables ip6tables; do");
	for (const struct jump *j = jumps; j < jumps + ARRAY_LEN(jumps); j++)
		put(&w, "\t$ipt -w -t %s -C %s -j @-%s 2> /dev/null || $ipt -w -t %s -I %s 1 -j @-%s", j->table, j->from, j->to, j->table,
		    j->from, j->to);
	put(&w, "done");
	return out->err;
}

/* Declared first: what is not there cannot be deleted, and what another holds neither. */
static void
put_gone(const struct writer *w, const char *table, const char *const *chains, size_t n)
{
	put_chains(w, table, chains, n);
	for (size_t i = 0; i < n; i++)
		put(w, "-X @-%s", chains[i]);
	put(w, "COMMIT");
}

int
iptables_put_removal(const struct nft_facts *f, struct buf *out)
{
	const struct writer w = { f, out };
	int r = nft_facts_check(f);

	if (r != 0)
		return r;
	put(&w, "#!/bin/sh");
	put(&w, "# What is not there is not missed.");
	put(&w, "set -eu");
	put(&w, "for ipt in iptables ip6tables; do");
	for (const struct jump *j = jumps; j < jumps + ARRAY_LEN(jumps); j++)
		put(&w, "\twhile $ipt -w -t %s -D %s -j @-%s 2> /dev/null; do :; done", j->table, j->from, j->to);
	put(&w, "\t$ipt-restore --wait --noflush << 'END'");
	put_gone(&w, "raw", raw_chains, ARRAY_LEN(raw_chains));
	put_gone(&w, "filter", filter_chains, ARRAY_LEN(filter_chains));
	put(&w, "END");
	put(&w, "done");
	return out->err;
}
