#include "tunnel/service/refusal.h"

#include "lib/log.h"

enum { TELL_MS = 1000 };

static void
tell(void *arg)
{
	static const char *const words[REFUSALS] = {
		[REFUSED_RATE] = "Connections refused by connectionRate or connectionRateAddress",
		[REFUSED_SHAKE_RATE] = "Handshakes refused by handshakeRate or handshakeRateAddress",
		[REFUSED_TOTAL] = "Connections refused by connectionsMax",
		[REFUSED_SHARE] = "Connections refused for lack of descriptors",
		[REFUSED_STALL] = "Handshakes reset by handshakesMax",
	};
	struct refusals *r = arg;

	if (r->n[REFUSED_SHARE] > 0)	/* stunnel's words, which programs look for */
		log_warn("Connection rejected: too many clients (>=%u)", r->share);
	for (int i = 0; i < REFUSALS; i++) {
		if (r->n[i] > 0)
			log_warn("%s: %u", words[i], r->n[i]);
		r->n[i] = 0;
	}
}

void
refusals_init(struct refusals *r, struct loop *loop)
{
	*r = (struct refusals){ .loop = loop, .tell = { .expired = tell, .arg = r } };
}

void
refusals_add(struct refusals *r, enum refusal why)
{
	r->n[why]++;
	if (r->tell.slot == 0)
		loop_timer(r->loop, &r->tell, TELL_MS);
}

void
refusals_done(struct refusals *r)
{
	loop_timer_clear(r->loop, &r->tell);
	tell(r);
}
