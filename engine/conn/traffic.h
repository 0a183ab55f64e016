/* SPDX-License-Identifier: Apache-2.0 */
/* traffic: an installed connection after its CAPEX: heartbeats both ways (IPIC.md 2.8), release, resync, elements of conversations. */
#ifndef SALLYPORT_TRAFFIC_H
#define SALLYPORT_TRAFFIC_H

#include "conn/ipconn.h"

/* c is through its CAPEX: begins stage INSTALLED. */
void traffic_begin(struct conn *c);
/* Takes the messages that are in the buffer of c, for at most 5 ms. */
void traffic_data(struct conn *c);
/* All that was queued on c has been sent. */
void traffic_flushed(struct conn *c);
/* The timer of c: a heartbeat is due, was not answered, or what came early can be taken now. */
void traffic_timeout(struct conn *c);
/* Sends a command (heartbeat, release) and remembers that its answer is due. -1: too many answers are due already, or the socket fails. */
int traffic_request(struct conn *c, enum is_name name);
/* i is ACQUIRED: data that came before is taken in the next turn. */
void traffic_resume(struct ipconn *i);
/* The seconds that a partner may be silent: its heartbeat and two time-outs. */
double traffic_bears(const struct conn *c);
/* Asks the partner of i for a sign of life, at most once per heartbeat_timeout. */
void traffic_probe(struct ipconn *i);

#endif
