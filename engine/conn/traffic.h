/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: the messages of an installed connection: heartbeats in both directions (IPIC.md 2.8), release, resync, and
 * elements of conversations.
 */
#ifndef SALLYPORT_TRAFFIC_H
#define SALLYPORT_TRAFFIC_H

#include "conn/ipconn.h"

/* The CAPEX of c is accepted: begins stage INSTALLED. */
void traffic_begin(struct conn *c);
/* Takes the messages in the buffer of c, for at most 5 ms. */
void traffic_data(struct conn *c);
/* All that was queued on c has been sent. */
void traffic_flushed(struct conn *c);
/* The timer of c: a heartbeat is due or unanswered, or data that arrived early can be taken now. */
void traffic_timeout(struct conn *c);
/*
 * Sends a command (heartbeat, release) and notes that its answer is due. -1: too many answers are due, or the command
 * could not be queued.
 */
int traffic_request(struct conn *c, enum is_name name);
/*
 * To be called before work of i begins: a reload that has not come to i yet brings it to the new generation, or
 * releases it. The sockets of i may be closed afterwards.
 */
void traffic_judge(struct ipconn *i);
/* i is ACQUIRED: data that arrived before is taken in the next turn. */
void traffic_resume(struct ipconn *i);
/* The seconds that a partner may be silent: its heartbeat and two time-outs. */
double traffic_bears(const struct conn *c);
/* Sends a heartbeat to the partner of i, at most once per heartbeat_timeout. */
void traffic_probe(struct ipconn *i);

#endif
