/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task: one request that runs: its partner, its program, its users; then the answer of the program or the sense of an
 * IS7. A task belongs to the session that received the request. attach.c decides whether it may run, program.c runs it.
 * Both may wait, and both can be cancelled.
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
	struct conn *conn;             /* borrowed: the connection that the request came by; the task is cancelled before it is freed */
	struct ipconn *ipconn;         /* borrowed, as conn */
	struct generation *generation; /* counted: the current one when the task was attached */
	uint32_t conv;
	struct request request;
	struct users users;            /* made by attach */
	const unsigned char *data;     /* borrowed from the session until done() */
	size_t len;
	int ccsid;                     /* code page of data; 0 not said */
	/* for what waits */
	struct password_check *checking;
	struct ask ask;
	struct attach_question *asked;     /* owned by attach while the door is asked; NULL: it is not */
	struct record_entry *entry;        /* borrowed: of the request in the record; NULL: the record has no entry, or it was freed */
	const struct program_def *program; /* borrowed from generation; set by program_find */
	bool begun;                        /* the program runs, or has run */
	void *running;                     /* owned by the kind of program */
	void (*stop)(struct task *t);      /* stops what the task waits for; NULL: nothing. Called once, by task_cancel */
	struct buf converted;          /* owned: data in the code page of the program (data, len and ccsid describe it then); later
	                                  the answer in the code page of the request */
	int ccsid_back;                /* the code page of the request, for the answer; 0: no conversion */
	/* the result, when done() is called */
	struct buf answer;             /* max is PAYLOAD_MAX; from done() on owned by the session, which frees it after sending */
	int answer_ccsid;
	unsigned sense;                /* SENSE_NONE: the program succeeded */
	char message[MESSAGE_SIZE];    /* message id of the IS7; "" none */
	char text[TEXT_SIZE];          /* the reason, for the log; never sent */
	void (*done)(struct task *t);  /* set by the session; called once unless t is cancelled. t stays valid in this turn */
	bool (*holds)(struct task *t); /* set by the session: counts converted after it has grown. false: the region holds too much data */
	void *session;                 /* owned by the session */
};

/*
 * Puts t into the list of its worker, under the current generation. The caller has zeroed t and has filled in conn
 * ipconn conv request data len ccsid done holds session.
 */
void task_open(struct task *t);
/*
 * Ends t early: purge, release, loss of the connection. Cancels what t waits for; done() is not called. The caller
 * frees t.
 */
void task_cancel(struct task *t);
/* Ends t: t->answer or t->sense is set. Calls done(): the caller must not use t afterwards. */
void task_end(struct task *t);
/*
 * Ends t with an IS7: sense, the message id for the partner ("" or NULL: none) and a sentence for the log, which is
 * never sent. Prints DFHIS1025 when that is the id; any other message is printed by the caller. The caller must not use
 * t afterwards.
 */
void task_fail(struct task *t, unsigned sense, const char *message, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
