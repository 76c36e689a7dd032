/* The client's filter rules: on a pull they always come, if only their end (rsync-wire 6.2). */
#include "syncd/session/session.h"

#include "lib/err.h"
#include "syncd/wire/filter.h"

enum step
filters_run(struct session *s)
{
	struct filter_text rule;
	const char *text;
	struct cursor c;
	size_t n;
	int r;

	for (;;) {
		c = peer_unread(&s->peer);
		if ((r = filter_get(&c, &text, &n)) != 0)
			return session_short(s, r);
		if (n == 0)
			break;
		if (++s->rules > FILTER_RULES_MAX || filter_parse(text, n, s->proto.version < 29, &rule) != 0)
			return session_broken(s, E_FORMAT);
		peer_consume(&s->peer, &c);
	}
	peer_consume(&s->peer, &c);
	if (s->rules > 0)
		return session_fail(s, RERR_UNSUPPORTED, "this server does not apply filter rules yet (--exclude, --include, --filter)");
	s->phase = PH_FLIST;
	return STEP_NEXT;
}
