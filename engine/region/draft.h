/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft: a region that does not run, made of a definition on disk: its generation, its ipconns as they are installed at
 * a start, and empty counters. It opens no port, no file for writing and no log. `sallyport ask` puts a question to it
 * (conn/trial.h).
 */
#ifndef SALLYPORT_DRAFT_H
#define SALLYPORT_DRAFT_H

#include "base/fault.h"
#include "conn/worker.h"

struct draft;
struct version;

#define DRAFT_HANDS 8

struct draft_options {
	const char *file;       /* the definition */
	const char *policies;   /* the directory of scripts, in place of the definition's; NULL: the definition's */
	bool open;              /* each listener counts as open */
	struct version *version; /* borrowed: scripts, data files and definition are its bytes, not those on disk; NULL */
	unsigned hands;         /* threads that ask it at a time, at most DRAFT_HANDS; 0 counts as 1 */
};

/* Loads the definition and all that it names. The caller owns the draft. NULL with the faults of a start. */
struct draft *draft_load(const struct draft_options *o, struct faults *faults);
/* Loads the definition `file` and all that it names. The caller owns the draft. NULL with the faults of a start. */
struct draft *draft_new(const char *file, struct faults *faults);
/* NULL is fine. */
void draft_free(struct draft *d);
/* The worker of the draft, with its generation; borrowed. */
struct worker *draft_worker(struct draft *d);
/*
 * A draft with hands is asked by as many threads: each uses the worker of one hand, which has Lua states of its own and
 * shares the ipconns, which no question changes. hand: from 0; 0 is draft_worker. Borrowed.
 */
struct worker *draft_hand(struct draft *d, unsigned hand);
unsigned draft_hands(const struct draft *d);

#endif
