/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload: the transaction that replaces a generation while partners are connected (policies/README.md). Load everything anew, in a thread; re-ask
 * whoever is in, in slices; when nobody is left to ask, open what is new, swap one pointer, release who is refused. Whatever goes wrong
 * before the swap leaves everything as it was.
 */
#ifndef SALLYPORT_RELOAD_H
#define SALLYPORT_RELOAD_H

#include <stdint.h>

#include "region/reload_changes.h"
#include "base/fault.h"
#include "conn/recheck.h"

struct region;
struct reload;

struct reload_report {
	bool done;               /* the new generation is in use (or, checked, could be) */
	uint64_t generation;     /* its number */
	struct faults *faults;   /* why not */
	const struct reload_change *changes;
};

struct reload_order {
	bool check;   /* say what would change; change nothing */
	bool force;   /* a re-ask that fails counts as a refusal instead of stopping the reload */
	const char *tcpipservice, *urm; /* instead of the region's file: the running definition with this one urm, and no re-ask */
	void (*done)(void *arg, const struct reload_report *report); /* once, on the loop; may be NULL */
	void *arg;
};

/* Begins. -1 with a sentence when one is under way, the region drains, or memory is short: done() is not called then. */
int reload_begin(struct region *r, const struct reload_order *o, struct fault *f);
/*
 * Ends the reload that is under way, as refused, before the region ends: its done() is called. Sets r->hanging when the loader hangs in a file system
 * and keeps the parts of the region that it reads (loader_cancel). Without a reload: nothing.
 */
void reload_cancel(struct region *r);

#endif
