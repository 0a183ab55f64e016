/* SPDX-License-Identifier: Apache-2.0 */
/* wire_data: the bodies that conversations and resynchronisation carry, as wire has those of CAPEX (engine/ipic/README.md). */
#ifndef SALLYPORT_WIRE_DATA_H
#define SALLYPORT_WIRE_DATA_H

#include "base/buf.h"
#include "ipic/capex.h"
#include "base/fault.h"
#include "ipic/request.h"
#include "ipic/sense.h"


/*
 * A request's head: every member may be absent; tran is DEFAULT_TRAN then, program "" (its transaction's). -1 with a sentence; r is wiped then.
 * What the reader held of a password is wiped in every case; the caller wipes r's (and its own bytes).
 */
int wire_head(struct request *r, const void *head, size_t len, struct fault *f);
/* Appends one. It holds the password: the caller wipes b. */
int wire_put_head(struct buf *b, const struct request *r);

/* An IS7's body: the message id ("" when absent, or when the body is not one: the header's sense is what counts). */
void wire_is7(char message[MESSAGE_SIZE], const void *body, size_t len);
/* message NULL or "": without. */
int wire_put_is7(struct buf *b, unsigned sense, const char *message);
/* [A-Z0-9]{9}, as DFHIS1025. */
bool wire_message_ok(const char *message, size_t len);

struct resync {
	char response[RESPONSE_SIZE], reason[REASON_SIZE]; /* of an answer; "" in a request */
	char logname[LOGNAME_SIZE]; /* the sender's log; "" only in an answer that refuses */
	char partner[LOGNAME_SIZE]; /* the log it remembers of the other; "" never met */
	char token[TOKEN_SIZE];          /* agreed on last; "" never met */
	char next[TOKEN_SIZE];           /* a request's: to remember from now on */
	int indoubt;                     /* 0 to INDOUBT_MAX */
};

/* -1 with a sentence naming the member. partner and token come both or not at all. */
int wire_resync(struct resync *r, const void *body, size_t len, struct fault *f);
int wire_resync_answer(struct resync *r, const void *body, size_t len, struct fault *f);
/* Writes either: "" members are left out. */
int wire_put_resync(struct buf *b, const struct resync *r);

#endif
