#include "nft/ruleset.h"

#include <ctype.h>

#include "lib/err.h"

#define MASK6 "ip6 saddr and ffff:ffff:ffff:ffff::"

/* The two families differ in these words alone. */
static const struct family {
	char digit;
	const char *type, *saddr, *source;
} families[] = {
	{ '4', "ipv4_addr", "ip saddr", "ip saddr" },
	{ '6', "ipv6_addr", "ip6 saddr", MASK6 },	/* whoever has one address of a network has 2^64 */
};

static void
put_head(const struct nft_facts *f, struct buf *out)
{
	buf_text(out, "#!/usr/sbin/nft -f\n# ");
	if (f->plain_port != 0)
		buf_printf(out, "%u: nobody but this machine.  ", f->plain_port);
	buf_printf(out,
	    "%u: %s.\n"
	    "# One transaction: the table is declared (or there would be none to delete), deleted and made anew.\n"
	    "# Another table's chain at the same hook has its own say: an accept here is no accept there.  Where \"nft list chains\"\n"
	    "# shows an input chain with \"policy drop\", that one needs a line for tcp dport %u, too.\n"
	    "# What is routed through this machine to another, or to a container's own address, is not this table's matter.\n",
	    f->tls_port, f->anyone ? "everybody, within limits" : "the sources listed here, within limits", f->tls_port);
	buf_printf(out, "table inet %s\ndelete table inet %s\ntable inet %s {\n", f->table, f->table, f->table);
}

static void
put_sources(const struct family *fam, const char *const *v, size_t n, struct buf *out)
{
	buf_printf(out, "\tset allow%c {\n\t\ttype %s; flags interval; auto-merge;\n", fam->digit, fam->type);
	for (size_t i = 0; i < n; i++)	/* one list: of two, nft keeps the last without a word */
		buf_printf(out, "\t\t%s%s%s\n", i == 0 ? "elements = { " : "    ", v[i], i + 1 < n ? "," : " }");
	buf_text(out, "\t}\n");
}

static void
put_limit_sets(const struct nft_facts *f, const struct family *fam, struct buf *out)
{
	if (f->connections > 0)
		buf_printf(out, "\tset conn%c { type %s; flags dynamic; size 65535; }\n", fam->digit, fam->type);
	if (f->per_minute > 0)
		buf_printf(out, "\tset rate%c { type %s; flags dynamic,timeout; timeout 1m; size 65535; }\n", fam->digit, fam->type);
}

static void
put_sets(const struct nft_facts *f, struct buf *out)
{
	if (!f->anyone) {
		put_sources(&families[0], f->sources4, f->n_sources4, out);
		put_sources(&families[1], f->sources6, f->n_sources6, out);
	}
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_limit_sets(f, &families[i], out);
	if (f->plain_port != 0)
		buf_printf(out, "\tcounter plain_drop { comment \"%u from another machine\"; }\n", f->plain_port);
	buf_text(out, "\tcounter martian_drop { comment \"127.0.0.0/8 or ::1 from the wire\"; }\n");
	if (f->n_owners > 0)
		buf_printf(out, "\tcounter plain_user { comment \"%u from a local user who is not the tunnel\"; }\n", f->plain_port);
	buf_printf(out, "\tcounter tls_new { comment \"%u, admitted\"; }\n", f->tls_port);
	if (!f->anyone)
		buf_printf(out, "\tcounter tls_unlisted { comment \"%u, source not listed\"; }\n", f->tls_port);
	if (f->connections > 0)
		buf_printf(out, "\tcounter tls_conn { comment \"%u, too many connections of a source\"; }\n", f->tls_port);
	if (f->per_minute > 0)
		buf_printf(out, "\tcounter tls_rate { comment \"%u, too many new connections of a source\"; }\n", f->tls_port);
}

/* Earlier than anything that rewrites addresses. */
static void
put_early(const struct nft_facts *f, struct buf *out)
{
	buf_text(out, "\n"
	    "\t# Before DNAT and before connections are tracked: a port that a container publishes, or a neighbour who sends to\n"
	    "\t# 127.0.0.1 where route_localnet is on, never gets as far as the chain below.\n"
	    "\tchain early {\n"
	    "\t\ttype filter hook prerouting priority raw; policy accept;\n"
	    "\t\tiif \"lo\" accept\n"
	    "\t\tip daddr 127.0.0.0/8 counter name martian_drop drop\n"
	    "\t\tip6 daddr ::1 counter name martian_drop drop\n");
	if (f->plain_port != 0)
		buf_printf(out, "\t\tfib daddr type local tcp dport %u counter name plain_drop drop\n", f->plain_port);
	for (size_t i = 0; i < ARRAY_LEN(families) && !f->anyone; i++)
		buf_printf(out, "\t\tfib daddr type local tcp dport %u %s != @allow%c goto unlisted\n", f->tls_port, families[i].saddr,
		    families[i].digit);
	buf_text(out, "\t}\n");
}

static void
put_input(const struct nft_facts *f, struct buf *out)
{
	buf_text(out, "\n"
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority filter - 5; policy accept;\n"
	    "\t\tiif \"lo\" accept\n");
	if (f->plain_port != 0)
		buf_printf(out, "\t\ttcp dport %u counter name plain_drop drop\n", f->plain_port);
	buf_printf(out,
	    "\t\ttcp dport %u goto tls\n"
	    "\t}\n"
	    "\tchain tls {\n"
	    "\t\tct state invalid drop\n"
	    "\t\tct state established,related accept\n", f->tls_port);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (f->anyone)
			buf_printf(out, "\t\tmeta nfproto ipv%c goto admit%c\n", families[i].digit, families[i].digit);
		else
			buf_printf(out, "\t\t%s @allow%c goto admit%c\n", families[i].saddr, families[i].digit, families[i].digit);
	buf_printf(out, "\t\t%s\n\t}\n", f->anyone ? "drop" : "goto unlisted");
}

/* A full set lets through: limits are thrift, the list of sources is the wall. */
static void
put_admission(const struct nft_facts *f, const struct family *fam, struct buf *out)
{
	buf_printf(out, "\tchain admit%c {\n", fam->digit);
	if (f->connections > 0)
		buf_printf(out, "\t\tadd @conn%c { %s ct count over %u } counter name tls_conn reject with tcp reset\n", fam->digit,
		    fam->source, f->connections);
	if (f->per_minute > 0)
		buf_printf(out, "\t\tupdate @rate%c { %s limit rate over %u/minute burst %u packets } counter name tls_rate drop\n",
		    fam->digit, fam->source, f->per_minute, f->burst);
	buf_text(out, "\t\tcounter name tls_new accept\n\t}\n");
}

/* Silence, so that who scans learns nothing; five lines a minute, so that who floods fills no log. */
static void
put_unlisted(const struct nft_facts *f, struct buf *out)
{
	buf_text(out, "\tchain unlisted {\n");
	if (!f->quiet)
		buf_printf(out, "\t\tlimit rate 5/minute burst 5 packets log prefix \"%s unlisted: \" level info\n", f->table);
	buf_text(out, "\t\tcounter name tls_unlisted drop\n\t}\n");
}

static void
put_output(const struct nft_facts *f, struct buf *out)
{
	buf_printf(out, "\n"
	    "\t# To the daemon every client of the tunnel is this machine: other local users must not look like one.\n"
	    "\tchain output {\n"
	    "\t\ttype filter hook output priority filter - 5; policy accept;\n"
	    "\t\toif \"lo\" tcp dport %u meta skuid != { 0", f->plain_port);
	for (size_t i = 0; i < f->n_owners; i++)
		buf_printf(out, isdigit((unsigned char)f->owners[i][0]) ? ", %s" : ", \"%s\"", f->owners[i]);	/* or "tcp" is a keyword */
	buf_text(out, " } counter name plain_user reject with tcp reset\n\t}\n");
}

int
ruleset_put(const struct nft_facts *f, struct buf *out)
{
	int r = nft_facts_check(f);

	if (r != 0)
		return r;
	put_head(f, out);
	put_sets(f, out);
	if (!f->anyone)
		put_unlisted(f, out);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_admission(f, &families[i], out);
	put_early(f, out);
	put_input(f, out);
	if (f->n_owners > 0)
		put_output(f, out);
	buf_text(out, "}\n");
	return out->err;
}

int
ruleset_put_removal(const struct nft_facts *f, struct buf *out)
{
	int r = nft_facts_check(f);

	if (r != 0)
		return r;
	buf_printf(out,
	    "#!/usr/sbin/nft -f\n"
	    "# Declared first: what is not there cannot be deleted.\n"
	    "table inet %s\ndelete table inet %s\n", f->table, f->table);
	return out->err;
}
