/* What a process inherits from whoever started it is set, not believed. */
#ifndef SALLYPORT_LIB_INHERIT_H
#define SALLYPORT_LIB_INHERIT_H

/* First thing in main: every signal has its default again, but HUP, INT, QUIT and TERM stay ignored where they are (nohup, a
 * shell's background); none is blocked; descriptors 0 to 2 are open, to /dev/null where they were not. */
void inherit_reset(void);

/* Close every descriptor from that one on. */
void inherit_close(int from);

#endif
