/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release: the end of a connection to a partner: orderly, by loss, by purge. Every way leads to RELEASED; an
 * autoinstalled ipconn is deleted then, a defined one takes on the definition of now.
 */
#ifndef SALLYPORT_RELEASE_H
#define SALLYPORT_RELEASE_H

#include "conn/ipconn.h"

/* c, a socket of i, has ended: all sockets end, and i is RELEASED. */
void release_lost(struct ipconn *i, struct conn *c, const char *why);
/* The orderly end: FREEING; when the running work has ended, every socket asks for release, and that waits at most a second. why is static. */
void release_begin(struct ipconn *i, const char *why);
/*
 * The same, but `how` (a purge type) ends the running work, also when an orderly end waits for it already; "kill" waits for no answer either.
 */
void release_purging(struct ipconn *i, const char *how, const char *why);
/*
 * The partner asked for release, and was answered. It has no work any more, but its last answers may be overtaken when they come by another socket: requests
 * of this side wait for them, at most a second.
 */
void release_part(struct ipconn *i);
/* The last conversation of i has ended: an end that waits for it goes on. */
void release_work_over(struct ipconn *i);
/* The partner learnt in an answer why it cannot be acquired: FREEING; it closes, or is closed after a second. why is static. */
void release_dismiss(struct ipconn *i, const char *why);
/* A socket of i has the answer to this side's release; when all have theirs, i is RELEASED. */
void release_goodbye(struct ipconn *i);
/* Timer callback of an ipconn (arg): the partner did not answer the release in time. */
void release_overdue(void *arg);
/* The end at once: sockets are closed politely, i is RELEASED; an autoinstalled ipconn is deleted and its URM told. */
void release_finish(struct ipconn *i, const char *why);

/* Asks the door `delete` of the service that c came by (facts.ipconn: def). The answer is ignored. Message SP0024. */
void release_tell_urm(struct conn *c, struct generation *g, const struct ipconn_def *def);

/*
 * i is RELEASED and was defined: when the current generation defines it otherwise, i is replaced by that; when it does not define it, i is deleted. Messages
 * DFHIS3030, SP0018.
 */
void release_settle(struct ipconn *i);

#endif
