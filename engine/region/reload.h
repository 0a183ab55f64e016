/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload: the transaction that replaces a generation while partners are connected (policies/README.md). It loads a new
 * generation in a thread, re-asks the doors of every connected ipconn in slices, opens the new listeners, swaps the
 * generation, and releases the ipconns that the new generation refuses. A failure before the swap changes nothing.
 */
#ifndef SALLYPORT_RELOAD_H
#define SALLYPORT_RELOAD_H

#include <stdint.h>

#include "region/reload_changes.h"
#include "base/fault.h"
#include "conn/recheck.h"

struct bundle;
struct region;
struct reload;

#define RELOAD_SHOWN 200 /* changes of a report, whose rows are made in one turn of the loop */

struct reload_report {
	bool done;               /* the new generation is in use; of a check: it could be */
	uint64_t generation;     /* the number of the new generation; 0 when it was refused */
	struct faults *faults;   /* borrowed; the errors that refused the reload, and the warnings */
	const struct reload_change *changes; /* borrowed list of the first RELOAD_SHOWN or more; NULL: none */
	size_t further;          /* how many there are behind the first RELOAD_SHOWN */
	const char *unstored;    /* why the new generation is not in the directory of versions yet; NULL: it is there, or the region has no directory */
};

struct reload_order {
	bool check;   /* list the changes; make none */
	bool force;   /* a policy that fails in a re-ask refuses that ipconn instead of the reload; failed rows are warnings */
	const char *tcpipservice, *urm; /* not NULL: the running definition with this one urm, and no re-ask */
	struct bundle *rules; /* borrowed during reload_begin: published rules that a region with follow = "yes" takes; NULL: those that it has */
	uint64_t use;     /* not 0: the scripts and the definition of that kept version, which is pinned then */
	const char *content; /* the SHA-256 that the scripts, data files and region.lua must have (version.h); NULL: any */
	const char *note; /* kept with the new generation; NULL: none */
	const char *by;   /* who loads it: "signal", "watch", "uid 0 pid 4711" */
	void (*done)(void *arg, const struct reload_report *report); /* called once, on the loop; may be NULL */
	void *arg;
};

/*
 * Begins a reload; o is copied, its strings only read. -1 with a sentence: a reload is under way, the region drains, or
 * there is no memory; done() is not called then.
 */
int reload_begin(struct region *r, const struct reload_order *o, struct fault *f);
/*
 * Ends the reload that is under way, as refused unless the new generation is in use; done() is called. For the end of
 * the region. Sets r->hanging when the loader's thread hangs in a file system (loader_cancel). Does nothing without a
 * reload.
 */
void reload_cancel(struct region *r);

#endif
