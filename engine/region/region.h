/* SPDX-License-Identifier: Apache-2.0 */
/* region: one running engine: what it was started from, its worker, its listeners, and what an operator may change. */
#ifndef SALLYPORT_REGION_H
#define SALLYPORT_REGION_H

#include <ev.h>
#include <stdbool.h>

#include "base/fault.h"
#include "policy/generation.h"
#include "base/log.h"
#include "conn/worker.h"
#include "region/listeners.h"

struct reload;

struct region {
	char file[PATH_SIZE];          /* region.lua */
	char library_dir[PATH_SIZE];
	struct worker worker;          /* the one worker */
	ev_prepare turn;               /* the end of a turn: burial */
	struct log *log;               /* owned */
	struct records *records;       /* owned */
	struct peers *peers;           /* owned */
	struct counters *counters;           /* owned */
	struct registry *registry;     /* owned */
	struct host_world world;
	struct listeners listeners;
	struct reload *reload;         /* owned; NULL: none under way */
	bool hanging;                  /* the thread of a cancelled reload hangs in a file system and reads parts of the region */
	char control[PATH_SIZE];       /* the path of the control socket: for the line that tells the start */
	struct timer drain;
	double started;
	uint64_t generations;          /* numbers given out */
	int exit_status;
};

struct region_options {
	const char *file;      /* region.lua */
	const char *control;   /* overrides region.control; NULL */
	const char *log_file;  /* NULL: stderr */
	const char *library;   /* where lua/policy.lua is; NULL: beside the binary */
	enum log_format log_format;
	bool (*unwanted)(void); /* asked between the steps of the start: true ends it; NULL: never */
};

/*
 * Loads the definition, the scripts and the saf, and installs the defined ipconns. Listens to nobody yet: the caller opens the control socket at r->control
 * first, so that a second start of the same region ends before it takes a port. NULL with faults, or without a fault when o->unwanted() ended the start;
 * nothing is left behind then. The options are read during the call only. Owned by the caller.
 */
struct region *region_new(const struct region_options *o, struct faults *faults);
/*
 * Opens the listeners; SP0001 and the warnings in `faults` (SP0012) go to the log. -1 with faults: a port cannot be opened; the region can only be freed then.
 */
int region_open(struct region *r, struct faults *faults);
/* Runs until it has drained. Returns the exit status. */
int region_run(struct region *r);
/* SIGTERM's first (drain) and second (at once) call; idempotent. */
void region_stop(struct region *r, bool at_once);
/*
 * Closes every connection and frees the region. False: a thread hangs in a call of a file system and still reads parts of the region, which are not
 * freed; the process must end by _exit. A reload that is under way is cancelled before (reload_cancel). NULL is fine.
 */
bool region_free(struct region *r);

/* The current generation (borrowed). */
struct generation *region_generation(const struct region *r);
/* What the next generation of this region is loaded with; borrows from r. */
struct generation_options region_load_options(const struct region *r);

#endif
