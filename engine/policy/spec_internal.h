/* SPDX-License-Identifier: Apache-2.0 */
/* spec_internal: the parts of policy_specs.c: one run of decision tables, and the kinds of their rows. */
#ifndef SALLYPORT_SPEC_INTERNAL_H
#define SALLYPORT_SPEC_INTERNAL_H

#include <jansson.h>

#include "policy/policy.h"
#include "policy/policy_specs.h"
#include "tls/presented.h"

#define SPEC_WARNINGS 20 /* of a reload, so that they do not hide other warnings */

enum spec_verified { SPEC_VERIFIED_UNSAID, SPEC_VERIFIED, SPEC_UNVERIFIED };

struct spec_certificate { /* of the current row */
	struct presented presented; /* owned; n is 0: the row has no certificate */
	enum spec_verified verified;
	char userid[NAME_SIZE];     /* the user that certify gave it, for later doors; "" none */
	double now;                 /* the time at which it is verified */
};

struct spec_run {
	const struct policy_specs_order *order;
	double until;                     /* of clock_span; 0: no limit */
	bool over;                        /* the time is over, and said so */
	struct sources *sources;          /* owned */
	struct policy *policy;            /* owned; in a state that no connection asks */
	struct policy_specs_result *result;
	struct faults *faults;
	unsigned said;                    /* number of warnings */
	const struct source *source;      /* of the spec */
	char script[SCRIPT_SIZE];         /* the script under test */
	int *line;                        /* owned; the first line of each row */
	size_t lines;
	int row;                          /* from 1; 0: before the first */
	int at;                           /* the row's line; 0: not known */
	char name[TEXT_SIZE];             /* the row's; "" none */
	struct faults objections;         /* owned; of the current row, which holds without one */
	struct spec_certificate certificate;
	struct issuer *issuer;            /* owned; of the last certificate that was made; NULL: none */
	char issuer_name[64];
	json_t *question, *answer;        /* owned; of the current row with walk = true; NULL: none */
	json_t *doors;                    /* owned; the doors that the current row asked, as of explain --json; NULL: none */
};

/* Adds an objection to the current row. */
void spec_object(struct spec_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Objects to each key of the table at idx that is not among `words` (ended by NULL): a test that is never made. False:
 * there was one. [-0, +0]
 */
bool spec_keys(struct lua_State *L, int idx, struct spec_run *r, const char *const *words, const char *what);
/* Pushes a member without metamethods. Returns its type. [-0, +1] */
int spec_member(struct lua_State *L, int idx, const char *key);
/* Keeps the entry as one of the doors of the row. e may be NULL. */
void spec_keep(struct spec_run *r, const struct record_entry *e);

/* Frees the objections, the doors and the certificate of the current row. */
void spec_drop(struct spec_run *r);

/* Runs the row on the top of the stack, and reports it. [-0, +0, may throw] */
void spec_row_run(struct lua_State *L, struct spec_run *r);
/* Asks the door of the row at idx, and compares the verdict. [-0, +0, may throw] */
void spec_door(struct lua_State *L, int idx, struct spec_run *r);
/* The time `now` of the facts at idx; the present when they have none. [-0, +0] */
double spec_now(struct lua_State *L, int idx);
/*
 * Takes the member `certificate` of the row at idx into r->certificate; now: the time of the row. False, with the
 * objection. [-0, +0]
 */
bool spec_certificate_take(struct lua_State *L, int idx, struct spec_run *r, double now);
/*
 * Verifies the certificate of the row, which is there, without a ring: by the authority that made it, or by the last
 * one of its file. Returns a new reference. NULL with the objection: the engine refuses such a certificate unasked.
 */
struct certificate *spec_certificate_verify(struct spec_run *r, enum way way);
/*
 * For a walk, in which the ring of the definition verifies: sets the signer in place of it when the row says whether
 * the certificate is verified. False, with the objection.
 */
bool spec_certificate_settle(struct spec_run *r);
/* Frees the certificate of the row. */
void spec_certificate_drop(struct spec_run *r);
/* Asks the doors of the row with walk = true at idx, and compares the answer. [-0, +0, may throw] */
void spec_walk(struct lua_State *L, int idx, struct spec_run *r);
/*
 * Makes r->question of the row at idx, whose facts are at `facts`, as a question of `ask`. False, with the objection.
 * [-0, +0, may throw]
 */
bool spec_question(struct lua_State *L, int idx, int facts, struct spec_run *r);
/*
 * Compares the verdict with the members of the table at idx, which has the member `verdict`; `of` begins each sentence
 * ("" or "install: "). false there expects that the verdict has no such member. Of another kind of verdict only the
 * kind is said. [-0, +0]
 */
void spec_expect(struct lua_State *L, int idx, struct spec_run *r, const struct verdict *v, const char *of);
/* The words that spec_expect knows; NULL ends the list. */
extern const char *const spec_expect_words[];
/* Writes the value at idx for a message. Returns out. [-0, +0] */
const char *spec_show(struct lua_State *L, int idx, char *out, size_t size);
#define SPEC_VERDICT (2 * TEXT_SIZE + PLACE_SIZE)
/* Writes the verdict with its code, text and place, for the end of a sentence. Returns out. */
const char *spec_show_verdict(const struct verdict *v, char *out, size_t size);

#endif
