/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader: loads a generation in a thread of its own, because rings may have to be read twice and scripts may run for half a second:
 * no loop waits for that. What it loads touches nothing of the running region.
 */
#ifndef SALLYPORT_LOADER_H
#define SALLYPORT_LOADER_H

#include "policy/generation.h"

struct loader;
struct ev_loop;

/*
 * Starts. d: the definition to load (taken), or NULL: read from `file`, and rows of decision tables that do not hold are warnings. o and what it points to must last until done(). done() runs
 * on the loop, once: g is the caller's, or NULL with faults; the faults are done()'s to free. The loader frees itself after
 * done(). NULL: no memory or no thread (d is freed then).
 */
struct loader *loader_start(struct ev_loop *loop, struct definition *d, const char *file, const struct generation_options *o,
	void (*done)(void *arg, struct generation *g, struct faults *faults), void *arg);
#define LOADER_GOODBYE 0.5 /* seconds */
/* Waits that long for the thread and drops what it made; done() is not called. False: the thread hangs in a call of a file system. Then it is left to
 * itself, and all it looks at (o and what that points to, the loader) must stay until the process ends. NULL is fine: true. */
bool loader_cancel(struct loader *l);

#endif
