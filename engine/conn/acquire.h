/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acquire: an ipconn from RELEASED to ACQUIRED (IPIC.md 2.2): begun by an operator, by the partner, or by AUTOCONNECT.
 */
#ifndef SALLYPORT_ACQUIRE_H
#define SALLYPORT_ACQUIRE_H

#include "conn/ipconn.h"

/*
 * Takes i from RELEASED to OBTAINING and dials SOCKET_OUT. i must be INSERVICE and have a host and a port. The
 * tcpipservice that i names, if any, must be open (DFHIS1005). -1 with a sentence: it cannot begin, and nothing
 * changed. Message SP0035.
 */
int acquire_begin(struct ipconn *i, struct fault *f);
/* Whether the definition of i can be dialled at all: -1 with a sentence. */
int acquire_possible(const struct ipconn *i, struct fault *f);
/*
 * The acquire failed or the partner refused it: message DFHIS1011 with the response class ("EXCEPTION"), the reason
 * ("ISCER_TIMED_OUT") and a text for the operator. All sockets of i end, i is RELEASED, and autoconnect tries again
 * later.
 */
void acquire_failed(struct ipconn *i, const char *response, const char *reason, const char *text);
/* All sockets of i are installed and resync is done: i is ACQUIRED. Message SP0036. */
void acquire_done(struct ipconn *i);
/* i was just defined: when its autoconnect is yes, it is acquired in the next turn. */
void acquire_installed(struct ipconn *i);
/*
 * held true: the operator released i; stops the timer of the next try, and autoconnect makes no further try. False:
 * autoconnect starts again.
 */
void acquire_hold(struct ipconn *i, bool held);
/* Stops the timer of the next try, and forgets the failed tries. */
void acquire_forget(struct ipconn *i);
/*
 * i is RELEASED. With autoconnect, unless held or draining, it is acquired again after a pause that doubles with each
 * failed try, with jitter (the region's retry and retry_max, in seconds).
 */
void acquire_later(struct ipconn *i);

/*
 * The partner answered this side's CAPEX on c with 307 and another address (IPIC.md 10): dials that address and closes
 * c.
 */
void acquire_redirected(struct conn *c, const char *host, int port);
/* Fills *x with this side's CAPEX for the outbound socket `place`: names, session counts, port, tokens. */
void acquire_capex(const struct ipconn *i, enum socket_place place, struct capex *x);
/*
 * The partner accepted this side's CAPEX on c with answer a, whose counts are the partner's. Agrees the counts, then
 * dials SOCKET_OUT2, waits for the call-back, or goes on to resync.
 */
void acquire_answered(struct conn *c, const struct capex_answer *a);
/*
 * c, an inbound socket, has joined an ipconn that is OBTAINING. The called side calls back; the acquirer checks whether
 * all sockets are there.
 */
void acquire_joined(struct conn *c);
/*
 * Gives up this side's acquire in favour of the partner's CAPEX, which arrived meanwhile (IPIC.md 2.5). No message: i
 * stays OBTAINING, and requests that wait for a session keep waiting.
 */
void acquire_abandon(struct ipconn *i);
/* The time that i may be OBTAINING, in seconds. */
double acquire_seconds(const struct ipconn *i);
/* Timer callback of an ipconn (arg): it has been OBTAINING for too long. */
void acquire_overdue(void *arg);
/* Timer callback of an ipconn (arg): its autoconnect begins the next try. */
void acquire_again(void *arg);
/* A socket of i, which is OBTAINING, was lost for reason why. Reports the failed acquire; the caller releases i. */
void acquire_lost(struct ipconn *i, const char *why);
/* The number of sockets that a direction with that many sessions needs. */
int acquire_sockets(int sessions);

#endif
