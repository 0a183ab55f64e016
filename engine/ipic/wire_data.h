/* SPDX-License-Identifier: Apache-2.0 */
/* wire_data: the bodies of conversations and of resynchronisation (engine/ipic/README.md). */
#ifndef SALLYPORT_WIRE_DATA_H
#define SALLYPORT_WIRE_DATA_H

#include "base/buf.h"
#include "ipic/capex.h"
#include "base/fault.h"
#include "ipic/request.h"
#include "ipic/sense.h"


/*
 * Reads the head of a request. Each member may be absent: tran is DEFAULT_TRAN then, program is "" (the transaction's).
 * -1 with a sentence; r is wiped then. The reader wipes its copies of a password; the caller wipes r and its own bytes.
 */
int wire_head(struct request *r, const void *head, size_t len, struct fault *f);
/* Appends the head of a request. b holds the password then: the caller wipes b. -1: no memory, or no room. */
int wire_put_head(struct buf *b, const struct request *r);

/*
 * Reads the body of an IS7: the message id. "" when it is absent or the body has a fault; the sense is in the header.
 */
void wire_is7(char message[MESSAGE_SIZE], const void *body, size_t len);
/* Appends the body of an IS7. message NULL or "": without an id. -1: no memory, or no room. */
int wire_put_is7(struct buf *b, unsigned sense, const char *message);
/* True for [A-Z0-9]{9}, such as DFHIS1025. */
bool wire_message_ok(const char *message, size_t len);

struct resync {
	char response[RESPONSE_SIZE], reason[REASON_SIZE]; /* of an answer; "" in a request */
	char logname[LOGNAME_SIZE]; /* the log of the sender; "" only in an answer that refuses */
	char partner[LOGNAME_SIZE]; /* the log of the receiver as the sender remembers it; "" never met */
	char token[TOKEN_SIZE];          /* the last agreed token; "" never met */
	char next[TOKEN_SIZE];           /* of a request: the token to remember from now on */
	int indoubt;                     /* 0 to INDOUBT_MAX */
};

/* Each reads a body. -1 with a sentence that names the member. partner and token are both present or both absent. */
int wire_resync(struct resync *r, const void *body, size_t len, struct fault *f);
int wire_resync_answer(struct resync *r, const void *body, size_t len, struct fault *f);
/* Appends a request or an answer; "" members are left out. -1: no memory, or no room. */
int wire_put_resync(struct buf *b, const struct resync *r);

#endif
