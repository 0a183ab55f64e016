/* SPDX-License-Identifier: Apache-2.0 */
/* capex_answer: the answers to a partner's CAPEX: accepted, sent on, refused. */
#ifndef SALLYPORT_CAPEX_ANSWER_H
#define SALLYPORT_CAPEX_ANSWER_H

#include "conn/ipconn.h"

/* Accepts c for i in that place (SOCKET_IN, SOCKET_IN2): c belongs to i, INSTALLED, and the answer is queued. */
void capex_accept(struct conn *c, struct ipconn *i, enum socket_place place);
/* Answers with the reason, in its status and response class, and closes politely. conn_refused has told the refusal before. */
void capex_answer_refusal(struct conn *c, enum reason r);
/* The same in another status: that of a request which cannot be read. */
void capex_answer_status(struct conn *c, enum reason r, int status);
/* conn_engine_refused (SP0031), then capex_answer_refusal. code: the verdict code; format: the text for the operator. */
void capex_refuse(struct conn *c, enum reason r, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Sends the partner on to another address (IPIC.md 10) and closes politely. */
void capex_redirect(struct conn *c, const char *host, int port);

#endif
