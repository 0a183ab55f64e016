/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps: the steps of a connection to its acceptance. Each step begins with NAME_begin(c) and ends by beginning the
 * next step or by closing the connection. A step that asks a policy goes on in its own NAME_decided when the verdict
 * is there. stages.c lists which step takes which event.
 *
 *   in:   admit -> (certify) -> capex_in (-> standby) -> bind -> install | match | join -> traffic
 *   out:  dial -> admit -> (certify) -> capex_out -> acquire -> traffic
 */
#ifndef SALLYPORT_STEPS_H
#define SALLYPORT_STEPS_H

#include "conn/conn.h"
#include "conn/ipconn.h"

/* A socket was accepted, or an address will be dialled: checks the limits, then asks the admit door. */
void admit_begin(struct conn *c);
/* Inbound: the first byte has arrived while the admit door waits: it stays where it is. */
void admit_early_byte(struct conn *c);
/* Inbound: the first byte has arrived: begins TLS or the CAPEX. */
void admit_first_byte(struct conn *c);

/* Begins the TLS handshake, inside which the certify door is asked. */
void certify_begin(struct conn *c);
/* The handshake has ended: checks the verdict, or asks the certify door for ssl = "yes"; then begins the CAPEX. */
void certify_handshaken(struct conn *c);
/* The handshake failed, was refused, or took too long. */
void certify_failed(struct conn *c);
/*
 * The peer closed during the handshake, whose error is more precise than why, or (why) while the certify door waits,
 * in it or after it.
 */
void certify_ended(struct conn *c, const char *why);
/*
 * Outbound: the partner's alert arrived after this side's handshake had ended. In TLS 1.3 the partner can refuse the
 * certificate only then.
 */
void certify_alerted(struct conn *c);

/* Inbound: reads the CAPEX, has c moved to its home, and makes the checks that need no policy. */
void capex_in_begin(struct conn *c);
/* The CAPEX in facts.capex has been read: completes the facts, and puts them into the record. */
void capex_in_learn(struct conn *c);
/*
 * A door has accepted: after a script that waited, makes the checks that need no policy again, since the listener may
 * be closed or the region may drain. True: c was refused.
 */
bool capex_in_overtaken(struct conn *c);
/* Bytes have arrived: takes the CAPEX when it is complete. */
void capex_in_data(struct conn *c);
/* c is at its home (move.h) with its CAPEX: makes the checks that need no policy. May be called again (standby.h). */
void capex_in_arrived(struct conn *c);
/* The CAPEX was not complete in time. */
void capex_in_timeout(struct conn *c);
/* No byte arrived in time after the accept. A TLS peer gets no answer, because it could not read one. */
void capex_in_silence(struct conn *c);
/* The peer closed before its CAPEX was complete; why: for the record. */
void capex_in_ended(struct conn *c, const char *why);

/* Outbound: sends the CAPEX and takes the answer. */
void capex_out_begin(struct conn *c);
/* Bytes have arrived: takes the answer when it is complete. */
void capex_out_data(struct conn *c);
/* The answer was not complete in time. */
void capex_out_timeout(struct conn *c);
/* c ended, or its stream failed, before the partner's answer was complete. */
void capex_out_ended(struct conn *c, const char *why);

/*
 * Asks the bind door whether the certificate may use the name NETWORKID.APPLID, then goes on to join, match or install.
 */
void bind_begin(struct conn *c);

/* The installed ipconn that the CAPEX of c matches. NULL: none; a blank APPLID matches no ipconn (IPIC.md 6.1). */
struct ipconn *match_find(const struct conn *c);
/* The partner's ipconn i is installed: checks its state and its listener, then goes on to match_take. */
void match_begin(struct conn *c, struct ipconn *i);
/*
 * State and listener are valid: checks trust and session counts, makes the token, answers. An autoinstalled ipconn that
 * is refused here is deleted.
 */
void match_take(struct conn *c, struct ipconn *i);
/* c has joined its ipconn, which has its claim (claiming.h): makes the checks that may have changed, then answers. */
void match_claimed(struct conn *c);
/* A further socket: makes the checks that engine/ipic/README.md lists for it, then answers. */
void match_join(struct conn *c);
/* The call-back to this side's CAPEX: checks token, names, listener and trust, then answers. */
void match_call_back(struct conn *c);
/*
 * High availability (IPIC.md 10): a generic listener redirects c to a specific listener, of this region or of another
 * one (cluster.h). True: c is answered with a redirect or a refusal, or waits for the store in stage SEEKING.
 */
bool ha_begin(struct conn *c);
/* Stage SEEKING. ha_timeout: the store has not answered in time. ha_leave: c leaves the stage. */
void ha_timeout(struct conn *c);
void ha_leave(struct conn *c);
/* No ipconn matches the CAPEX: asks the install door (the URM). */
void install_begin(struct conn *c);
/*
 * Suggests an APPLID: eight digits, counted on from `last`, that no installed partner of that network uses (IPIC.md
 * 6.2). Sets it in the facts of c. Returns the new count.
 */
uint64_t install_suggest(struct conn *c, uint64_t last);
/*
 * Makes *d of the URM's answer v: the attributes of the template (NULL: the defaults of IPIC.md 6.3), the names and the
 * address of the CAPEX as v changes them.
 */
void install_define(const struct conn *c, const struct verdict *v, const struct ipconn *template, struct ipconn_def *d);

/*
 * Dials the partner for the socket `place` (SOCKET_OUT, SOCKET_OUT2) of i, which is OBTAINING: resolve, then admit and
 * connect address by address, TLS, certify, CAPEX, then acquire_answered. Begins in the next turn; a failure ends in
 * acquire_failed. host (copied) and port: i's own, or those of a 307. SOCKET_OUT2 dials the address that SOCKET_OUT has
 * reached.
 */
void dial_begin(struct ipconn *i, enum socket_place place, const char *host, int port);
/* The admit door accepted the address in facts.peer.addr: connects to it. */
void dial_admitted(struct conn *c);
/* That address cannot be reached, or is refused (c->refused): tries the next one, or fails. why is copied. */
void dial_missed(struct conn *c, const char *why);
/* The socket is connected: begins TLS or the CAPEX. */
void dial_connected(struct conn *c);
/* The name or the connect took too long: tries the next address, or fails. */
void dial_timeout(struct conn *c);
/* Frees what dialling holds for a connection; NULL is fine. */
void dial_free(struct dial *d);
/*
 * The outbound connection c has failed before it was installed: notes code in its record unless conn_refused was
 * called, and fails the acquire (acquire_failed, class EXCEPTION), which closes c politely. reason: the reason of
 * DFHIS1011; NULL: CLIENT_SOCKET_ERROR or SEC_SOCKET_ERROR by the place of c. format: the text for the operator.
 */
void dial_failed(struct conn *c, const char *code, const char *reason, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for a refusal by the partner, with its response class and reason unchanged. */
void dial_refused(struct conn *c, const char *response, const char *reason, const char *text);

#endif
