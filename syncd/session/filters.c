/* The client's filter rules: on a pull they always come, if only their end (rsync-wire 6.2). */
#include "syncd/session/session.h"

#include "lib/err.h"
#include "syncd/wire/filter.h"

/* 0 at the end of the list, E_SHORT, or what is wrong. */
static int
read_rules(struct session *s)
{
	const char *text;
	struct cursor c;
	size_t n = 1;
	int r = 0;

	while (n > 0) {
		c = peer_unread(&s->peer);
		if ((r = filter_get(&c, &text, &n)) != 0)
			return r;
		if (n > 0 && (r = rules_add(s->rules, text, n, s->proto.version < 29)) != 0)
			return r;
		peer_consume(&s->peer, &c);
	}
	if (!s->opt.sender) {
		rules_for_receiver(s->rules, s->opt.del_excluded > 0);
		return s->opt.cvs_exclude > 0 && s->proto.version < 29 ? rules_add(s->rules, ":C", 2, false) : 0;
	}
	return s->opt.cvs_exclude > 0 ? rules_add_cvs(s->rules) : 0;
}

/* Rules that the client means for this side stand before those of both. */
static int
own_rules(struct session *s)
{
	static const char *const prefix[] = { [OPTION_FILTER] = "", [OPTION_EXCLUDE] = "- ", [OPTION_INCLUDE] = "+ " };
	struct buf b = BUF_INIT;
	int r = 0;

	for (size_t i = 0; i < s->opt.n_rules && r == 0; i++) {
		const struct option_rule *rule = &s->opt.rules[i];

		buf_clear(&b);
		buf_printf(&b, "%s%s", prefix[rule->kind], rule->text);
		r = b.err != 0 ? b.err : rules_add(s->rules, (const char *)buf_head(&b), buf_len(&b), false);
	}
	buf_done(&b);
	rules_protect(s->rules);
	return r;
}

enum step
filters_run(struct session *s)
{
	int r = 0;

	if (s->rules == NULL && (r = rules_new(&s->rules)) == 0)
		r = own_rules(s);
	rules_count(s->rules, &s->work);
	rules_count(s->grant.hidden, &s->work);
	if (r == 0)
		r = read_rules(s);
	if (r == E_FORMAT)
		return session_fail(s, RERR_SYNTAX, "rsync error: syntax or usage error (code %d): bad filter rule [sender]",
		    RERR_SYNTAX);
	if (r != 0)
		return session_need_input(s, r);
	s->phase = s->opt.sender ? PH_NAMES : PH_FLIST_RECV;
	return STEP_NEXT;
}
