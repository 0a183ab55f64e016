/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supposed: a connection that nobody has made, as one value for each thing that a partner settles, and its walk through
 * all doors of a definition.
 */
#ifndef SALLYPORT_SUPPOSED_H
#define SALLYPORT_SUPPOSED_H

#include "base/buf.h"
#include "candidate/minted.h"
#include "candidate/values.h"
#include "conn/trial.h"

/* id, kind of its values */
#define SLOTS(X) \
	X(SERVICE, VALUE_SERVICE) \
	X(PEER, VALUE_ADDRESS) \
	X(TLS, VALUE_TLS) \
	X(SNI, VALUE_HOST) \
	X(PROOF, VALUE_PROOF) \
	X(ISSUER, VALUE_ISSUER) \
	X(EMAIL, VALUE_NAME) \
	X(URI, VALUE_NAME) \
	X(O, VALUE_NAME) \
	X(OU, VALUE_NAME) \
	X(DNS, VALUE_NAME) \
	X(CN_BEFORE, VALUE_NAME) \
	X(CN, VALUE_NAME) \
	X(CN_BEHIND, VALUE_NAME) \
	X(NETWORKID, VALUE_SYSTEM) \
	X(APPLID, VALUE_SYSTEM) \
	X(SERVER_NETWORKID, VALUE_SYSTEM) \
	X(SERVER_APPLID, VALUE_SYSTEM) \
	X(HOST, VALUE_HOST) \
	X(PORT, VALUE_PORT) \
	X(SENDCOUNT, VALUE_COUNT) \
	X(RECEIVECOUNT, VALUE_COUNT) \
	X(SOCKETS, VALUE_SOCKETS) \
	X(SOCKET, VALUE_SOCKETS) \
	X(HALFOPEN, VALUE_LOAD) \
	X(CONNECTIONS, VALUE_LOAD) \
	X(FROM_PEER, VALUE_LOAD) \
	X(FROM_PREFIX, VALUE_LOAD) \
	X(REFUSED, VALUE_LOAD) \
	X(NOW, VALUE_TIME) \
	X(PROGRAM, VALUE_PROGRAM) \
	X(TRAN, VALUE_TRAN) \
	X(USERID, VALUE_USER)

enum slot {
#define X(id, kind) SLOT_##id,
	SLOTS(X)
#undef X
	SLOT_COUNT
};

struct supposed { /* all zero: the plain connection */
	unsigned short value[SLOT_COUNT]; /* indexes of the values of the slot's kind */
};

struct ground { /* that connections are supposed on; every pointer is borrowed */
	struct worker *worker;
	const struct values *values;
	struct minted *minted;
};

#define WALKED_DOORS 12

struct walked { /* the walk of a supposed connection; ended by supposed_end */
	struct trial *trial; /* owned; without a record */
	struct trial_question *question; /* owned; of the trial */
	bool accepted;       /* the connection, and its request when it has one */
	struct walked_door {
		enum door door;
		enum verdict_kind verdict;
		char code[CODE_SIZE];
	} door[WALKED_DOORS]; /* that were asked, in their order */
	size_t doors;
	char code[CODE_SIZE]; /* of the refusal; "" none */
};

enum value_kind supposed_kind(enum slot s);
/* The value of a slot; it belongs to g->values. */
const struct value *supposed_value(const struct ground *g, const struct supposed *s, enum slot slot);
/*
 * Walks the connection. The caller ends *out (supposed_end). -1: the engine refuses its certificate unasked, or there
 * is no memory; *out is empty then.
 */
int supposed_walk(const struct ground *g, const struct supposed *s, struct walked *out);
void supposed_end(struct walked *w);
/*
 * Appends the connection as a row with walk = true of a decision table, which expects the outcome of w. name: that of
 * the row. -1: no memory.
 */
int supposed_row(const struct ground *g, const struct supposed *s, const struct walked *w, const char *name, struct buf *out);

#endif
