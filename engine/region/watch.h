/* SPDX-License-Identifier: Apache-2.0 */
/* watch: reloads without the control socket: by SIGHUP, and by `run --watch` when a file has changed. */
#ifndef SALLYPORT_WATCH_H
#define SALLYPORT_WATCH_H

struct region;
struct watch;

/*
 * Begins a reload of the region's file; by: "signal" or "watch". When another is under way, one more begins at its end,
 * by "signal". When it cannot begin, SP0011 is logged. Of a region that is pinned nothing is loaded, and SP0091 is
 * logged.
 */
void watch_reload(struct region *r, const char *by);

/*
 * Looks at region.lua, its included files, the saf, the script directory and the ring every 0.5 seconds, and reloads
 * when a changed state is the same in two looks. The threadpool makes the looks, so that a stalled file system does not
 * stop the loop.
 * Borrows r. Owned by the caller. NULL without memory.
 */
struct watch *watch_start(struct region *r);
/* Ends the looks and frees w. NULL is fine. */
void watch_stop(struct watch *w);

#endif
