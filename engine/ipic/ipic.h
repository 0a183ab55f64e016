/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipic: the codec: the messages of IPIC as values. A reader makes a message of bytes; a function for each kind of
 * message appends its bytes to a buffer. No other folder knows the numbers, names and layout of the wire.
 */
#ifndef SALLYPORT_IPIC_H
#define SALLYPORT_IPIC_H

#include "base/buf.h"
#include "base/fault.h"
#include "ipic/capex.h"
#include "ipic/http.h"
#include "ipic/reason.h"
#include "ipic/wire_data.h"
#include "ipic/wire_is.h"

struct json_t;

/* Bytes that a receive buffer must hold for one message: of the capability exchange, and after it. */
#define IPIC_READ_CAPEX (HTTP_HEAD_MAX + HTTP_BODY_CAPEX + 1)
#define IPIC_READ_ELEMENT (HTTP_HEAD_MAX + HTTP_BODY_ELEMENT + 1)
/*
 * The bound of a buffer for one message to send that is no element; and the bytes that an element needs in addition to
 * its body.
 */
#define IPIC_PUT_MAX (HTTP_HEAD_MAX + 4096)
#define IPIC_PUT_AROUND HTTP_HEAD_MAX

enum ipic_kind { IPIC_REQUEST = HTTP_REQUEST, IPIC_ANSWER = HTTP_ANSWER };

enum ipic_result {
	IPIC_MORE,    /* the message is not whole yet */
	IPIC_MESSAGE, /* a message is there */
	IPIC_UNTYPED, /* a whole message; its IS header is missing or not valid: the fault says which */
	IPIC_BAD,     /* the bytes are no message; the fault has a sentence without bytes of the peer */
};

enum ipic_outcome { /* of an answer */
	IPIC_OK,
	IPIC_REDIRECTED, /* the partner names another address */
	IPIC_REFUSED,
	IPIC_ERROR,      /* another number from 400 on: no IPIC partner sends it */
	IPIC_OTHER,      /* another number below 400 */
};

struct ipic_message {
	enum ipic_kind kind;
	struct is_header is;       /* zero after IPIC_UNTYPED */
	enum ipic_outcome outcome; /* of an answer */
	int status;                /* of an answer: its number on the wire, for sentences only */
	bool json;                 /* the content type is JSON, or there is none */
	const char *body;          /* borrowed from the bytes */
	size_t len;
	size_t size;               /* bytes of the whole message: the caller consumes them */
};

struct ipic_reader { /* of one message; private to ipic.c */
	struct http_reader http;
};

/*
 * Each makes r ready for one message: for a CAPEX; for the answer to a CAPEX; for any message of an installed
 * connection.
 */
void ipic_expect_capex(struct ipic_reader *r);
void ipic_expect_answer(struct ipic_reader *r);
void ipic_expect_any(struct ipic_reader *r);
/*
 * Judges bytes[0..n), the bytes of a message from its first one on; to be called again with the same bytes and more
 * behind them. m is filled when the message is whole. Bytes behind the message are not looked at.
 */
enum ipic_result ipic_next(struct ipic_reader *r, const void *bytes, size_t n, struct ipic_message *m, struct fault *f);

/* True when m is a command of that name. */
bool ipic_is_command(const struct ipic_message *m, enum is_name name);
/*
 * The body of a CAPEX, of the answer to one, of resync and of the answer to it. -1 with a sentence that names the
 * member.
 */
int ipic_capex(const struct ipic_message *m, struct capex *c, struct fault *f);
int ipic_capex_answer(const struct ipic_message *m, struct capex_answer *a, struct fault *f);
int ipic_resync(const struct ipic_message *m, struct resync *r, struct fault *f);
int ipic_resync_answer(const struct ipic_message *m, struct resync *r, struct fault *f);
/* NULL, or a static sentence: the element is an answer, and its outcome contradicts its IS header. */
const char *ipic_element_fault(const struct ipic_message *m);

/*
 * Each appends one message to b. -1: b is full, or no memory; b is unchanged. host: the name of the peer of a request.
 */
int ipic_put_capex(struct buf *b, const char *host, const struct capex *c);
/* The body of a CAPEX alone. */
int ipic_put_capex_body(struct buf *b, const struct capex *c);
int ipic_put_accepted(struct buf *b, const struct capex_answer *a);
int ipic_put_redirected(struct buf *b, const struct capex_answer *a);
/* Sets response and reason of *a. unread: the reader that returned IPIC_BAD, or NULL. */
int ipic_put_refused(struct buf *b, enum reason reason, const struct ipic_reader *unread, struct capex_answer *a);
int ipic_put_command(struct buf *b, const char *host, enum is_name name);
int ipic_put_command_answer(struct buf *b, enum is_name name);
int ipic_put_resync(struct buf *b, const char *host, const struct resync *r);
/* Sets response and reason of *r. REASON_OK accepts. */
int ipic_put_resync_answer(struct buf *b, enum reason reason, struct resync *r);
/* An element of a conversation: data, pacing, IS7 (an answer) or an expedited command. */
int ipic_put_element(struct buf *b, enum ipic_kind kind, const char *host, const struct is_header *is, const void *body, size_t len);

/* The number of an outcome, and of a refusal (unread as above), for sentences only. */
int ipic_status(enum ipic_outcome o);
int ipic_refused_status(enum reason reason, const struct ipic_reader *unread);
/* Sets the members of an answer to CAPEX in an object of the caller. -1: no memory. */
int ipic_answer_members(struct json_t *o, const struct capex_answer *a);

#endif
