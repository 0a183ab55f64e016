/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals: what each signal does to a running region (engine/admin/README.md has the table). The signals are blocked
 * from the first instruction of `run` until the region is up: a signal that comes during a start ends the start in an
 * orderly way (TERM, INT, QUIT, XCPU), or takes effect when the region is up (HUP, USR1).
 */
#ifndef SALLYPORT_SIGNALS_H
#define SALLYPORT_SIGNALS_H

#include <stdbool.h>

struct control;
struct region;
struct signals;

/* Ignores SIGPIPE, for every command: a write to a broken pipe fails, and the process goes on. */
void signals_ignore_pipe(void);
/* For `run`, as its first step: blocks the signals that a region handles, and ignores the others that would end it. */
void signals_hold(void);
/* True when a signal that ends a region is blocked and pending. The signal stays pending. */
bool signals_ending(void);

/*
 * Handles signals on the loop of r from now on, the pending ones first. At most one may exist in a process. SIGHUP
 * makes the socket of `control` again when its file is missing. Borrows both arguments. Owned by the caller. NULL
 * without memory.
 */
struct signals *signals_watch(struct region *r, struct control *control);
/* Blocks the signals again and frees s. NULL is fine. */
void signals_free(struct signals *s);

#endif
