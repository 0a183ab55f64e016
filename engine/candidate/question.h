/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question: a door that the live rules have answered, as a copy that another thread may own: its facts, the answers
 * that the script got, and the verdict.
 */
#ifndef SALLYPORT_QUESTION_H
#define SALLYPORT_QUESTION_H

#include "conn/conn.h"
#include "net/mailbox.h"

struct shadow;

struct question {
	struct question *next;
	struct post post;        /* on its way from a gate to the home */
	struct shadow *shadow;   /* borrowed: then, the shadow that it is put to */
	enum door door;
	struct facts facts;      /* without notes; its certificate is counted; its request and users are those below */
	struct request request;  /* of attach; without the password */
	struct users users;
	uint64_t filed;          /* the id of the connection's record in the file of records; 0: it has no record */
	char dialled[NAME_SIZE]; /* way out: the definition of the ipconn; "" none */
	struct answer_tape tape; /* owned: the answers of this question */
	bool incomplete;         /* an answer had no room on the tape */
	struct verdict verdict;
	char script[SCRIPT_SIZE]; /* "" none */
};

/* Copies a question that c's door has answered. The caller owns the copy. NULL: no memory. */
struct question *question_of(const struct conn *c, const struct ask *a);
/* The memory of the question, without its certificate, which it shares. */
size_t question_bytes(const struct question *q);
/* NULL is fine. */
void question_free(struct question *q);

#endif
