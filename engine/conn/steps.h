/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps: the corridor's table of contents. Each step begins with NAME_begin(c), and ends by beginning the next one or by closing
 * the connection. A step that asks a policy goes on in its own NAME_decided when the verdict is in.
 *
 *   in:   admit -> (certify) -> capex -> bind -> install | match | join -> traffic
 *   out:  dial -> admit -> (certify) -> capex -> obtain -> traffic
 *
 * acquire begins an ipconn's way from RELEASED to ACQUIRED; obtain knows what an OBTAINING one still lacks: further sockets, the call-back, resync.
 */
#ifndef SALLYPORT_STEPS_H
#define SALLYPORT_STEPS_H

#include "conn/conn.h"
#include "conn/ipconn.h"

/* A socket was accepted: caps, then the admit door. */
void admit_begin(struct conn *c);

/* A byte has come on a TLS port: the handshake, the certificate, the certify door. */
void certify_begin(struct conn *c);
void certify_handshaken(struct conn *c);
void certify_failed(struct conn *c);
/* Way out: the partner's alert came after our handshake was done (TLS 1.3: its first read is the first time it may speak of our certificate). */
void certify_repented(struct conn *c);

/* The capability exchange: read it, check it, answer it. */
void capex_begin(struct conn *c);
void capex_data(struct conn *c);
void capex_timeout(struct conn *c);
/* Way out: c ended, or its stream failed, before the partner's answer was whole. */
void capex_broken(struct conn *c, const char *why);
/* c is accepted for i, in that place (SOCKET_IN, SOCKET_IN2). */
void capex_accept(struct conn *c, struct ipconn *i, enum socket_place place);
/* Answers with the reason, in its status and class, and closes politely. The refusal itself was said by conn_refused. */
void capex_answer_refusal(struct conn *c, enum reason r);
/* conn_engine_refused (SP0031) and the answer in one. */
void capex_refuse(struct conn *c, enum reason r, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Answers 307: dial there instead; and closes politely. */
void capex_redirect(struct conn *c, const char *host, int port);

/* May the holder of this certificate call itself NETWORKID.APPLID? Then: join, match or install. */
void bind_begin(struct conn *c);

/* The partner is known: state, listener, trust. */
void match_begin(struct conn *c, struct ipconn *i);
/* State and listener are right: trust, counts, token, the answer. An autoinstalled one that fails here is deleted again. */
void match_take(struct conn *c, struct ipconn *i);
/* A further socket: every check that engine/ipic/README.md lists for it. */
void join_begin(struct conn *c);
/* The call-back to a CAPEX of ours: its token, names, listener, trust. */
void callback_begin(struct conn *c);
/* High availability (IPIC.md 10): a generic listener sends c on to its specific one. True when c was answered: sent on, or refused. */
bool ha_begin(struct conn *c);
/* The partner is unknown: the URM. */
void install_begin(struct conn *c);

/* dial.c: a socket of ours to the partner, in that place (SOCKET_OUT, SOCKET_OUT2): resolve, admit and connect (address by address), TLS, certify, CAPEX
 * as its sender, then obtain_answered. i is OBTAINING. Nothing happens before the next turn; a failure ends in acquire_failed. host and port: i's own, or
 * where a 307 sent us. SOCKET_OUT2 goes to the very address that SOCKET_OUT has reached. */
void dial_begin(struct ipconn *i, enum socket_place place, const char *host, int port);
/* admit has let c try the address in facts.peer.addr. */
void dial_admitted(struct conn *c);
/* That address is not to be had, or not allowed (c->refused): the next one, or the end. */
void dial_missed(struct conn *c, const char *why);
void dial_connected(struct conn *c);
void dial_timeout(struct conn *c);
/* What dialling holds for c goes; NULL is fine. */
void dial_free(struct dial *d);
/*
 * c, dialled and not through yet, gets no further: its record says so (code, unless conn_refused has spoken), and its ipconn's acquire has failed
 * (acquire_failed, class EXCEPTION). reason: DFHIS1011's word; NULL: the socket's own, CLIENT_SOCKET_ERROR or SEC_SOCKET_ERROR. c is closed politely then.
 */
void dial_failed(struct conn *c, const char *code, const char *reason, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same, by the partner's refusal: its class and reason as they came. */
void dial_refused(struct conn *c, const char *response, const char *reason, const char *text);

/* acquire.c: from RELEASED (and INSERVICE, with a host and port, its tcpipservice open when it wants a call-back) to OBTAINING: dials SOCKET_OUT. -1 with
 * a sentence when it cannot begin (DFHIS1005 …). */
int acquire_begin(struct ipconn *i, struct fault *f);
/* The acquiring side gives up, or was refused: DFHIS1011 with response class and reason ("ISCER_TIMED_OUT"), text for the operator; all its sockets end,
 * RELEASED, and autoconnect tries again later. */
void acquire_failed(struct ipconn *i, const char *response, const char *reason, const char *text);
/* Nothing is lacking: ACQUIRED. Message SP0036. */
void acquire_done(struct ipconn *i);
/* i was defined just now: with autoconnect it is acquired in the next turn. */
void acquire_installed(struct ipconn *i);
/* An operator wants it RELEASED (held), or no longer: no try is left waiting; not held, autoconnect begins anew. */
void acquire_hold(struct ipconn *i, bool held);
/* Goes with i. */
void acquire_forget(struct ipconn *i);
/* i has become RELEASED, for whatever reason but an operator's or the drain: with autoconnect it is acquired again after a pause that doubles, with
 * jitter (region's retry, retry_max). */
void acquire_later(struct ipconn *i);

/* obtain.c: our CAPEX on c was answered with 307: dial there, c is done with. */
void obtain_redirected(struct conn *c, const char *host, int port);
/* obtain.c: what our CAPEX for that place says: counts, port, tokens. */
void obtain_capex(const struct ipconn *i, enum socket_place place, struct capex *x);
/* Our CAPEX on c was answered 200 with a (counts are the partner's). Agrees, dials SOCKET_OUT2, waits for the call-back, or is through. */
void obtain_answered(struct conn *c, const struct capex_answer *a);
/* A socket the partner dialled has joined an ipconn that is OBTAINING (its 200 is queued). The called side calls back; the acquirer may be complete. */
void obtain_joined(struct conn *c);
/* Begins the acquiring side's OBTAINING: a fresh call-back token when it can be called back, the deadline. -1 with a sentence, and nothing changed: no
 * random bytes. */
int obtain_begin(struct ipconn *i, struct fault *f);
/* Gives our own attempt up, in favour of the partner's that came meanwhile (IPIC.md 2.5), without a word to anybody: it is OBTAINING still, and what waits
 * for a session goes on waiting. */
void obtain_abandon(struct ipconn *i);
/* How long it may be OBTAINING, in seconds; and it was longer. */
double obtain_seconds(const struct ipconn *i);
void obtain_overdue(struct ipconn *i);
/* A socket of an OBTAINING one was lost. It will be released. */
void obtain_lost(struct ipconn *i, const char *why);
/* How many sockets a direction needs that has so many sessions. */
int obtain_sockets(int sessions);

/* resync.c: all sockets stand: the acquirer asks. */
void resync_begin(struct ipconn *i);
/* The resync command came: answered, or kept until our own sockets stand. What is wrong with it in words, or NULL. */
const char *resync_asked(struct conn *c, const char *body, size_t len);
/* All sockets stand: the command that waited is answered. */
void resync_answer(struct ipconn *i);
/* The answer to ours. */
void resync_answered(struct conn *c, int status, const char *body, size_t len);

/* After CAPEX: heartbeats and release on one socket; conversations are handed on (session.h). */
void traffic_begin(struct conn *c);
void traffic_data(struct conn *c);
void traffic_flushed(struct conn *c);
void traffic_timeout(struct conn *c);
/* Sends a connection-level request and remembers that its answer is due. -1: too many wait already, or the socket fails. */
int traffic_request(struct conn *c, enum is_name name);
/* i is ACQUIRED: data that came before is taken now. */
void traffic_resume(struct ipconn *i);
/* How long a partner that says nothing is borne, in seconds: its heartbeat and two time-outs. */
double traffic_bears(const struct conn *c);
/* Asks a holder whether it is still there, at most once per heartbeat_timeout. */
void traffic_probe(struct ipconn *i);

#endif
