/* The module's own filter, from its five parameters in the order in which they count. */
#ifndef SALLYPORT_SYNCD_MODULE_FILTER_H
#define SALLYPORT_SYNCD_MODULE_FILTER_H

#include <stddef.h>

#include "syncd/boot.h"
#include "syncd/policy/conf.h"

/* What is wrong: the parameter, a static text, and a line about it. */
struct filter_fault {
	const char *param;
	char text[512];
};

/* Read the files that are named and try every rule.  ret and *ret_n get the texts: those of files are on the heap and stay
 * until the process ends.  0, or an error and f. */
int module_filter(const struct module_conf *c, struct boot_rules ret[BOOT_RULES_MAX], size_t *ret_n, struct filter_fault *f);

#endif
