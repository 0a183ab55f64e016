/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps: the corridor. Each step begins with NAME_begin(c) and ends by beginning the next step or by closing the
 * connection. A step that asks a policy goes on in its own NAME_decided when the verdict is there. stages.c lists which
 * step takes which event.
 *
 *   in:   admit -> (certify) -> capex_in -> bind -> install | match | join -> traffic
 *   out:  dial -> admit -> (certify) -> capex_out -> acquire -> traffic
 */
#ifndef SALLYPORT_STEPS_H
#define SALLYPORT_STEPS_H

#include "conn/conn.h"
#include "conn/ipconn.h"

/* A socket was accepted, or an address is about to be dialled: caps, then the admit door. */
void admit_begin(struct conn *c);
/* Way in: the first byte has come: TLS or CAPEX begins. */
void admit_first_byte(struct conn *c);

/* The TLS handshake: the certificate, the certify door. */
void certify_begin(struct conn *c);
void certify_handshaken(struct conn *c);
/* The handshake failed, was refused, or took too long. */
void certify_failed(struct conn *c);
/* The peer closed during the handshake; why is not used: TLS knows more. */
void certify_ended(struct conn *c, const char *why);
/* Way out: the partner's alert came after this side's handshake was done (TLS 1.3: its first read is the first time that it can refuse the certificate). */
void certify_repented(struct conn *c);

/* Way in: reads the CAPEX and checks what needs no policy. */
void capex_in_begin(struct conn *c);
void capex_in_data(struct conn *c);
/* The CAPEX did not come whole in time. */
void capex_in_timeout(struct conn *c);
/* No byte came in time after the accept. A TLS peer gets no answer: it could not read one. */
void capex_in_silence(struct conn *c);
void capex_in_ended(struct conn *c, const char *why);

/* Way out: sends the CAPEX and takes the answer. */
void capex_out_begin(struct conn *c);
void capex_out_data(struct conn *c);
void capex_out_timeout(struct conn *c);
/* c ended, or its stream failed, before the partner's answer was whole. */
void capex_out_ended(struct conn *c, const char *why);

/* The bind door: may the holder of this certificate use the name NETWORKID.APPLID? Then: join, match or install. */
void bind_begin(struct conn *c);

/* The partner has an ipconn: state, listener, trust. */
void match_begin(struct conn *c, struct ipconn *i);
/* State and listener are right: trust, counts, token, the answer. An autoinstalled ipconn that fails here is deleted again. */
void match_take(struct conn *c, struct ipconn *i);
/* A further socket: every check that engine/ipic/README.md lists for it. */
void match_join(struct conn *c);
/* The call-back to a CAPEX of this side: its token, names, listener, trust. */
void match_call_back(struct conn *c);
/* High availability (IPIC.md 10): a generic listener sends c on to its specific one. True when c was answered: sent on, or refused. */
bool ha_begin(struct conn *c);
/* The partner is unknown: the URM's door install. */
void install_begin(struct conn *c);

/* Dials the partner for a socket in that place (SOCKET_OUT, SOCKET_OUT2): resolve, admit and connect (address by address), TLS, certify, CAPEX
 * as its sender, then acquire_answered. i is OBTAINING. Nothing happens before the next turn; a failure ends in acquire_failed. host and port: i's own, or
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

#endif
