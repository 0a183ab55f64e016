/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: one conversation on the wire: half-duplex, messages of chained elements, pacing after four elements, sequence
 * numbers (IPIC.md 2.9, 3.1; engine/ipic/README.md). It knows no sockets, sessions or programs: elements go out through
 * emit(), and the return value tells the event that came in. Both ends use it: the beginner of the conversation, which
 * dialled the socket, and the serving side.
 */
#ifndef SALLYPORT_FLOW_H
#define SALLYPORT_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ipic/ipic.h"
#include "ipic/request.h"
#include "ipic/sense.h"

#define FLOW_ELEMENT_MAX HTTP_BODY_ELEMENT /* bytes of the body of one element, with its head */
#define FLOW_PACE 4                        /* elements between two pacing messages */

enum flow_state {
	FLOW_IDLE,    /* open, before the first exchange or between two: the beginner may send */
	FLOW_SEND,    /* the chain of this side goes out */
	FLOW_RECEIVE, /* the partner's chain comes in, or (beginner) is awaited */
	FLOW_WORK,    /* serving side: a whole request came in, and its answer has not begun */
	FLOW_ENDED,
};

/* Sends one element, by ipic_put_element. -1: it cannot be queued; the owner closes the connection. */
typedef int flow_emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len);

struct flow {
	uint32_t conv;
	uint32_t prev;        /* set by the owner before the first message: the conversation whose session this one takes over; 0 none */
	bool beginner;
	bool open;            /* the current message says that another exchange may follow */
	bool previous_active; /* set by the owner: this conversation took over the session of a pending one, so errors have the
	                         twin codes 0633 to 0636 until its first message is whole */
	enum flow_state state;
	int msg;              /* number of the current exchange; 0 before the first */
	/* in */
	struct buf in;        /* the data so far; whole from FLOW_WHOLE until the next message or flow_free; the owner may free it earlier */
	int chain_in;         /* number of the next element */
	bool pacing_due;      /* the fourth element came, and the pacing message is not emitted yet (flow_hold) */
	bool held;            /* flow_hold: no pacing message may be emitted now */
	int ccsid;            /* of the data that came in; 0 not given */
	struct request head;  /* of the request that came in */
	/* out */
	struct buf out;       /* data not yet sent */
	int chain_out;        /* number of the next element */
	bool paced_out;       /* four elements went out; a pacing message is awaited */
	int ccsid_out;
	struct request head_out; /* the password is wiped when the head is sent */
	flow_emit *emit;
	void *arg;
};

enum flow_event {
	FLOW_MORE,   /* nothing to do yet */
	FLOW_WHOLE,  /* a whole message is in flow.in: a request (serving) or an answer (beginner) */
	FLOW_PACED,  /* a pacing message came: the owner calls flow_pump */
	FLOW_IS7,    /* the partner ended the conversation, by IS7 or an expedited command: error.sense, error.message. state is FLOW_ENDED */
	FLOW_BROKEN, /* a check failed: the owner logs DFHIS1023 with error.code, if there is one, and ends the conversation (flow_is7, flow_purge) */
	FLOW_FAILED, /* an element of this side could not be queued */
};

struct flow_error {
	enum conversation_error code; /* FLOW_BROKEN: the failed check; CONV_OK: the head or the size, which have no code (see text) */
	unsigned sense;               /* the sense to answer with (FLOW_BROKEN), or the sense that came (FLOW_IS7) */
	char message[MESSAGE_SIZE];             /* IS7's optional message id */
	const char *text;             /* static; "" none */
	char detail[128];             /* FLOW_BROKEN by a bad head: its fault, without the strings of the peer; "" none */
};

/* Begins a conversation of this side (beginner) or of the partner. Takes no memory yet. */
void flow_init(struct flow *f, uint32_t conv, bool beginner, flow_emit *emit, void *arg);
void flow_free(struct flow *f); /* wipes passwords */

/*
 * Takes an element, a pacing message or an expedited command of this conversation: its header and its body. Emits
 * pacing messages unless held. Makes these checks of DFHIS1023, in this order (in brackets: the code with
 * previous_active):
 *   0630         the conversation has ended
 *   0629         a kind of message that the partner may not send: an answer to the serving side, an IS7 in a request, a
 *                pacing message that is not due or has a body
 *   061E         data, while the chain of this side goes out
 *   0614         data, while the task works (serving side), or without a request (beginner)
 *   062A (0634)  an element, while a pacing message of this side is due
 *   0629 (0633)  a first element inside a chain or the reverse; `state` changes inside a chain; an answer is open and
 *                its request was not; head or prev where they are not allowed
 *   062D (0636)  the number of the message: one more at the start of an exchange, else the same
 *   062E (0635)  the number of the element in its chain; of a pacing message: the number of the last element sent
 *   062F         a CCSID that is unknown, or that changes inside a chain
 * Errors without a code of IBM: a bad or missing head, more than PAYLOAD_MAX bytes of data, no memory (sense 1008600B).
 */
enum flow_event flow_take(struct flow *f, enum ipic_kind kind, const struct is_header *is, const char *body, size_t len, struct flow_error *e);

/*
 * Begins a message: a request (beginner, state IDLE) or the answer (serving side, state WORK). The data is copied.
 * open: another exchange may follow; an answer is open only when its request was. Sends as many elements as pacing
 * allows. -1: no memory, more than PAYLOAD_MAX, or the wrong state (nothing changed then); or emit failed.
 */
int flow_request(struct flow *f, const struct request *head, const void *data, size_t len, int ccsid, bool open);
int flow_answer(struct flow *f, const void *data, size_t len, int ccsid, bool open);
/*
 * Sends more elements after a pacing message, or when the socket has room: at most FLOW_PACE. 0 also when there is
 * nothing to send.
 */
int flow_pump(struct flow *f);
/*
 * While held, no pacing message is emitted, so that the partner stops after four elements: the owner has not taken all
 * data yet, or memory is short. held = false emits the pacing message that is due.
 */
int flow_hold(struct flow *f, bool held);

/*
 * Ends the conversation by an IS7 answer (serving side). message: an id of 9 characters, or NULL. Without memory the
 * answer has no body.
 */
int flow_is7(struct flow *f, unsigned sense, const char *message);
/*
 * Ends the conversation from either side by the expedited command `name` ("purge", "forcepurge", "cancel",
 * "forcecancel", "kill").
 */
int flow_purge(struct flow *f, const char *name);
/* The bytes of memory that its data takes, in and out. At most twice PAYLOAD_MAX. */
size_t flow_bytes(const struct flow *f);

#define FLOW_CONV_TEXT 9
/* Prints a conversation's id as on the wire, "0000001f". Returns out. */
const char *flow_print_conv(uint32_t conv, char out[FLOW_CONV_TEXT]);

#endif
