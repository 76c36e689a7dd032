/* What the service manager is told of a program (sd_notify(3), systemd.service(5) on Type=notify), without its library. */
#ifndef SALLYPORT_LIB_NOTIFY_H
#define SALLYPORT_LIB_NOTIFY_H

#include <stdint.h>

/* Send one datagram to $NOTIFY_SOCKET: lines of NAME=VALUE as in sd_notify(3), "READY=1\nSTATUS=Serving".  A path, or "@NAME"
 * for an abstract socket.  Waits while the manager's queue is full, so that READY=1 is not lost.
 * 0: sent.  -ENOENT: no service manager asked to be told, which is no fault.  -EINVAL: $NOTIFY_SOCKET is neither of the two,
 * or too long.  Any other -errno: the manager is not there. */
int notify_send(const char *state);

/* "RELOADING=1" with the time that Type=notify-reload wants beside it; notify_send("READY=1") ends it.  As notify_send. */
int notify_reloading(void);

/* How often "WATCHDOG=1" is to be sent: half of WatchdogSec=, in milliseconds, at least 1; 0: nobody waits for it, or it is
 * another process that is watched ($WATCHDOG_PID). */
uint64_t notify_watchdog_ms(void);

/* Remove all variables of this from the environment: for a child that is to execute another's program. */
void notify_forget(void);

#endif
