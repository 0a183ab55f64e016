/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: the scripts of one generation in one lua_State of one worker, and the asking: door and facts in, verdict out.
 * One function here maps every way a script can fail to a refusal: policy_error or policy_limit.
 */
#ifndef SALLYPORT_POLICY_H
#define SALLYPORT_POLICY_H

#include "policy/door.h"
#include "policy/facts.h"
#include "policy/host_world.h"
#include "policy/record.h"
#include "sandbox/sandbox.h"
#include "sandbox/sources.h"
#include "policy/answer_tape.h"
#include "policy/verdict.h"

struct policy;
struct log;
struct lua_State;
struct saf;

/* A state with the library loaded and `require` bound to src. src, world and log (may be NULL) are borrowed and outlive it. NULL with a
 * fault added when the library itself does not load. */
struct policy *policy_new(struct sources *src, const struct sandbox_limits *limits, const struct host_world *world, struct log *log,
	struct faults *faults);
/* What require "policy.saf" asks from now on; borrowed, must outlive the policy; NULL, as it begins: no saf. */
void policy_use_saf(struct policy *p, const struct saf *s);
void policy_free(struct policy *p);

/* Loads a script (and what it requires) under load limits; once per name. 0, or -1 with faults added, each with file:line. It
 * must return a table whose keys are door names, or `run`, and whose values are functions. */
int policy_load(struct policy *p, const char *script, struct faults *faults);
/* Compiles a script without running it: what `check` does with scripts nobody names. 0, or -1 with faults added. */
int policy_compile(struct policy *p, const char *script, struct faults *faults);
/* Runs a NAME_spec script under load limits and leaves the list it returns on the stack of policy_lua. 0, or -1 with a fault added. */
int policy_push_spec(struct policy *p, const char *script, struct faults *faults);
/* Whether a loaded script has a function for that door. */
bool policy_has(const struct policy *p, const char *script, enum door d);
/* Whether it has the function `run` of a program (run.h). */
bool policy_runs(const struct policy *p, const char *script);
/* The file of a loaded script ("policies/lan.lua"). */
const char *policy_path(const struct policy *p, const char *script);
size_t policy_bytes(const struct policy *p); /* memory of its state, bounded: see policy_renew in policy_internal.h */

/*
 * One asking. The caller fills the first part and keeps the struct alive until done() was called. done() may be called
 * before policy_ask returns (it is, as long as nothing suspends).
 */
struct ask {
	struct policy *policy;     /* borrowed */
	const char *script;        /* NULL: no script named: admit and bind accept, certify accepts chain.ok (code "chain"), install
	                              refuses "urm_no" */
	enum door door;
	const struct facts *facts; /* borrowed */
	struct record *record;     /* borrowed; may be NULL */
	struct record_entry *entry; /* borrowed: where it is noted in place of the record; NULL: there */
	struct answer_tape *tape;         /* borrowed: where answers of counters are kept, or (replay) heard again; may be NULL */
	bool replay;
	void (*done)(struct ask *a);
	void *arg;
	/* the answer */
	struct verdict verdict;
};

/* Asks. Always ends in exactly one done(). A script that has no function for the door: policy_error, except `delete` (accept).
 * Prints SP0022 with the traceback for policy_error and policy_limit; other verdicts are the caller's to print. */
void policy_ask(struct ask *a);

/* For rows of decision tables, facts and mock being tables on the stack of the policy's own state, which must have room for 8 more. policy_judge_row: -1 with a
 * sentence when a key is unknown, or a value cannot be (lrow.h, lhost.h). policy_ask_table asks with them, and sets *out; an empty mock is a region where
 * nothing is installed and no counter was asked. */
int policy_judge_row(struct policy *p, enum door d, int facts_idx, int mock_idx, struct fault *f);
void policy_ask_table(struct policy *p, const char *script, enum door d, int facts_idx, int mock_idx, struct verdict *out);
struct lua_State *policy_lua(struct policy *p);

#endif
