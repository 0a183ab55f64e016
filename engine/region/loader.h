/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader: loads a generation in a thread of its own: a ring may have to be read twice, and a script may run for half a
 * second, which would stop the loop. The thread changes nothing in the running region.
 */
#ifndef SALLYPORT_LOADER_H
#define SALLYPORT_LOADER_H

#include "policy/generation.h"
#include "region/version.h"

struct bundle;
struct loader;
struct ev_loop;

struct loader_order {
	struct definition *definition; /* taken, on failure too; NULL: that of `of`, or read from `from`, or from `file` */
	struct generation *of;         /* counted: a copy of its definition is loaded, with that urm; NULL: none */
	const char *tcpipservice, *urm; /* of `of`: defined there, and a valid value; copied */
	const char *file;              /* region.lua; copied */
	struct version *from; /* gives the scripts, and the definition when there is none; NULL: files. No rows run then */
	struct version *like; /* shares its bytes with the new version (version_of); NULL: none */
	bool lenient;         /* rows that do not hold are warnings */
	bool follows;         /* `file` is that of the region, which takes its rules from follow_file where it says follow = "yes" */
	struct bundle *rules; /* counted; of a region that follows: in place of those of follow_file; else their saf alone. NULL: none */
	bool take;            /* `rules` are new: follow_file has them when the load has succeeded */
	uint64_t last;        /* their serial must be above it */
	struct generation_options options; /* the objects that they point to must last until done() */
};

/*
 * Starts the thread. Without `from` and without published rules the rows of the generation's scripts run
 * (loader_rows). done(arg, g, v, faults) runs on the loop, once. It owns g and its version v (both NULL: the load
 * failed) and frees the faults. The loader frees itself after done(). NULL: no memory or no thread.
 */
struct loader *loader_start(struct ev_loop *loop, const struct loader_order *o,
	void (*done)(void *arg, struct generation *g, struct version *v, struct faults *faults), void *arg);
#define LOADER_ROWS 10.0 /* seconds for the rows of all decision tables */
/*
 * Runs the rows of the scripts that the generation loads, as region { specs = } wants. Rows that do not hold within
 * LOADER_ROWS are errors with "require", and warnings with "warn" or when lenient. -1: there was an error.
 */
int loader_rows(const struct generation *g, const char *library_dir, bool lenient, struct faults *faults);
#define LOADER_GOODBYE 0.5 /* seconds */
/*
 * Waits LOADER_GOODBYE for the thread and frees its result; done() is not called. False: the thread hangs in a call of
 * a file system and goes on running. The objects that it reads (those of o, and the loader) must then last until the
 * process ends. True for NULL.
 */
bool loader_cancel(struct loader *l);

#endif
