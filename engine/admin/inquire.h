/* SPDX-License-Identifier: Apache-2.0 */
/* inquire: the state of a region as rows of JSON, for operators (engine/admin/README.md). */
#ifndef SALLYPORT_INQUIRE_H
#define SALLYPORT_INQUIRE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/fault.h"

struct region;

#define INQUIRE_NAME 128 /* bytes; no resource has a longer name */

#define INQUIRE_KINDS "region, tcpipservice, ipconn, session, conversation, program, transaction, socket, worker, policy, door, counter, rate, user, shadow, canary, store, sysplex or statistics"

/*
 * An inquiry makes the rows of one of INQUIRE_KINDS in steps. A row has every attribute of the definition, in lower
 * case with CVDA values in upper case, and the state of the resource. One that names
 * scripts has `params`, the parameters that the definition gives to them.
 *
 *   region        applid networkid generation workers workers_why status sockets ipconns sessions refusals loop_lag
 *                 started file, and its attributes; refusals: connections and requests since the start; loop_lag:
 *                 metrics_longest_lag
 *   tcpipservice  tcpipservice port openstatus connections halfopen urm, and its attributes
 *   ipconn        ipconn connstatus servstatus autoinstalled template generation peer sockets clientloc hosttype
 *                 ipresolved ipfamily recovstatus indoubt requests in_use queued, and its attributes; requests: both
 *                 directions
 *   socket        connection stage way peer own ipconn tcpipservice generation tls cipher userid
 *   worker        worker (its number) role (HOME GATE) busy busy_lately longest_turn connections halfopen accepted
 *                 memory; busy: percent of the time since the start in which its loop worked, and of the last minutes;
 *                 longest_turn: metrics_lag; accepted: sockets since the start; memory: bytes of the Lua state of the
 *                 current generation. A connection between two workers is in no row
 *   session       ipconn connstatus direction sessions in_use free peak queued oldest state age; a row for each
 *                 direction of an ipconn; NAME is the ipconn; oldest: the conversation that runs longest, with its
 *                 state and age
 *   conversation  ipconn connection direction conv state msg tran program userid bytes age; the conversations
 *                 under way; NAME is the ipconn
 *   program       program kind (BUILTIN SCRIPT URL IPCONN) target in_use usecount (of the current generation), and its
 *                 attributes
 *   transaction   transaction defined (false: a mirror without a definition) in_use, and its attributes
 *   policy        policy path doors generation current age memory connections used_by; a row for each script of each
 *                 generation in use
 *   door          door asked refused; since the start, without the questions of reloads
 *   counter       counter last expires left; not the expired ones; expires and left are seconds, 0: it never expires
 *   rate          rate count per burst left full; those that are not full; left: tokens; per and full are seconds
 *   user          user partner wrong bound revoked (NO YES SAF); the wrong passwords of a user, over all partners
 *                 (partner ALL) and by partner; without NAME: the users that have any
 *   shadow        candidate state (LOADING ASKING) tcpipservice share since connections asked same dropped waiting
 *                 newly_accepted newly_refused changed unknown others differences last; one row, or none
 *   canary        candidate state (LOADING DECIDING RETURNING ENDED) generation share peer tcpipservice rules
 *                 connections asked refused errors live_connections live_asked live_refused live_errors why error
 *                 since ended ipconns others last; one row, or none
 *   statistics    resource (GLOBAL TCPIPSERVICE IPCONN) name, and the figures of statistics.h; name is the region's
 *                 applid, a tcpipservice or an ipconn
 */
struct inquiry;

#define INQUIRE_BUSIEST_MAX 100

struct inquire_options {
	const char *name; /* the rows of that name only (names of CICS in any case); NULL: all. Copied */
	bool reset;       /* of statistics: sets each figure to zero (a peak to the present value) after its row */
	void (*go_on)(void *arg); /* called when an inquiry that waits may go on, not after inquire_end; NULL: it is asked again */
	void *arg;
	unsigned busiest; /* of ipconn: that many rows, at most INQUIRE_BUSIEST_MAX, those with most requests first; 0: all */
};

/*
 * Begins an inquiry of the kind `what`. Borrows r. Owned by the caller, who calls inquire_end before region_free. NULL
 * with a sentence: no such kind, or no memory.
 */
struct inquiry *inquire_begin(struct region *r, const char *what, const struct inquire_options *o, struct fault *f);
/*
 * One step, of some ten microseconds: appends the rows of one object, or none. False: it was the last step. An object
 * that is deleted between two steps has no rows.
 */
bool inquire_more(struct inquiry *i, json_t *rows);
/* Whether other workers have not answered yet. No step may be made meanwhile. */
bool inquire_waits(const struct inquiry *i);
/* After the last step. -1 with a sentence: no object has that name. */
int inquire_found(const struct inquiry *i, struct fault *f);
/* Frees the inquiry, at any step. NULL is fine. */
void inquire_end(struct inquiry *i);

#endif
