/* What a configuration promises and cannot keep, here and now: looked for before anybody asks for a module. */
#ifndef SALLYPORT_SYNCD_CHECK_H
#define SALLYPORT_SYNCD_CHECK_H

#include "syncd/policy/conf.h"

/* Tell of each value that cannot be used as "PATH:LINE: module NAME: what is wrong"; report's arg is arg.  The monitor
 * refuses, and the daemon does not listen, for the same reasons; a path with a %VAR% is known only to them.  How
 * many lines were told. */
unsigned check_config(const struct syncd_conf *c, conf_warn *report, void *arg);

#endif
