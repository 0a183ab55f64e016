/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: tells the service manager that started the process about its state: ready, reloading, stopping, and a sign
 * of life while the loops turn (sd_notify(3), Type=notify and WatchdogSec= of systemd). Each call takes NULL and does
 * nothing then. From the loop's thread, or before the loop runs.
 */
#ifndef SALLYPORT_NOTIFY_H
#define SALLYPORT_NOTIFY_H

struct log;
struct ev_loop;
struct notify;

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the environment. Call it while the process
 * has one thread. Owned by the caller. NULL: no service manager waits for messages, or there is no memory.
 */
struct notify *notify_new(void);
/*
 * From now on messages that the socket does not take are tried again on the loop, and due(arg) is called at half the
 * interval of WATCHDOG_USEC, by a timer of the loop: it has notify_alive called when all loops of the process turn. A
 * failure is logged once (SP0113). Borrows loop, log and arg.
 */
void notify_begin(struct notify *n, struct ev_loop *loop, struct log *log, void (*due)(void *arg), void *arg);
/* Sends a sign of life. */
void notify_alive(struct notify *n);
/* The region is up, or a reload has ended. status: one line for `systemctl status`. */
void notify_ready(struct notify *n, const char *status);
/* A reload has begun. notify_ready must follow. */
void notify_reloading(struct notify *n, const char *status);
/* The process ends. Later calls of notify_ready and notify_reloading send nothing. */
void notify_stopping(struct notify *n, const char *status);
/* Stops the timers; the loop must exist. NULL is fine. */
void notify_free(struct notify *n);

#endif
