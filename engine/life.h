/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life: the corridor's table of contents. Each step begins with NAME_begin(c), and ends by beginning the next one or by closing
 * the connection. A step that asks a policy goes on in its own NAME_decided when the verdict is in.
 *
 *   admit -> (certify) -> capex -> bind -> install | match | join -> traffic
 */
#ifndef SALLYPORT_LIFE_H
#define SALLYPORT_LIFE_H

#include "conn.h"
#include "ipconn.h"

/* A socket was accepted: caps, then the admit door. */
void admit_begin(struct conn *c);

/* A byte has come on a TLS port: the handshake, the certificate, the certify door. */
void certify_begin(struct conn *c);
void certify_handshaken(struct conn *c);
void certify_failed(struct conn *c);

/* The capability exchange: read it, check it, answer it. */
void capex_begin(struct conn *c);
void capex_data(struct conn *c);
void capex_timeout(struct conn *c);
/* c's first socket (n 0) or a further one (1) is accepted for i. */
void capex_accept(struct conn *c, struct ipconn *i, unsigned n);
/* Answers with the reason, in its status and class, and closes politely. The refusal itself was said by conn_refused. */
void capex_answer_refusal(struct conn *c, enum reason r);
/* conn_engine_refused (SP0031) and the answer in one. */
void capex_refuse(struct conn *c, enum reason r, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* May the holder of this certificate call itself NETWORKID.APPLID? Then: join, match or install. */
void bind_begin(struct conn *c);

/* The partner is known: state, listener, trust. */
void match_begin(struct conn *c, struct ipconn *i);
/* State and listener are right: trust, counts, token, the answer. An autoinstalled one that fails here is deleted again. */
void match_take(struct conn *c, struct ipconn *i);
/* A further socket: everything DESIGN 3.5 asks of it. */
void join_begin(struct conn *c);
/* The partner is unknown: the URM. */
void install_begin(struct conn *c);

/* After CAPEX: heartbeats and release on one socket. */
void traffic_begin(struct conn *c);
void traffic_data(struct conn *c);
void traffic_flushed(struct conn *c);
void traffic_timeout(struct conn *c);
/* Sends a connection-level request and remembers that its answer is due. -1: too many wait already, or the socket fails. */
int traffic_request(struct conn *c, enum is_name name);
/* Asks a holder whether it is still there, at most once per heartbeat_timeout (DESIGN 4). */
void traffic_probe(struct ipconn *i);

#endif
