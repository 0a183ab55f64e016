/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past: a connection as its account in a file of records tells it (engine/records/README.md): its facts, and each
 * question with the answers that the script got.
 */
#ifndef SALLYPORT_PAST_H
#define SALLYPORT_PAST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "candidate/account.h"
#include "policy/answer_tape.h"
#include "policy/facts.h"
#include "policy/record.h"

#define PAST_QUESTIONS 32 /* more than a record keeps */

struct past_question { /* a question at a door, or a decision of the engine; borrows from its account */
	enum door door;        /* DOOR_COUNT: a decision of the engine itself */
	const char *where;     /* the door, or the stage of the decision */
	double now;            /* seconds since 1970 */
	bool refused;
	const char *verdict, *code, *policy; /* NULL: none */
	struct account_value account;
};

struct past {                  /* borrows from its account */
	struct account_value account;
	struct facts facts;        /* the certificate is NULL, and so are the notes */
	struct account_value certificate; /* its facts; not there: none was presented */
	const char *masked;        /* the names of hidden facts; "" none */
	const char *outcome, *code; /* code NULL: none */
	bool incomplete;           /* a part had no room */
	struct installed installed;
	bool has_installed;
	bool attempt;              /* way out: only the question about an address that was tried before the last one */
	struct past_question question[PAST_QUESTIONS]; /* of a re-ask only those that waited */
	size_t questions;
};

/* Reads the account. -1 with a sentence: it has no facts that can be asked about. */
int past_read(struct past *r, const struct account *account, struct fault *f);

/* Reads one question from its account, which it borrows. */
struct past_question past_question(struct account_value account);
/* The last question at that door; NULL: none. */
const struct past_question *past_at(const struct past *r, enum door door);
/*
 * Way out: makes r the record of the question q alone, about the address that the region tried then. False: q has no
 * address.
 */
bool past_try(struct past *r, const struct past_question *q);
/* Whether the fact of that name is hidden. */
bool past_hides(const struct past *r, const char *fact);
/* The request of an attach question, its users and the size of its data. False: the question has no request. */
bool past_request(const struct past_question *q, struct request *out, size_t *bytes);
/*
 * Puts the answers of the question on the tape, which is empty. False: the account has not all of them, so that a
 * script may ask for one in vain.
 */
bool past_answers(const struct past_question *q, struct answer_tape *t);

#endif
