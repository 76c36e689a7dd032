/* One row per option.  Plain values are rows of lib/opt; lines that act (verify, options, ...) are
 * functions; what stunnel knows and we do not is a row too, since it must never be ignored
 * without a word. */
#ifndef SALLYPORT_TUNNEL_CONF_TABLE_H
#define SALLYPORT_TUNNEL_CONF_TABLE_H

#include "tunnel/conf/conf.h"

extern const struct opt global_opts[];
extern const size_t n_global_opts;
extern const struct opt service_opts[];
extern const size_t n_service_opts;

struct act {
	const char *name;
	int (*set)(struct tun_service *s, const char *value);	/* 0, E_FORMAT or E_LIMIT */
	const char *complaint;		/* what a bad value is answered with */
	const char *expects;		/* what a good one looks like */
	void (*dump)(const struct tun_service *s, struct buf *out);	/* NULL: another row's does */
};

extern const struct act service_acts[];
extern const size_t n_service_acts;

/* Options we have no code for. */
struct other {
	const char *name;
	int global;		/* only before the first section */
	const char *complaint;	/* NULL: the option is refused.  Else it is taken with a warning, since it makes no
				 * difference, and this is what a bad value is answered with */
	int (*is_good)(const char *value);	/* NULL: any is */
};

extern const struct other others[];
extern const size_t n_others;

/* The name in the table for an alias; other names as they are. */
const char *option_canonical(const char *name);

/* The row of that name, in any case; NULL: none. */
const struct act *act_find(const char *name);
const struct other *other_find(const char *name);

/* "[FACILITY.]LEVEL"; ret_facility NULL: no facility allowed.  0, or what is wrong with it. */
const char *debug_parse(const char *value, int *ret_facility, int *ret_level);

/* "facility.level", as debug_parse reads it.  Returns dst. */
const char *debug_print(int facility, int level, char *dst, size_t size);

/* What a bad value of a plain option is answered with. */
const char *opt_complaint(const struct opt *o);

#endif
