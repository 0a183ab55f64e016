/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost: `require "sallyport.host"`: what the Lua library needs from C: verdict constructors and policy.check (C, because
 * only a C function still sees the line a tail call came from), ip sets, counters, ipconns. In the engine it is
 * preloaded and hidden from policies; build/sallyport/host.so is the same code for plain Lua (with mock).
 */
#ifndef SALLYPORT_LHOST_H
#define SALLYPORT_LHOST_H

#include "policy/answer_tape.h"
#include "policy/host_world.h"
#include "policy/record.h"
#include "policy/verdict.h"
#include "security/saf.h"

struct lua_State;

/* One per lua_State. The engine keeps it beside the state; host.so keeps it in a userdata. */
struct lhost {
	const struct host_world *world; /* borrowed; NULL: nothing installed, no counters */
	const struct saf *saf;          /* borrowed; NULL: none is named, and nobody may anything */
	struct answer_tape *tape;              /* the asking's: answers are kept there, or heard again; NULL: neither */
	bool asking;                    /* a door is being asked: only then may the region be asked about (the engine) */
	bool full;                      /* a counter was asked for that found no room; the asking says so and clears it */
	struct record_entry *entry;     /* of the question under way, for checks and effects; NULL: none */
	int mock;                       /* registry reference of a mock table, 0 or LUA_NOREF none; wins over world */
	/* Pays for n steps of a loop in C (the engine: sandbox_pay); NULL in a plain Lua. */
	void (*pay)(struct lua_State *L, size_t n);
};

/*
 * Pushes the module table. Library modules say host.library() when they are loaded: a verdict's place is the first frame
 * up the stack that is neither C nor of a chunk that said so. `h` must outlive the state. with_mock adds host.mock(table) (plain Lua only). [-0, +1, may throw]
 */
void lhost_push(struct lua_State *L, struct lhost *h, bool with_mock);
/*
 * Sets the mock from the table at idx, or clears it when idx is 0. [-0, +0, may throw]
 * { ipconns = { NETX = { attribute = value, …, servstatus = "OUTSERVICE", connstatus = "ACQUIRED", autoinstalled = true } },
 *   counters = { NETX = 7 } }: ipconns as region.lua defines them (defaults filled in; INSERVICE and RELEASED unless said),
 * counters by the last value they answered; clock = seconds, or a function that answers them, by which counters expire (absent: the machine's);
 * saf = {…}, the table that a saf's file returns. Raises an error that names the ipconn and the key.
 */
void lhost_mock(struct lua_State *L, struct lhost *h, int idx);

/* Reads the value at idx when it is a verdict our constructors made; NULL otherwise. Raw: runs no metamethod, raises nothing.
 * The verdict stays owned by Lua. */
const struct verdict *lhost_verdict(struct lua_State *L, int idx);

#endif
