/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: one conversation as the wire sees it: half-duplex, messages of chained elements, pacing after four, sequence numbers
 * (IPIC.md 2.9, 3.1; engine/ipic/README.md). It knows no sockets, sessions or programs: elements go out through emit(), and what came in is told by
 * the return value. Both ends and both directions use it: the one who began the conversation (it dialled the socket) and the one who serves it.
 */
#ifndef SALLYPORT_FLOW_H
#define SALLYPORT_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ipic/ipic.h"
#include "ipic/request.h"
#include "ipic/sense.h"

#define FLOW_ELEMENT_MAX HTTP_BODY_ELEMENT /* bytes of one element's body, its head counted */
#define FLOW_PACE 4                        /* elements between two pacing messages */

enum flow_state {
	FLOW_IDLE,    /* open, between two exchanges (or before the first): the beginner may send */
	FLOW_SEND,    /* our chain goes out */
	FLOW_RECEIVE, /* their chain comes in; for the beginner also: it is waited for */
	FLOW_WORK,    /* a whole request came in; its answer is not begun (the serving side) */
	FLOW_ENDED,
};

/* Takes an element that leaves, to be put by ipic_put_element. -1: it cannot be queued, and the owner closes. */
typedef int flow_emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len);

struct flow {
	uint32_t conv;
	uint32_t prev;        /* set by the beginner's owner before its first message: whose session this takes over; 0 none */
	bool beginner;
	bool open;            /* what the message under way says holds after it: another exchange may follow */
	bool previous_active; /* set by the owner: it took over a pending conversation's session, so errors have the twin codes 0633 to 0636 until its
	                         first message is whole */
	enum flow_state state;
	int msg;              /* of the exchange under way; 0 before the first */
	/* in */
	struct buf in;        /* the data so far; the whole of it from FLOW_WHOLE until the next message begins or flow_free (the owner may free it earlier) */
	int chain_in;         /* the next element's number */
	bool pacing_due;      /* the fourth came and the pacing message was not emitted yet (flow_hold) */
	bool held;            /* flow_hold: elements are not to be paced now */
	int ccsid;            /* of the data that came in; 0 not said */
	struct request head;  /* of the request that came in */
	/* out */
	struct buf out;       /* data not yet sent */
	int chain_out;        /* the next element's number */
	bool paced_out;       /* four went out; a pacing message is awaited */
	int ccsid_out;
	struct request head_out; /* its password is wiped when it has gone */
	flow_emit *emit;
	void *arg;
};

enum flow_event {
	FLOW_MORE,   /* nothing to do yet */
	FLOW_WHOLE,  /* a whole message is in flow.in: a request (serving) or an answer (beginner) */
	FLOW_PACED,  /* a pacing message came: flow_pump sends on */
	FLOW_IS7,    /* the partner ended the conversation, by IS7 or an expedited command: error.sense, error.message. state is FLOW_ENDED */
	FLOW_BROKEN, /* it cannot go on: the owner says DFHIS1023 if error.code is one and ends the conversation (flow_is7 or flow_purge) */
	FLOW_FAILED, /* an element of ours could not be queued */
};

struct flow_error {
	enum conversation_error code; /* FLOW_BROKEN: the check that failed; CONV_OK: none of DFHIS1023's, but its head or its size (see text) */
	unsigned sense;               /* what it is answered with (FLOW_BROKEN), or what came (FLOW_IS7) */
	char message[MESSAGE_SIZE];             /* IS7's optional message id */
	const char *text;             /* static; "" none */
	char detail[128];             /* FLOW_BROKEN by a bad head: what is wrong with it, without the peer's strings; "" none */
};

/* A conversation begun by us (beginner) or by the partner. Holds no memory yet. */
void flow_init(struct flow *f, uint32_t conv, bool beginner, flow_emit *emit, void *arg);
void flow_free(struct flow *f); /* wipes passwords */

/*
 * An element (or pacing message, or expedited command) of this conversation: is is its header, body its body. Emits pacing messages itself unless held.
 * The checks of DFHIS1023 that can be made from the conversation alone, in this order (twins in brackets: previous_active):
 *   0630         it has ended
 *   0629         not the kind of message the partner may send here: an answer to the serving side, an IS7 in a request, a pacing message nobody
 *                waits for or with a body
 *   061E         data, while our chain goes out
 *   0614         data, while the task works (serving) or nothing was asked (beginner)
 *   062A (0634)  an element, while a pacing message of ours is due
 *   0629 (0633)  a chain's start inside a chain or the reverse; `state` changes inside a chain, or an answer is open and its request was not;
 *                head or prev where none may be
 *   062D (0636)  the message's number: an exchange's start has the next, all else the same
 *   062E (0635)  the element's number inside a chain; a pacing message has that of the last element sent
 *   062F         a CCSID that is not known, or changes inside a chain
 * and without a code of IBM's: a bad or missing head, more than PAYLOAD_MAX bytes of data, no memory (sense 1008600B).
 */
enum flow_event flow_take(struct flow *f, enum ipic_kind kind, const struct is_header *is, const char *body, size_t len, struct flow_error *e);

/* Begins a message: a request (beginner, state IDLE) or the answer (serving, state WORK). The data is copied. open: another exchange may follow;
 * an answer is open only when its request was. Sends as many elements as pacing allows. -1: no memory, more than PAYLOAD_MAX, or not its turn (nothing
 * changed then); or emit failed. */
int flow_request(struct flow *f, const struct request *head, const void *data, size_t len, int ccsid, bool open);
int flow_answer(struct flow *f, const void *data, size_t len, int ccsid, bool open);
/* Sends on when pacing came or the socket has room again: at most FLOW_PACE elements. 0 also when there is nothing to send. */
int flow_pump(struct flow *f);
/* While held, no pacing message is emitted, so that the partner stops after four elements: until all that had come was taken, or because memory is
 * short. false emits what is due. */
int flow_hold(struct flow *f, bool held);

/* Ends it: an IS7 answer (serving). message: a 9-character id or NULL. Without memory for a body it goes without one. */
int flow_is7(struct flow *f, unsigned sense, const char *message);
/* Ends it from either side by the expedited command `name` ("purge", "forcepurge", "cancel", "forcecancel", "kill"). */
int flow_purge(struct flow *f, const char *name);
/* How much memory its data takes: the bytes of in and out. At most twice PAYLOAD_MAX. */
size_t flow_bytes(const struct flow *f);

#define FLOW_CONV_TEXT 9
/* A conversation's id as the wire has it, "0000001f". Returns out. */
const char *flow_print_conv(uint32_t conv, char out[FLOW_CONV_TEXT]);

#endif
