/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals: which signal does what to a running region; engine/admin/README.md has the table of signals. Signals are held from the first instruction of `run`
 * until the region is up, so that one that comes during a start ends it in an orderly way (TERM, INT, QUIT) or is acted on afterwards.
 */
#ifndef SALLYPORT_SIGNALS_H
#define SALLYPORT_SIGNALS_H

#include <stdbool.h>

struct control;
struct region;
struct signals;

/* For every command: a broken pipe is an error of the call that writes, and no end of the process. */
void signals_ignore_pipe(void);
/* For `run`, before anything that takes time: holds back the signals a region acts on, and ignores the others that would end it. */
void signals_hold(void);
/* Whether one that ends a region is held back. It stays so. */
bool signals_ending(void);

/* Acts on signals from now on, those that were held back first; at most once in a process. SIGHUP makes the socket of `control` anew when its file is gone.
 * NULL without memory. Owned by the caller; borrows both. */
struct signals *signals_watch(struct region *r, struct control *control);
/* Holds them back again. NULL is fine. */
void signals_free(struct signals *s);

#endif
