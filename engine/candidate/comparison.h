/* SPDX-License-Identifier: Apache-2.0 */
/* comparison: the decisions of a candidate about one recorded connection, or request, beside the recorded ones. */
#ifndef SALLYPORT_COMPARISON_H
#define SALLYPORT_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>

#include "candidate/past.h"
#include "candidate/replay.h"
#include "conn/trial.h"

struct comparison_decision { /* of the candidate */
	enum door door;       /* DOOR_COUNT: a rule of the engine */
	const char *where;    /* the door, or the stage of the rule */
	const char *script;   /* NULL: none */
	const struct verdict *verdict;
};

struct comparison_side { /* a decision in the result; "" and 0: null */
	char verdict[8], code[CODE_SIZE], policy[SCRIPT_SIZE];
	int line;
};

struct comparison {
	const struct past *recorded;       /* borrowed */
	const struct past_question *final; /* borrowed: the recorded decision that refused; NULL: none did */
	const struct service *service;         /* borrowed: of the candidate, for the connection; NULL: not known */
	bool is_request;
	bool silent;  /* a repetition: it ends at the door of the difference, and finds nothing */
	size_t decisions, same;
	bool settled; /* no later decision counts */
	bool asked[DOOR_COUNT]; /* by the candidate */
	bool differs;
	/* of a difference */
	enum replay_class class;
	enum door door; /* DOOR_COUNT: where is a stage */
	char where[16];
	struct comparison_side before, after;
	bool has_before, has_after;
	unsigned beyond; /* bits: the doors that the record never asked */
	char why[ANSWER_TAPE_LACKING + 80];
};

/*
 * Begins the comparison of a connection; *last is the last part of the walk that its record has. False: the record has
 * no decision that the definitions or the scripts make, so that there is nothing to compare.
 */
bool comparison_begin(struct comparison *c, const struct past *r, enum trial_part *last);
/* Begins the comparison of a request of the connection. */
void comparison_begin_request(struct comparison *c, const struct past *r, const struct past_question *q);
/* Begins a silent repetition of a comparison whose result is known. */
void comparison_repeat(struct comparison *again, const struct comparison *c);
/* A door of the candidate has answered. was: the recorded question, NULL: none. lack: as of comparison_lost; NULL. */
void comparison_door(struct comparison *c, const struct past_question *was, const struct comparison_decision *is, const char *lack);
/* A rule of the engine refuses. */
void comparison_rule(struct comparison *c, const struct comparison_decision *is);
/* The record lacks something that the candidate asks for at the door. */
void comparison_lost(struct comparison *c, enum door door, const char *lack);
/* The candidate does not define the listener or ipconn of the connection. */
void comparison_undefined(struct comparison *c, const char *why);
/* The walk has ended; t NULL: it did not begin. */
void comparison_end(struct comparison *c, const struct trial *t);
/* The difference as an object, which the caller owns: { door, before, after, beyond, why }. */
json_t *comparison_json(const struct comparison *c);
/* Whether a refusal with that code depends on the state of the region, so that every candidate gives it. NULL: no. */
bool comparison_is_state(const char *code);

#endif
