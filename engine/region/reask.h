/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reask: asks the doors of connected ipconns again under another generation, in slices. A refused ipconn is marked
 * `doomed`: it is released after the last question, or only reported, by region { recheck = }. One reask is under way
 * at a time (region->reask); another one waits.
 */
#ifndef SALLYPORT_REASK_H
#define SALLYPORT_REASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/fault.h"
#include "base/message.h"
#include "region/reload_changes.h"

#define REASK_SLICE_SECONDS 0.002 /* of the loop, at once */
#define REASK_WAITING 50
#define REASK_WAIT_TIMES 10

struct ipconn;
struct region;
struct reask_wait;

struct reask {
	struct region *region;
	struct generation *generation; /* borrowed; NULL: not known yet */
	uint64_t canary;               /* only ipconns with this mark (conn/canary.h); 0: all */
	bool quiet;                    /* nothing is recorded: only `changes` tells the result */
	bool force;                    /* a policy that fails refuses that ipconn, and is no fault */
	struct reask_wait *waiting;    /* owned: the ipconns about which a script waits, a list of nwaiting */
	unsigned nwaiting;
	bool stalled;                  /* no other ipconn is asked before one of these scripts has its answer */
	double until;                  /* clock_span() up to which scripts may wait; 0: none has waited */
	bool holds;                    /* set by the caller: when the first pass is over, partners that come in stand by */
	size_t left;                   /* of the first pass: ipconns behind the last one, when a script has waited */
	bool passed;                   /* the first pass, in which a script has waited, is over */
	bool failed;                   /* a script that has waited failed */
	struct reload_changes changes; /* owned: the refusals; the caller may add others */
	struct cursor last;            /* on the engaged ipconn that was asked last; open while `walking` */
	bool walking;
	bool marks;                    /* ipconns have marks of refusals (`doomed`, `refusal`), for a visit or the end */
	bool skipped;                  /* the walk has passed over an ipconn about which a script waits */
	struct faults *faults;         /* borrowed; gets the fault of a policy that fails; with force: NULL is fine */
};

/*
 * Asks ipconns again until a slice of 2 ms is over; with recheck = off, only whether the generation defines them. 1:
 * some are left, some scripts wait, or another reask is under way; call again after reask_pause. 0: none are left. -1:
 * a policy failed.
 *
 * A call that waits, and whose answer is not on the tape of the connection, suspends its script: at most REASK_WAITING
 * of them at a time, and at most half of `waiting` and `waiting_peer`. After REASK_WAIT_TIMES wait_milliseconds such
 * calls have no answer. The first pass is that about the ipconns that were there when the first script waited. With
 * `holds` partners stand by after it (conn/standby.h), since the questions about partners that keep coming would have
 * no end; when quiet, it is the only one.
 */
int reask_some(struct reask *a);
/* For a change without questions: only whether the generation defines the ipconns. 1: another reask is under way. */
int reask_none(struct reask *a);
/* Seconds until the next slice. */
double reask_pause(const struct reask *a);
/*
 * Logs the refusal c of a.changes, once, as message m, and writes it into the records. by: "a reload", for the record
 * of the ipconn's other sockets.
 */
void reask_tell(struct reask *a, struct reload_change *c, enum message m, const char *by);
/* Begins a walk through the engaged ipconns anew. */
void reask_rewind(struct reask *a);
/*
 * Calls visit, which clears the marks of an ipconn, for the next engaged ipconns until that time (clock_span()).
 * True: no ipconn is left.
 */
bool reask_visit(struct reask *a, void (*visit)(struct ipconn *i), double until);
/* The generation is in force, or it is given up: partners that stand by go on. reask_end does that too. */
void reask_let_in(struct reask *a);
/* Ends it: clears the marks, frees the changes, and drops the scripts that wait. */
void reask_end(struct reask *a);

#endif
