/* What is different between two loads of a configuration, a line a parameter. */
#ifndef SALLYPORT_SYNCD_POLICY_CONF_DIFF_H
#define SALLYPORT_SYNCD_POLICY_CONF_DIFF_H

#include "syncd/policy/conf.h"

/* Lines of one difference, beyond which they are counted, and bytes of a value (manual: LIMITS). */
enum { CONF_DIFF_LINES = 100, CONF_DIFF_VALUE = 160 };

/* Tell, in the order of the files: "[module] read only: yes -> no (PATH:LINE)"; a parameter of the global part without a module; "module NAME
 * added (PATH:LINE)" and "removed"; "N more changes".  Of commands and of where secrets lie it is told that they changed, and not how. */
void conf_diff(const struct syncd_conf *was, const struct syncd_conf *is, conf_warn *told, void *arg);

#endif
