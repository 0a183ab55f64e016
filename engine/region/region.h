/* SPDX-License-Identifier: Apache-2.0 */
/* region: one running engine: its definition file, its worker, its listeners, its stores, and the reload under way. */
#ifndef SALLYPORT_REGION_H
#define SALLYPORT_REGION_H

#include <ev.h>
#include <stdbool.h>

#include "base/cores.h"
#include "base/fault.h"
#include "policy/generation.h"
#include "base/log.h"
#include "conn/totals.h"
#include "conn/worker.h"
#include "region/gates.h"
#include "region/listeners.h"
#include "region/telemetry.h"
#include "region/version_store.h"
#include "region/versions.h"

struct generations;
struct handed;
struct member;
struct notify;
struct reask;
struct reload;
struct shadow;
struct canary_run;
struct follow;
struct publish;

struct region {
	char file[PATH_SIZE];          /* region.lua */
	char library_dir[PATH_SIZE];
	struct worker worker;          /* the home */
	struct gates gates;
	struct totals totals;
	ev_prepare turn;               /* runs at the end of each turn: frees closed objects */
	struct log *log;               /* owned */
	struct handed *handed;         /* borrowed; sockets that the first listeners take; NULL: none */
	struct notify *notify;         /* borrowed; NULL: no service manager waits for messages */
	struct records *records;       /* owned */
	struct recorder *recorder;     /* owned; NULL: no file of records is named */
	ev_async recorded;             /* woken by the recorder's thread after each transaction, while recorder is not NULL */
	struct peers *peers;           /* owned */
	struct counters *counters;     /* owned */
	struct rates *rates;           /* owned */
	struct data_pool *pool;        /* owned: the data files of its generations */
	char workers_why[CORES_WHY];   /* why it has that many workers */
	struct generations *living;    /* owned: the generations in use */
	struct registry *registry;     /* owned */
	struct host_world world;
	struct member *member;         /* owned: the region in its sysplex (store/member.h) */
	char store_name[TOKEN_SIZE];   /* of the region in its shared store; differs at each start */
	struct rates *estimates, *debts; /* owned; of rates that are decided without the store (host_world.h) */
	struct listeners listeners;
	struct reload *reload;         /* owned; NULL: none under way */
	bool reload_again;             /* SIGHUP came during the reload: another one begins at its end */
	struct reask *reask;           /* borrowed: it alone marks ipconns as doomed; NULL: none under way */
	struct shadow *shadow;         /* of candidate/shadow, which alone uses it; NULL: none */
	struct canary_run *canary;     /* of candidate/canary_run, which alone uses it; NULL: none */
	bool hanging;                  /* the thread of a cancelled load, or of a shadow, goes on and reads the region */
	char *control;                 /* owned: the path of the control socket, of any length; main opens it */
	struct follow *follow;         /* owned: the published rules of its sysplex */
	struct publish *publish;       /* owned; NULL: no operator publishes rules */
	struct telemetry telemetry;
	struct timer drain;            /* the end of the drain time */
	double started;                /* wall-clock seconds */
	struct versions *versions;     /* owned */
	struct version_store *store;   /* owned; NULL: no directory of versions is named */
	uint64_t generations;          /* the number of the last generation that was loaded */
	int exit_status;
};

struct region_options {
	const char *file;      /* region.lua */
	const char *control;   /* overrides region.control; NULL */
	const char *log_file;  /* NULL: stderr */
	const char *library;   /* the directory of policy.lua; NULL: beside the binary */
	enum log_format log_format;
	struct handed *handed; /* borrowed until region_open returns; region_open takes its sockets. May be NULL */
	struct notify *notify; /* borrowed until the region is freed; may be NULL */
	const char *version, *commit; /* of the engine */
	bool (*unwanted)(void); /* called between the steps of the start: true ends the start; may be NULL */
};

/*
 * Loads the definition, the scripts and the saf, and installs the defined ipconns. Opens no listener: the caller opens
 * the control socket at r->control first, so that a second start of the same region ends before it takes a port. The
 * caller owns the region. NULL with faults, or without a fault when o->unwanted() ended the start; every part is freed
 * then. o is read during the call only.
 */
struct region *region_new(const struct region_options *o, struct faults *faults);
/*
 * Opens the listeners and logs SP0001 and the warnings in `faults` (SP0012). -1 with faults: a port cannot be opened;
 * the caller frees the region then.
 */
int region_open(struct region *r, struct faults *faults);
/* Runs the loop until region_stop, or the drain that it began, ends it. Returns the exit status of the process. */
int region_run(struct region *r);
/*
 * Ends the region. at_once false: drains first (the first SIGTERM); true: ends the loop (the second). May be repeated.
 */
void region_stop(struct region *r, bool at_once);
/*
 * Closes every connection and frees the region. The caller cancels a reload before (reload_cancel). False: a thread
 * hangs in a call of a file system and still reads parts of the region, which are not freed; the process must end by
 * _exit. True for NULL.
 */
bool region_free(struct region *r);

/*
 * Tells the service manager that the region is up with its current generation: at the start, and after each reload.
 * more: the end of the status, "" nothing.
 */
void region_tell_ready(struct region *r, const char *more);

/* The current generation (borrowed). */
struct generation *region_generation(const struct region *r);
/*
 * Keeps the version (taken) of the generation that has come into use, and discards those above the limits of the
 * region. by, note: copied; attended: an operator asked for it (versions_add).
 */
void region_keep(struct region *r, struct version *v, const char *by, const char *note, bool attended);
/* Pins or unpins the current version (versions_pin), and logs SP0090 or SP0092. */
void region_pin(struct region *r, bool pinned);
/* Hands the versions, as they are now, to the store, which calls done (version_store_put). Only with a store. */
void region_save(struct region *r, void (*done)(void *arg, const char *why), void *arg);
/* The options to load the next generation of this region with; they borrow from r. */
struct generation_options region_load_options(const struct region *r);

#endif
