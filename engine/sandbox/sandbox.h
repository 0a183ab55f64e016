/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: one lua_State in which strangers' scripts may run: what is reachable, what is frozen, what it may cost.
 * Reachable is a list (policies/README.md), built by one constructor; everything else is not there.
 *
 * A budget is armed around each use. What is charged: VM instructions (count hook), steps of library functions that loop in C
 * (sandbox_pay), CPU time of the thread (looked at whenever 1000 more steps were charged), bytes (the allocator). The first limit
 * that is hit is remembered until the budget is armed again, and the hook is re-armed at count 1, so no pcall can live on.
 */
#ifndef SALLYPORT_SANDBOX_H
#define SALLYPORT_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;
struct sandbox;

struct sandbox_limits {
	long instructions;
	double milliseconds;
	size_t kilobytes;
};

enum sandbox_hit { HIT_NONE, HIT_INSTRUCTIONS, HIT_TIME, HIT_MEMORY };

/* A state with the frozen environment, our string/table/utf8, no `require` yet. NULL: no memory. fail_at (tests): the
 * allocation call counted from the next sandbox_arm that fails, 0 never; see sandbox_fail_at. */
struct sandbox *sandbox_new(const struct sandbox_limits *limits);
void sandbox_free(struct sandbox *s);
struct lua_State *sandbox_lua(struct sandbox *s);
/* The sandbox a state (or a coroutine of it) belongs to; NULL in a plain Lua (host.so). Does not raise. */
struct sandbox *sandbox_of(struct lua_State *L);

/* Arms a fresh budget, `times` the limits (1 for an ask, 10 for loading); nothing is hit. */
void sandbox_arm(struct sandbox *s, unsigned times);
/* The same with limits other than the sandbox's own, and `beyond` bytes on top of their kilobytes. */
void sandbox_arm_for(struct sandbox *s, const struct sandbox_limits *limits, size_t beyond);
/*
 * Puts the hook on the coroutine the armed budget is for: after lua_newthread, and again before a suspended one is resumed. It must stay
 * anchored until sandbox_disarm. A coroutine that failed is dropped, never lua_resetthread: an error raised by the hook leaves
 * it with hooks forbidden, so its __close handlers would run without any limit.
 */
void sandbox_watch(struct sandbox *s, struct lua_State *co);
/* Ends the budget: the hook is off, allocation unlimited. Returns what was hit first since arming. */
enum sandbox_hit sandbox_disarm(struct sandbox *s);
enum sandbox_hit sandbox_hit(const struct sandbox *s);
/* "1000000 instructions", "50 ms of CPU time", "4096 KiB": the limit that was hit, for messages. */
const char *sandbox_hit_text(const struct sandbox *s, char *out, size_t size);
/* Fault injection: the nth allocation from now that grows returns NULL, and every one after it until disarmed; 0 never. */
void sandbox_fail_at(struct sandbox *s, unsigned long n);
/* Bytes the state holds now. */
size_t sandbox_bytes(const struct sandbox *s);

/* Pays for n steps of a C loop; raises (a Lua error, message "limit") when the budget is gone. In a plain Lua: nothing.
 * Call it before the work, at most some thousand steps apart. [-0, +0, may throw] */
void sandbox_pay(struct lua_State *L, size_t n);

/* Replaces the table on the top of the stack by a frozen view of it: reads pass through, writes raise ("read-only"), pairs() and # work, its
 * metatable is hidden. Tables inside are frozen too when deep. [-1, +1, may throw] */
void sandbox_freeze(struct lua_State *L, bool deep);
/* True when the value at idx is a frozen view: rawset, table.insert and every writer of ours refuse it. */
bool sandbox_frozen(struct lua_State *L, int idx);
/* Replaces a frozen view at idx by the table behind it, for reading only: never let it reach a script. Else nothing. [-0, +0] */
void sandbox_read_through(struct lua_State *L, int idx);
/* Makes n more bytes fit under the limit, by a collection when garbage is in the way: for library calls that allocate past
 * Lua's own retry. [-0, +0, may throw] */
void sandbox_room(struct lua_State *L, size_t n);

/* Pushes the frozen global environment scripts are loaded with. [-0, +1] */
void sandbox_push_env(struct lua_State *L);
/* Adds one global to the environment before any script runs (require). Takes the value from the top. [-1, +0, may throw] */
void sandbox_define(struct lua_State *L, const char *name);

#endif
