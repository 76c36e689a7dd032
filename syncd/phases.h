/* The phases of a connection, those of pulls and pushes among them, for the two processes that run them. */
#ifndef SALLYPORT_SYNCD_PHASES_H
#define SALLYPORT_SYNCD_PHASES_H

struct session_table;

/* For session_init. */
extern const struct session_table phases;

#endif
