/* Every unit program's main: one suite, spoken as TAP on stdout. */
#ifndef SALLYPORT_T_UNIT_H
#define SALLYPORT_T_UNIT_H

#include <check.h>
#include <stdlib.h>

static inline int
unit_main(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
