/* Units as text: what was generated beside what the service manager says is in force.  Pure. */
#ifndef SALLYPORT_DEPLOY_VERIFY_UNIT_TEXT_H
#define SALLYPORT_DEPLOY_VERIFY_UNIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "deploy/verify/point.h"

/* What all assignments of a directive in a unit's text come to: the last one, or for lists all behind the last empty one,
 * separated by blanks.  False and "" where there is none. */
bool unit_value(const char *text, const char *directive, char *dst, size_t size);

/* The part of the answer of `systemctl show` that is about a unit, for unit_shown; NULL: there is none. */
const char *unit_block(const char *shown, const char *unit);

/* A property there; lines of the same name are joined by blanks.  False and "" where there is none. */
bool unit_shown(const char *block, const char *property, char *dst, size_t size);

/* Names of the properties that unit_judge asks for, separated by commas. */
const char *unit_properties(char *dst, size_t size);

/* One point for each directive of text that is known here: unit.NAME.DIRECTIVE. */
void unit_judge(struct points *l, const char *unit, const char *name, const char *text, const char *block);

/* unit.NAME.state, dropins, reload, enabled; own is the drop-in that may be there, or "". */
void unit_judge_state(struct points *l, const char *unit, const char *name, const char *block, const char *own, bool enabled);

/* The tenths in "Overall exposure level for X: 1.5 OK"; -1 where it says none. */
int unit_exposure(const char *text);

#endif
