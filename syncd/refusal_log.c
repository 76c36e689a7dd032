#include "syncd/refusal_log.h"

#include "lib/log.h"

static void
refill(void *arg)
{
	struct refusal_log *l = arg;

	if (l->dropped > 0)
		log_warn("%u more connections were refused or given up", l->dropped);
	l->dropped = 0;
	if ((l->tokens += REFUSAL_LOG_RATE) < REFUSAL_LOG_BURST)
		loop_timer(l->loop, &l->refill, 1000);
}

void
refusal_log_init(struct refusal_log *l, struct loop *loop)
{
	*l = (struct refusal_log){ .loop = loop, .tokens = REFUSAL_LOG_BURST, .refill = { .expired = refill, .arg = l } };
}

void
refusal_log_done(struct refusal_log *l)
{
	loop_timer_clear(l->loop, &l->refill);
}

void
refusal_log_tell(struct refusal_log *l, const struct addr *peer, const char *what)
{
	char text[ADDR_TEXT_SIZE];

	if (l->tokens == 0) {
		l->dropped++;
		return;
	}
	l->tokens--;
	if (l->refill.slot == 0)
		loop_timer(l->loop, &l->refill, 1000);
	log_warn("connection from %s %s", addr_host(peer, text, sizeof text), what);
}
