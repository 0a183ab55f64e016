/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: a lua_State whose work and memory are counted and limited. A budget is armed around each use of the state. It
 * counts VM instructions (count hook), steps of library functions that loop in C (budget_pay), CPU time of the thread
 * (checked after each 1000 steps) and bytes (the allocator). The first limit that is exceeded stays recorded until the
 * budget is armed again; from then on the hook runs after each instruction, so a script that catches the error with
 * pcall meets it again at once.
 *
 * L is any thread of a state from budget_open; budget_pay, budget_room and budget_hit take a plain Lua too (host.so).
 */
#ifndef SALLYPORT_BUDGET_H
#define SALLYPORT_BUDGET_H

#include <stddef.h>

struct lua_State;
struct lua_Debug;

struct budget_limits {
	long instructions;
	double milliseconds; /* CPU time of the thread */
	size_t kilobytes;    /* above the bytes that the state holds when the budget is armed */
};

enum budget_hit { HIT_NONE, HIT_INSTRUCTIONS, HIT_TIME, HIT_MEMORY };

/* Makes an empty state with these limits, not armed. The caller owns it (budget_close). NULL: no memory. */
struct lua_State *budget_open(const struct budget_limits *limits);
void budget_close(struct lua_State *L);

/*
 * Arms a budget of `times` the state's limits (1 for a question, 10 for loading; 0 counts as 1), with no limit hit. L
 * is the thread that will run, and stays anchored until budget_disarm. Drop a coroutine that failed, never reset it
 * with lua_resetthread: an error raised by the hook leaves its hooks disabled, so its __close handlers would run
 * without any limit.
 */
void budget_arm(struct lua_State *L, unsigned times);
/* Spent by the parts of a call that have run, when the call is suspended in between. All zero: none has run. */
struct budget_spent {
	long steps;
	long long nanoseconds; /* of CPU time */
	size_t bytes;          /* that a part left in the state; a part that frees more than it makes counts as none */
};

/*
 * As budget_arm, with other limits (NULL: once those of the state) and `beyond` more bytes of memory; only the part
 * that is not spent is left.
 */
void budget_arm_rest(struct lua_State *L, const struct budget_limits *limits, size_t beyond, const struct budget_spent *spent);
/* Adds to *s the cost of the armed budget so far. To be called before budget_disarm. */
void budget_spend(struct lua_State *L, struct budget_spent *s);
/* Ends the budget: removes the hook, allocation is unlimited. Returns the first limit that was hit since arming. */
enum budget_hit budget_disarm(struct lua_State *L);
/* The first limit that was hit since arming; HIT_NONE in a plain Lua. */
enum budget_hit budget_hit(struct lua_State *L);
/*
 * Writes the limit that was hit into out, for messages: "1000000 instructions", "50 ms of CPU time", "4096 KiB".
 * Returns out.
 */
const char *budget_hit_text(struct lua_State *L, char *out, size_t size);

/*
 * Charges n steps of a C loop. Call it before the work, at most some thousand steps apart. Raises a Lua error ("limit:
 * ...") when the budget is spent. No effect in a plain Lua. [-0, +0, may throw]
 */
void budget_pay(struct lua_State *L, size_t n);
/*
 * Makes n more bytes fit under the limit, with a collection when garbage takes the room: for library functions that
 * allocate without Lua's second try. No effect in a plain Lua. [-0, +0, may throw]
 */
void budget_room(struct lua_State *L, size_t n);

/*
 * Calls line() for each line that the state begins to run under an armed budget. ar is that of the event, for
 * lua_getinfo; line() raises no error. NULL, the value at the start: for none.
 */
void budget_observe(struct lua_State *L, void (*line)(void *arg, struct lua_State *L, struct lua_Debug *ar), void *arg);

/*
 * For measurements: budget_mark begins a count under an armed budget, of each instruction (exactly, which is slow) and
 * of bytes. budget_used returns the steps since then, and in *bytes the most bytes that the state held above those at
 * the mark.
 */
void budget_mark(struct lua_State *L);
long budget_used(struct lua_State *L, size_t *bytes);

/* Bytes that the state holds now. */
size_t budget_bytes(struct lua_State *L);
/*
 * Fault injection for tests: the nth growing allocation from now and each one after it fails until budget_disarm; 0:
 * none fails.
 */
void budget_fail_at(struct lua_State *L, unsigned long n);

#endif
