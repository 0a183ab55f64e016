/* SPDX-License-Identifier: Apache-2.0 */
/* inquire: what a region looks like now, as rows of JSON for operators (engine/admin/README.md). */
#ifndef SALLYPORT_INQUIRE_H
#define SALLYPORT_INQUIRE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/fault.h"

struct region;

#define INQUIRE_NAME 128 /* a longer name names nothing */

#define INQUIRE_KINDS "region, tcpipservice, ipconn, session, conversation, program, transaction, socket, policy, counter, user or statistics"

/*
 * An inquiry makes the rows of `what`, one of INQUIRE_KINDS, in steps; of one NAME only when name is not NULL (CICS names in any case). Every attribute of
 * the definition in lower case with CVDA values in upper case, and the state of the resource. NULL with a sentence: no such resource.
 *
 *   region        applid networkid generation workers status sockets ipconns started file, and its attributes
 *   tcpipservice  tcpipservice port openstatus connections halfopen urm, and its attributes
 *   ipconn        ipconn connstatus servstatus autoinstalled template generation peer sockets clientloc hosttype ipresolved ipfamily recovstatus
 *                 indoubt, and its attributes
 *   socket        connection stage way peer own ipconn tcpipservice generation tls cipher userid
 *   session       ipconn connstatus direction sessions in_use free peak queued oldest state age; a row for each direction of an ipconn, of which
 *                 NAME is one; oldest: the conversation that runs longest, with its state and age
 *   conversation  ipconn connection direction conv state msg tran program userid bytes age; those under way, of all or of one ipconn
 *   program       program kind (BUILTIN SCRIPT URL IPCONN) target in_use usecount (since the current generation began), and its attributes
 *   transaction   transaction defined (false: a mirror that is there of itself) in_use, and its attributes
 *   policy        policy path doors generation current age memory connections used_by; one row a script and living generation
 *   counter       counter last expires left; of those that have not expired; expires and left are seconds, 0 of one that never expires
 *   user          user partner wrong bound revoked (NO YES SAF); wrong passwords: of all partners (partner ALL) and of each; without NAME: of all users that
 *                 have any
 *   statistics    resource (GLOBAL TCPIPSERVICE IPCONN) name, and the figures of statistics.h; the name is the region's applid, a tcpipservice's, an
 *                 ipconn's
 */
struct inquiry;

/* Begins; to be ended before the region is. reset: statistics alone, each figure is set to zero (a peak to what there is) behind its row. */
struct inquiry *inquire_begin(struct region *r, const char *what, const char *name, bool reset, struct fault *f);
/* One step, of some ten microseconds: appends the rows of one thing, or none. False: that was the last. What goes between two steps is passed over. */
bool inquire_more(struct inquiry *i, json_t *rows);
/* After the last step: -1 with a sentence when nothing has that name. */
int inquire_found(const struct inquiry *i, struct fault *f);
void inquire_end(struct inquiry *i); /* NULL is fine */

#endif
