/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stages: the stages of a connection and the table of the steps that take its events, one row for each stage and
 * direction. conn.c passes each event of the socket and of the timer to the row of the stage; it names no step.
 */
#ifndef SALLYPORT_STAGES_H
#define SALLYPORT_STAGES_H

#include "base/name.h"
#include "net/io.h"

struct conn;

#define CONN_STAGES(X) \
	X(NEW)       /* accepted; the admit door has not answered yet */ \
	X(DIALLING)  /* outbound: the name is being resolved, or the connect is in progress */ \
	X(ADMITTED)  /* inbound: the address is admitted; no byte has arrived yet */ \
	X(SHAKING)   /* TLS handshake; the certify door is asked inside it */ \
	X(CAPEX)     /* the capability exchange is being read, sent or decided */ \
	X(SEEKING)   /* inbound, at a generic listener: the store is asked for the region that holds its pair (ha.c) */ \
	X(CLAIMING)  /* inbound: its ipconn waits for its claim in the sysplex (claiming.h) */ \
	X(STANDBY)   /* inbound: the CAPEX is complete, and waits for the end of a reload (standby.h) */ \
	X(HELD)      /* inbound: accepted; the 200 waits for the record of the decision (hold.h) */ \
	X(INSTALLED) /* the connection belongs to an ipconn */ \
	X(DRAINING)  /* the last answer or alert is being sent; input is discarded */ \
	X(GONE)      /* closed; freed at the end of this turn */

enum conn_stage {
#define X(s) CONN_##s,
	CONN_STAGES(X)
#undef X
	CONN_STAGE_COUNT
};

struct stage_events { /* NULL: the event is ignored in this stage */
	void (*io[IO_EVENTS])(struct conn *c);          /* by enum io_event; conn.c handles the ends of a socket */
	void (*timeout)(struct conn *c);                /* the time limit of the stage has passed */
	void (*ended)(struct conn *c, const char *why); /* closed by the peer, or failed; NULL: conn_close, politely */
};

/* The row of a stage and direction; static. */
const struct stage_events *stages_row(enum way way, enum conn_stage s);
/* "NEW", "DIALLING" and so on; static. */
const char *stages_name(enum conn_stage s);

#endif
