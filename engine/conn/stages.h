/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stages: the stages of a connection, one row for each stage of each way: the steps that take its events. conn.c hands
 * each event of the socket and of the timer to the row of the stage; it knows no step.
 */
#ifndef SALLYPORT_STAGES_H
#define SALLYPORT_STAGES_H

#include "base/name.h"
#include "net/io.h"

struct conn;

#define CONN_STAGES(X) \
	X(NEW)       /* accepted; the admit door has not answered yet */ \
	X(DIALLING)  /* way out: the name is being resolved, or the connection does not stand yet */ \
	X(ADMITTED)  /* way in: the address is admitted; no byte has come yet */ \
	X(SHAKING)   /* TLS handshake; the certify door is asked inside it */ \
	X(CAPEX)     /* the capability exchange is being read, sent or decided */ \
	X(INSTALLED) /* the connection belongs to an ipconn */ \
	X(DRAINING)  /* the last answer or alert is being sent, all that comes is discarded */ \
	X(GONE)      /* closed; freed at the end of this turn */

enum conn_stage {
#define X(s) CONN_##s,
	CONN_STAGES(X)
#undef X
	CONN_STAGE_COUNT
};

struct stage_events { /* NULL: the event means nothing in this stage */
	void (*io[IO_EVENTS])(struct conn *c);          /* by enum io_event; the three that end a socket are conn.c's */
	void (*timeout)(struct conn *c);                /* the time of the stage is over */
	void (*ended)(struct conn *c, const char *why); /* the peer has closed the socket, or it failed. NULL: conn_close, politely */
};

/* The row of a stage on one way; static. */
const struct stage_events *stages_row(enum way way, enum conn_stage s);
/* "NEW", "DIALLING" and so on; static. */
const char *stages_name(enum conn_stage s);

#endif
