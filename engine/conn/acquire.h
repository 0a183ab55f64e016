/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acquire: the way of an ipconn from RELEASED to ACQUIRED (IPIC.md 2.2): begun here, by the partner, or by itself
 * (AUTOCONNECT).
 */
#ifndef SALLYPORT_ACQUIRE_H
#define SALLYPORT_ACQUIRE_H

#include "conn/ipconn.h"

/*
 * From RELEASED to OBTAINING: dials SOCKET_OUT. i must be INSERVICE with a host and a port; its tcpipservice, when it names one, must be open. -1 with a
 * sentence when it cannot begin (also DFHIS1005 in the log); nothing has changed then.
 */
int acquire_begin(struct ipconn *i, struct fault *f);
/*
 * The attempt of this side has failed, or the partner refused it: DFHIS1011 with response class and reason ("ISCER_TIMED_OUT"), text for the operator.
 * All sockets of i end, i is RELEASED, and autoconnect tries again later.
 */
void acquire_failed(struct ipconn *i, const char *response, const char *reason, const char *text);
/* i lacks nothing: ACQUIRED. Message SP0036. */
void acquire_done(struct ipconn *i);
/* i was defined just now: with autoconnect it is acquired in the next turn. */
void acquire_installed(struct ipconn *i);
/* held: an operator wants i RELEASED, and no try is left waiting. Not held: autoconnect begins anew. */
void acquire_hold(struct ipconn *i, bool held);
/* Ends the timers of an ipconn that goes. */
void acquire_forget(struct ipconn *i);
/*
 * i has become RELEASED, but neither by an operator nor by the drain: with autoconnect it is acquired again after a pause that doubles, with jitter (the
 * region's retry and retry_max).
 */
void acquire_later(struct ipconn *i);

/* The CAPEX of this side on c was answered with another address (IPIC.md 10): dials it; c is closed. */
void acquire_redirected(struct conn *c, const char *host, int port);
/* Fills *x with the CAPEX of this side for a socket in that place: counts, port, tokens. */
void acquire_capex(const struct ipconn *i, enum socket_place place, struct capex *x);
/* The CAPEX of this side on c was accepted with a (counts are the partner's): agrees, dials SOCKET_OUT2, waits for the call-back, or is done. */
void acquire_answered(struct conn *c, const struct capex_answer *a);
/* A socket that the partner dialled has joined an ipconn that is OBTAINING. The called side calls back; the acquirer may be done. */
void acquire_joined(struct conn *c);
/*
 * Gives up the attempt of this side for the partner's, which came meanwhile (IPIC.md 2.5), and tells nobody: i stays OBTAINING, and requests that wait for a
 * session go on waiting.
 */
void acquire_abandon(struct ipconn *i);
/* The seconds that i may be OBTAINING. */
double acquire_seconds(const struct ipconn *i);
/* Timer callback of an ipconn (arg): it was OBTAINING for too long. */
void acquire_overdue(void *arg);
/* A socket of an OBTAINING ipconn was lost; the caller releases it. */
void acquire_lost(struct ipconn *i, const char *why);
/* How many sockets a direction with that many sessions needs. */
int acquire_sockets(int sessions);

#endif
