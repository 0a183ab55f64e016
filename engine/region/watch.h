/* SPDX-License-Identifier: Apache-2.0 */
/* watch: reloads that nobody orders by the control socket: SIGHUP, and `run --watch` when a file has changed. */
#ifndef SALLYPORT_WATCH_H
#define SALLYPORT_WATCH_H

struct region;
struct watch;

/* A reload of the file; when one is under way, or it cannot begin, a message says so (SP0011). */
void watch_reload(struct region *r);

/*
 * Looks twice a second at region.lua, at the saf, at what lies in the script directory and in the ring; reloads once what has changed has stayed as
 * it is from one look to the next. The looks are a threadpool's, so a stalled file system holds no loop. NULL without memory.
 */
struct watch *watch_start(struct region *r);
void watch_stop(struct watch *w); /* NULL is fine */

#endif
