/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: the scripts of one generation in one Lua state of one worker. policy_ask puts a door and facts to a script
 * and gets a verdict. Each failure of a script becomes a refusal, policy_error or policy_limit, in one function
 * (script_call_refuse).
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
#include "policy/waits.h"

struct policy;
struct log;
struct lua_State;
struct saf;
struct inputs;
struct script_cover;

/*
 * Makes a state with the library loaded, in which `require` finds the modules of src. src, world and log are borrowed
 * and must outlive the policy; world and log may be NULL. NULL, with a fault added, when there is no memory or the
 * library does not load. The caller owns the policy.
 */
struct policy *policy_new(struct sources *src, const struct budget_limits *limits, const struct host_world *world, struct log *log,
	struct faults *faults);
/*
 * Sets the saf that require "policy.saf" asks; borrowed, must outlive the policy. NULL, the value at the start: no saf.
 */
void policy_use_saf(struct policy *p, const struct saf *s);
/*
 * Notes in c, from now on, the lines and the checks that scripts run; borrowed, must outlive the policy. NULL, the
 * value at the start: nothing is noted.
 */
void policy_watch(struct policy *p, struct script_cover *c);
/* The files that scripts read while they load; they belong to the policy. */
struct inputs *policy_inputs(const struct policy *p);
/*
 * Has scripts find the files of another policy of the same generation, whose inputs are sealed; borrowed, must outlive
 * the policy. Before the first script is loaded.
 */
void policy_use_inputs(struct policy *p, struct inputs *others);
/* Frees the state and all scripts. NULL is fine. */
void policy_free(struct policy *p);

/*
 * Loads a script, and the modules that it requires, under the limits of loading; once for each name. The script must
 * return a table whose keys are names of doors or `run` and whose values are functions. 0, or -1 with faults added,
 * each with file:line.
 */
int policy_load(struct policy *p, const char *script, struct faults *faults);
/*
 * Compiles a script and does not run it: `check` treats scripts so that no definition names. 0, or -1 with faults
 * added.
 */
int policy_compile(struct policy *p, const char *script, struct faults *faults);
/*
 * Runs a NAME_spec script under the limits of loading and leaves the list that it returns on the stack of policy_lua.
 * 0, or -1 with a fault added.
 */
int policy_push_spec(struct policy *p, const char *script, struct faults *faults);
/* The same for a NAME_invariant script, which may require the library and scripts. It runs at each call. */
int policy_push_claims(struct policy *p, const char *script, struct faults *faults);
/* Whether a loaded script has a function for that door. */
bool policy_has(const struct policy *p, const char *script, enum door d);
/* Whether a loaded script has the function `run` of a program (policy_run.h). */
bool policy_runs(const struct policy *p, const char *script);
/* The file of a loaded script ("policies/lan.lua"), owned by the sources; NULL when the script is not loaded. */
const char *policy_path(const struct policy *p, const char *script);
/* The hash of a loaded script's bytes; NULL when the script is not loaded. Borrowed. */
const char *policy_hash(const struct policy *p, const char *script);
/*
 * The memory of the Lua state in bytes, as the last question left it. It is bounded: see policy_renew in
 * policy_internal.h. Each thread may ask.
 */
size_t policy_bytes(const struct policy *p);

struct asking;

/*
 * One question at a door. The caller fills in the first part and keeps the struct, and all that it borrows, alive until
 * done() was called. Without `waits` that is before policy_ask returns, so that callers may keep facts on their stack.
 */
struct ask {
	struct policy *policy;     /* borrowed */
	const char *script;        /* borrowed; NULL: the verdict without a script (door.h) */
	enum door door;
	const struct facts *facts; /* borrowed */
	struct record *record;     /* borrowed; may be NULL */
	struct record_entry *entry; /* borrowed: the entry to fill in; NULL: a new entry of the record. At done() the entry of the
	                               question; NULL: there is none, or it was freed meanwhile */
	struct answer_tape *tape;  /* borrowed: keeps the region's answers, or (replay) gives them again; may be NULL */
	bool replay;
	const void *view;          /* borrowed: for the callbacks of the world (host_world.h); NULL: the region as it is */
	bool silent;               /* a failure of the script is not logged */
	bool waits;                /* the script may be suspended; then the policy too must live until the end of the question */
	struct notes **notes;      /* borrowed: the notes of the connection, which the door makes anew; NULL: those of the facts, and it makes none */
	void (*done)(struct ask *a);
	void *arg;
	struct asking *asking;     /* set while the question is suspended (owned by the policy), else NULL */
	/* the answer */
	struct verdict verdict;
	double seconds;            /* that it took, without those in which the script waited */
};

/*
 * Asks the question and calls done() exactly once, with the verdict in a->verdict: before this returns, or from the
 * loop when the script waits (a->asking is set then), unless policy_cancel comes before. A script without the function
 * of a question: policy_error; of a notice: accept. Logs SP0022 with the traceback for policy_error and policy_limit;
 * the caller logs other verdicts.
 */
void policy_ask(struct ask *a);

/*
 * Ends a suspended question without a verdict: done() is not called, and its script does not run again. why: for the
 * record, copied. No effect on a question that is not suspended.
 */
void policy_cancel(struct ask *a, const char *why);
/* Sets how long, and how many, questions may be suspended; the value at the start: none. Copied. */
void policy_use_waits(struct policy *p, const struct wait_limits *limits);

/* The cost of the function of a door itself, without the making of its facts. */
struct policy_cost {
	bool counted;      /* set by the caller: counts instructions and bytes, which takes more time; else only the time is measured */
	long instructions; /* and steps of library loops */
	size_t bytes;      /* the most that it held at a time, garbage included */
	double nanoseconds;
};

/*
 * A row of a decision table as a question. Facts and mock are tables on the stack of the policy's own state. An empty
 * mock is a region without ipconns and counters.
 */
struct policy_row {
	const char *script;         /* borrowed */
	enum door door;
	int facts, mock;            /* their indexes */
	const struct facts *presented; /* borrowed: the certificate of the facts; NULL: the table has it, or no certificate is known */
	int params;                 /* the reference of policy_params_row, or LUA_NOREF */
	struct record_entry *entry; /* borrowed: gets the checks and the verdict; may be NULL */
	struct policy_cost *cost;   /* borrowed: gets the cost of the function; NULL: it is not measured */
	struct verdict verdict;     /* the answer */
};

/*
 * Checks the facts and the mock of a row. -1 with a sentence when a key is unknown or a value impossible (lrow.h,
 * lhost.h). The stack must have room for 8 more values.
 */
int policy_judge_row(struct policy *p, enum door d, int facts_idx, int mock_idx, struct fault *f);
/* Asks the script's function for the door and sets row->verdict. The stack must have room for 8 more values. */
void policy_ask_row(struct policy *p, struct policy_row *row);
/* The Lua state of the policy; borrowed, until the next question, which may replace it. */
struct lua_State *policy_lua(struct policy *p);

#endif
