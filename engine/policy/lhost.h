/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost: `require "sallyport.host"`: the C functions of the Lua library: constructors of verdicts and policy.check (in
 * C, since only a C function still sees the line of a tail call), ip sets, counters, rates, ipconns, the saf. In the
 * engine the module is preloaded and hidden from scripts; build/sallyport/host.so is the same code for plain Lua,
 * with a mock.
 */
#ifndef SALLYPORT_LHOST_H
#define SALLYPORT_LHOST_H

#include "policy/answer_tape.h"
#include "policy/host_world.h"
#include "policy/record.h"
#include "policy/verdict.h"
#include "security/saf.h"

struct lua_State;
struct inputs;
struct notes;
struct script_cover;
struct wait_call;

/*
 * The parts of a question that the functions of the module use while its script runs. All borrowed; all zero: no
 * question.
 */
struct lhost_asking {
	struct answer_tape *tape;   /* keeps answers or plays them; NULL: neither */
	struct notes **notes;       /* the notes of the connection, which policy.note adds to; NULL: the function makes none */
	enum door door;             /* for notes */
	struct record_entry *entry; /* for checks and effects; NULL: none */
	struct record_entry *const *request; /* of a program: the entry of its request, which gets the calls that waited; NULL, or
	                                        of value NULL: none */
	const void *view;           /* for the callbacks of the world; NULL: the region as it is */
	bool waits;                 /* a call that waits suspends the script; false: it has the answers of the tape only */
	struct wait_call *wait;     /* set by such a call before it suspends the script; the script's stack owns it */
	const char *down;           /* set by a call before it ends the script by the refusal service_down: its text, owned likewise */
	struct waited *answer;      /* when the script goes on: the answer of its call */
};

/* The entry that gets the calls that wait: of the request, or of the question. NULL: none. */
static inline struct record_entry *
lhost_noted(const struct lhost_asking *a)
{
	return a->request != NULL ? *a->request : a->entry;
}

/* One for each Lua state. The engine keeps it in the policy; host.so keeps it in a userdata. */
struct lhost {
	const struct host_world *world; /* borrowed; NULL: no ipconns, no counters and no rates */
	struct inputs *inputs;          /* borrowed: the files that scripts read while they load */
	const char *data_dir;           /* borrowed: the directory of scripts and data; NULL in plain Lua, which goes by package.path */
	const struct saf *saf;          /* borrowed; NULL: none is named, and nothing is permitted */
	const char *hosts;              /* borrowed: the words "HOST:PORT" that policy.http may ask; NULL: none */
	bool asking;                    /* in the engine: a function is under way: scripts may ask about the region, and read no files */
	struct lhost_asking now;        /* of that function, which script_call sets for each part of it that runs; else all zero */
	const char *full;               /* why a counter or rate found no room, static; script_call logs it and sets NULL; NULL: no such case */
	struct script_cover *cover;     /* borrowed: gets the values of checks; NULL: none does */
	int mock;                       /* registry reference of a mock, which replaces world; 0 or LUA_NOREF: none */
	/* Charges n steps of a loop in C to the script (budget_pay); NULL in plain Lua. */
	void (*pay)(struct lua_State *L, size_t n);
};

/*
 * Pushes the module table. A module of the library calls host.library() when it is loaded: the place of a verdict is
 * the first frame up the stack that is neither a C function nor of such a module. `h` must outlive the state. with_mock
 * adds host.mock, host.facts and host.params, for plain Lua. [-0, +1, may throw]
 */
void lhost_push(struct lua_State *L, struct lhost *h, bool with_mock);
/*
 * Sets the mock from the table at idx, or clears it when idx is 0. Raises an error that names the ipconn and the key.
 * [-0, +0, may throw]
 *
 * The table: ipconns = { NETX = { attribute = value, servstatus = "OUTSERVICE", connstatus = "ACQUIRED", autoinstalled
 * = true } }, as region.lua defines them, with defaults, INSERVICE and RELEASED where not given; counters = { NETX = 7
 * }, the last value of each; rates = { NETX = 2 }, the tokens left of each; clock = seconds, or a function that
 * returns them, by which counters expire and rates fill (absent: the machine's clock); saf = {...}, the table that a
 * saf's file returns.
 */
void lhost_mock(struct lua_State *L, struct lhost *h, int idx);

/*
 * The verdict at idx, when a constructor of this module made the value; else NULL. Runs no metamethod and raises no
 * error. Lua owns the verdict.
 */
const struct verdict *lhost_verdict(struct lua_State *L, int idx);

#endif
