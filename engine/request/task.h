/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task: one request being run: who asks, for what, as whom; then the program's answer or an IS7 sense. A task belongs to the session that took the
 * request. attach.c decides whether it may run, program.c runs it; both may take their time, and either may be cancelled at any moment.
 */
#ifndef SALLYPORT_TASK_H
#define SALLYPORT_TASK_H

#include <stdint.h>

#include "base/buf.h"
#include "conn/conn.h"
#include "ipic/request.h"
#include "ipic/sense.h"

struct passwords;
struct password_check;
struct program_def;

struct task {
	struct task *next, *prev;      /* worker->tasks */
	struct worker *worker;         /* borrowed */
	struct conn *conn;             /* borrowed: the socket its request came by; the task is cancelled before that goes */
	struct ipconn *ipconn;         /* borrowed, as conn */
	struct generation *generation; /* counted: the one current when it was attached */
	uint32_t conv;
	struct request request;
	struct users users;            /* made by attach */
	const unsigned char *data;     /* borrowed from the session until done */
	size_t len;
	int ccsid;                     /* of data; 0 not said */
	/* what the parts keep while they wait */
	struct password_check *checking;
	struct ask ask;
	const struct program_def *program; /* found by attach, in generation */
	void *running;                     /* the program's own */
	void (*stop)(struct task *t);      /* stops what is being waited for; NULL: nothing to stop. Called once, by task_cancel */
	struct buf converted;          /* owned: data in the program's ccsid, when that is another (data, len and ccsid are of it then); later the answer on
	                                  its way back to the request's */
	int ccsid_back;                /* and what the request gave, for the answer; 0: nothing is converted */
	/* the answer, when done() is called */
	struct buf answer;             /* max is PAYLOAD_MAX; from done() on the session's, which frees it when it was sent */
	int answer_ccsid;
	unsigned sense;                /* SENSE_NONE: it went well */
	char message[MESSAGE_SIZE];              /* an id for IS7; "" none */
	char text[TEXT_SIZE];          /* why, for our messages; never sent */
	void (*done)(struct task *t);  /* session's; called exactly once unless the task was cancelled. It may free t */
	bool (*holds)(struct task *t); /* session's: converted has grown, and is counted. false: the region holds too much */
	void *session;                 /* session's own */
};

/*
 * Puts t into the list of its worker, under the current generation. The caller has zeroed t and has filled in conn ipconn conv request
 * data len ccsid done holds session.
 */
void task_open(struct task *t);
/* Ends it early: purge, release or loss of the connection. done() is not called; everything it waited for is cancelled. t is the caller's to free. */
void task_cancel(struct task *t);
/* Its end, by whoever runs it: t->answer or t->sense is set. t must not be touched afterwards. */
void task_end(struct task *t);
/* The same with an IS7: sense, a message id for the partner ("" or NULL: none) and a sentence for our messages, never sent. Prints DFHIS1025 (tran, ipconn,
 * X'code') when that is the message; any other is the caller's to print. */
void task_fail(struct task *t, unsigned sense, const char *message, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
