/* SPDX-License-Identifier: Apache-2.0 */
/* capex_answer: the answers to a partner's CAPEX: accepted (200), redirected (307), refused (403 and others). */
#ifndef SALLYPORT_CAPEX_ANSWER_H
#define SALLYPORT_CAPEX_ANSWER_H

#include "conn/ipconn.h"
#include "conn/recheck.h"
#include "conn/rules.h"

/*
 * Accepts c as the socket `place` (SOCKET_IN, SOCKET_IN2) of i: c joins i; then capex_answered, at once or when the
 * record of the decision is written (hold.h).
 */
void capex_accept(struct conn *c, struct ipconn *i, enum socket_place place);
/*
 * c is refused when its region is fenced (claiming.h). Else it enters stage INSTALLED, the answer 200 is queued, and
 * the ipconn calls back or is complete. Message DFHIS2001. c is closed when the answer cannot be queued.
 */
void capex_answered(struct conn *c);
/*
 * Answers with reason r, its HTTP status and its response class (IPIC.md 5), and closes c politely. The caller has
 * called conn_refused.
 */
void capex_answer_refusal(struct conn *c, enum reason r);
/* The same for bytes that are not a message: reason ISCE_ERROR, with the status that the reader of c gives. */
void capex_answer_unread(struct conn *c);
/*
 * Calls conn_engine_refused (SP0031), then capex_answer_refusal. code: the verdict code. format: the text for the
 * operator.
 */
void capex_refuse(struct conn *c, enum reason r, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same for a rule that refuses (rules.h). */
void capex_ruled(struct conn *c, const struct ruling *r);
/* The same for a door, or a definition, that refused when it was asked again. Takes the entry of r. */
void capex_asked_again(struct conn *c, struct recheck_result *r);
/*
 * Answers 307 with another address, which the partner dials next (IPIC.md 10), and closes c politely. host is copied.
 */
void capex_redirect(struct conn *c, const char *host, int port);

#endif
