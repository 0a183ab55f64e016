/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release: the end of a connection to a partner: orderly, by loss, or by purge. All end in RELEASED. Then an
 * autoinstalled ipconn is deleted, and a defined one takes its current definition.
 */
#ifndef SALLYPORT_RELEASE_H
#define SALLYPORT_RELEASE_H

#include "conn/ipconn.h"

/* c, a socket of i, has ended: all sockets end, and i is RELEASED. */
void release_lost(struct ipconn *i, struct conn *c, const char *why);
/*
 * Begins an orderly release: FREEING. When the running work has ended, a release command is sent on every socket; the
 * answers may take one second. why: the reason for messages and records, static.
 */
void release_begin(struct ipconn *i, const char *why);
/*
 * Like release_begin, but ends the running work by the purge type `how`, also when an orderly release waits for that
 * work. "kill" does not wait for answers.
 */
void release_purging(struct ipconn *i, const char *how, const char *why);
/*
 * The partner asked for release and was answered. Its last answers may still arrive on another socket, so requests of
 * this side that wait for them have one second.
 */
void release_part(struct ipconn *i);
/* The last conversation of i has ended: a release that waits for it continues. */
void release_work_over(struct ipconn *i);
/*
 * The partner was told in an answer why the acquire is refused: FREEING. The partner closes; after one second this side
 * closes. why is static.
 */
void release_dismiss(struct ipconn *i, const char *why);
/* A socket of i has received the answer to this side's release. When all have, i is RELEASED. */
void release_answered(struct ipconn *i);
/* Timer callback of an ipconn (arg): the partner did not answer the release in time. */
void release_overdue(void *arg);
/*
 * Ends i immediately: closes its sockets politely, enters RELEASED; deletes an autoinstalled ipconn and tells its URM.
 * Message DFHIS2009. why is copied.
 */
void release_finish(struct ipconn *i, const char *why);

/*
 * For a RELEASED, defined ipconn: when the current generation has another definition of i, replaces i; when it has
 * none, deletes i. Messages DFHIS3030, SP0018.
 */
void release_settle(struct ipconn *i);

#endif
