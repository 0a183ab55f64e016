/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/budget.h"

#include "sandbox/heap.h"

#include <lauxlib.h>
#include <lua.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	WINDOW = 1000,             /* steps between two readings of the clock */
	WINDOW_BYTES = 8 << 20,    /* bytes the instructions of one window may touch, about 10 ms of work */
	GLANCE = 200000,           /* nanoseconds of wall time between two readings of the thread's clock */
	RESERVE = 64 << 10,        /* bytes above the limit after it was hit, for the error message */
	BYTES_PER_STEP = 64,       /* the price of a collection: one step for so many bytes of the state */
};

/* A refused growth. Lua collects after a refusal and calls the allocator again with the same three values. */
struct refusal {
	bool pending;
	void *ptr;
	size_t osize, nsize;
};

struct budget {
	struct heap heap;   /* the memory of the state */
	lua_State *L;       /* owned: the main thread of the state */
	lua_State *running; /* borrowed: the thread that has the hook */
	struct budget_limits limits, now; /* of the state; those armed last */
	bool armed;
	unsigned times;     /* of the budget armed last */
	enum budget_hit hit; /* the first since arming */
	long left;          /* steps */
	long granted;       /* steps, when the budget was armed */
	size_t held;        /* bytes, when the budget was armed */
	int64_t before;     /* CPU time of the parts of the call that ran earlier, nanoseconds */
	long unlooked;      /* steps charged since the clock was read */
	int64_t looked;     /* wall time of the last reading of the thread's clock, nanoseconds */
	int64_t began;      /* CPU time of the thread at the first reading, nanoseconds; 0: not read since arming */
	size_t bytes, ceiling; /* that the state holds; that it may hold */
	size_t biggest;     /* at least as large as any block in the state */
	struct refusal refusal;
	void (*line)(void *arg, lua_State *L, lua_Debug *ar); /* gets each line that begins; NULL: none does */
	void *arg;
	bool each;          /* each instruction is counted when it runs: since budget_mark */
	long marked_left;   /* at budget_mark: steps, and bytes */
	size_t marked_bytes, peak; /* peak: the most bytes since then */
	unsigned long fail_in; /* growths until the injected failure, 0: none */
	bool failing;
};

static void budget_hook(lua_State *L, lua_Debug *ar);
static void *budget_allocate(void *ud, void *ptr, size_t osize, size_t nsize);

/*
 * The allocator marks a state: a script cannot copy it, and lua_getallocf needs no stack and never raises. NULL: a
 * plain Lua.
 */
static struct budget *
budget_of(lua_State *L)
{
	void *ud;

	return lua_getallocf(L, &ud) == budget_allocate ? ud : NULL;
}

/* --- charging --------------------------------------------------------------------------------- */

/* One instruction may read, copy or compare a whole block: the hook runs more often when there are large blocks. */
static int
interval(const struct budget *b)
{
	size_t n = b->biggest == 0 ? WINDOW : WINDOW_BYTES / b->biggest;

	if (b->each)
		return 1;
	return n > WINDOW ? WINDOW : n == 0 ? 1 : (int)n;
}

/* lua_sethook only sets fields of the state, so the allocator may call it too. */
static void
set_hook(struct budget *b)
{
	lua_sethook(b->running, budget_hook, LUA_MASKCOUNT | (b->line != NULL ? LUA_MASKLINE : 0), b->hit != HIT_NONE ? 1 : interval(b));
}

static void
strike(struct budget *b, enum budget_hit what)
{
	if (b->hit != HIT_NONE || !b->armed)
		return;
	b->hit = what;
	b->ceiling = b->ceiling > SIZE_MAX - RESERVE ? SIZE_MAX : b->ceiling + RESERVE;
	set_hook(b);
}

static int64_t
nanoseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * The thread's clock costs a system call, the wall clock does not: the thread's clock is read after GLANCE of wall
 * time.
 */
static void
check_time(struct budget *b)
{
	int64_t wall = nanoseconds(CLOCK_MONOTONIC), now;

	b->unlooked = 0;
	if (b->began != 0 && wall - b->looked < GLANCE)
		return;
	b->looked = wall;
	now = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
	if (b->began == 0)
		b->began = now - b->before;
	else if ((double)(now - b->began) > b->now.milliseconds * b->times * 1e6)
		strike(b, HIT_TIME);
}

/* Raises no error: the allocator charges too. */
static void
charge(struct budget *b, size_t n)
{
	if (!b->armed)
		return;
	if (n > (size_t)b->left) {
		b->left = 0;
		strike(b, HIT_INSTRUCTIONS);
		return;
	}
	b->left -= (long)n;
	b->unlooked += (long)n;
	if (b->unlooked >= WINDOW)
		check_time(b);
}

/* A growth that was refused counts as hit until the second try succeeds. */
static enum budget_hit
hit_of(const struct budget *b)
{
	if (b->hit == HIT_NONE && b->refusal.pending)
		return HIT_MEMORY;
	return b->hit;
}

static const char *
hit_text(const struct budget *b, char *out, size_t size)
{
	unsigned times = b->times;

	switch (hit_of(b)) {
	case HIT_NONE:
		snprintf(out, size, "none");
		break;
	case HIT_INSTRUCTIONS:
		snprintf(out, size, "%ld instructions", b->now.instructions * (long)times);
		break;
	case HIT_TIME:
		snprintf(out, size, "%g ms of CPU time", b->now.milliseconds * times);
		break;
	case HIT_MEMORY:
		snprintf(out, size, "%zu KiB", b->now.kilobytes * times);
		break;
	}
	return out;
}

/* level: the stack level of the script: 0 in the hook, 1 in a library function. */
static void
raise_limit(struct budget *b, lua_State *L, int level)
{
	char text[64];

	luaL_checkstack(L, 4, NULL);
	luaL_where(L, level);
	lua_pushfstring(L, "limit: %s", hit_text(b, text, sizeof text));
	lua_concat(L, 2);
	lua_error(L);
}

static void
budget_hook(lua_State *L, lua_Debug *ar)
{
	struct budget *b = budget_of(L);
	int n = lua_gethookcount(L);

	if (ar->event == LUA_HOOKLINE) {
		b->line(b->arg, L, ar);
		return;
	}
	charge(b, (size_t)n);
	if (n < WINDOW && b->armed)
		check_time(b);
	if (hit_of(b) != HIT_NONE) {
		lua_sethook(L, budget_hook, LUA_MASKCOUNT, 1);
		raise_limit(b, L, 0);
	}
}

void
budget_pay(struct lua_State *L, size_t n)
{
	struct budget *b = budget_of(L);

	if (b == NULL)
		return;
	charge(b, n);
	if (hit_of(b) != HIT_NONE)
		raise_limit(b, L, 1);
}

static void
arm(lua_State *L, const struct budget_limits *limits, unsigned times, size_t beyond)
{
	struct budget *b = budget_of(L);
	size_t room;

	limits = limits != NULL ? limits : &b->limits;
	room = limits->kilobytes > SIZE_MAX / 1024 / times ? SIZE_MAX : limits->kilobytes * 1024 * times;
	room = room > SIZE_MAX - beyond ? SIZE_MAX : room + beyond;
	while (b->biggest > b->bytes * 2)
		b->biggest /= 2; /* no block is larger than all bytes together */
	b->running = L;
	b->armed = true;
	b->each = false;
	b->now = *limits;
	b->times = times;
	b->hit = HIT_NONE;
	b->refusal.pending = false;
	b->left = limits->instructions > LONG_MAX / (long)times ? LONG_MAX : limits->instructions * (long)times;
	b->granted = b->left;
	b->held = b->bytes;
	b->before = 0;
	b->unlooked = 0;
	b->began = 0;
	b->ceiling = room > SIZE_MAX - b->bytes ? SIZE_MAX : b->bytes + room;
	set_hook(b);
}

void
budget_arm(struct lua_State *L, unsigned times)
{
	arm(L, NULL, times != 0 ? times : 1, 0);
}

void
budget_arm_rest(struct lua_State *L, const struct budget_limits *limits, size_t beyond, const struct budget_spent *spent)
{
	struct budget *b = budget_of(L);

	arm(L, limits, 1, beyond);
	b->left = b->granted = b->left > spent->steps ? b->left - spent->steps : 0;
	b->before = spent->nanoseconds;
	if (b->ceiling != SIZE_MAX)
		b->ceiling = b->ceiling - b->bytes > spent->bytes ? b->ceiling - spent->bytes : b->bytes;
}

void
budget_spend(struct lua_State *L, struct budget_spent *s)
{
	const struct budget *b = budget_of(L);

	s->steps += b->granted - b->left;
	if (b->began != 0)
		s->nanoseconds = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - b->began;
	if (b->bytes > b->held)
		s->bytes += b->bytes - b->held;
}

enum budget_hit
budget_disarm(struct lua_State *L)
{
	struct budget *b = budget_of(L);
	enum budget_hit hit = hit_of(b);

	lua_sethook(b->running, NULL, 0, 0);
	b->running = b->L;
	b->armed = false;
	b->hit = hit;
	b->ceiling = SIZE_MAX;
	b->refusal.pending = false;
	b->fail_in = 0;
	b->failing = false;
	return hit;
}

void
budget_observe(struct lua_State *L, void (*line)(void *arg, struct lua_State *L, struct lua_Debug *ar), void *arg)
{
	struct budget *b = budget_of(L);

	b->line = line;
	b->arg = arg;
}

void
budget_mark(struct lua_State *L)
{
	struct budget *b = budget_of(L);

	b->each = true;
	b->marked_left = b->left;
	b->marked_bytes = b->peak = b->bytes;
	set_hook(b);
}

long
budget_used(struct lua_State *L, size_t *bytes)
{
	const struct budget *b = budget_of(L);

	*bytes = b->peak - b->marked_bytes;
	return b->marked_left - b->left;
}

enum budget_hit
budget_hit(struct lua_State *L)
{
	const struct budget *b = budget_of(L);

	return b != NULL ? hit_of(b) : HIT_NONE;
}

const char *
budget_hit_text(struct lua_State *L, char *out, size_t size)
{
	return hit_text(budget_of(L), out, size);
}

void
budget_fail_at(struct lua_State *L, unsigned long n)
{
	struct budget *b = budget_of(L);

	b->fail_in = n;
	b->failing = false;
}

size_t
budget_bytes(struct lua_State *L)
{
	return budget_of(L)->bytes;
}

/* --- the allocator ---------------------------------------------------------------------------- */

static bool
injected(struct budget *b)
{
	if (b->fail_in != 0 && --b->fail_in == 0)
		b->failing = true;
	return b->failing;
}

static bool
is_retry(const struct refusal *r, const void *ptr, size_t osize, size_t nsize)
{
	return r->pending && r->ptr == ptr && r->osize == osize && r->nsize == nsize;
}

/* Lua collects the whole state after a refusal: a script at the limit of its memory pays for each collection. */
static void
refuse(struct budget *b, void *ptr, size_t osize, size_t nsize, bool again)
{
	if (again)
		strike(b, HIT_MEMORY);
	b->refusal = (struct refusal){ .pending = b->armed && !again, .ptr = ptr, .osize = osize, .nsize = nsize };
	charge(b, b->bytes / BYTES_PER_STEP);
	if (b->armed)
		check_time(b);
}

static void
note_block(struct budget *b, size_t n)
{
	size_t was = b->biggest;

	if (n <= was || n < WINDOW_BYTES / WINDOW)
		return;
	if (b->biggest == 0)
		b->biggest = WINDOW_BYTES / WINDOW;
	while (b->biggest < n && b->biggest < SIZE_MAX / 2)
		b->biggest *= 2;
	if (b->armed && b->biggest != was)
		set_hook(b);
}

/* Whether the next growth needs a look: an earlier one was refused, or a test wants it to fail. */
static bool
is_odd(const struct budget *b)
{
	return b->refusal.pending || b->fail_in != 0 || b->failing;
}

static bool
has_room(const struct budget *b, size_t more)
{
	return b->bytes <= b->ceiling && more <= b->ceiling - b->bytes;
}

/* A growth that is odd or has no room: it is refused, or made all the same. */
static void *
grow_oddly(struct budget *b, void *ptr, size_t osize, size_t nsize)
{
	bool again = is_retry(&b->refusal, ptr, osize, nsize);
	void *p = NULL;

	if (b->refusal.pending && !again)
		strike(b, HIT_MEMORY); /* Lua raised an error without a second try */
	b->refusal.pending = false;
	if (!injected(b) && has_room(b, nsize - osize))
		p = heap_resize(&b->heap, ptr, osize, nsize);
	if (p == NULL)
		refuse(b, ptr, osize, nsize, again);
	return p;
}

/* lua_Alloc. For a new block osize is the type of the object, not a size. */
static void *
budget_allocate(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct budget *b = ud;
	void *p;

	if (ptr == NULL)
		osize = 0;
	if (nsize <= osize) {
		b->bytes -= osize - nsize;
		return heap_resize(&b->heap, ptr, osize, nsize);
	}
	p = !is_odd(b) && has_room(b, nsize - osize) ? heap_resize(&b->heap, ptr, osize, nsize) : NULL;
	if (p == NULL && (p = grow_oddly(b, ptr, osize, nsize)) == NULL)
		return NULL;
	b->bytes += nsize - osize;
	if (b->bytes > b->peak)
		b->peak = b->bytes;
	note_block(b, nsize);
	return p;
}

void
budget_room(struct lua_State *L, size_t n)
{
	struct budget *b = budget_of(L);

	if (b == NULL || !b->armed || (b->bytes <= b->ceiling && n <= b->ceiling - b->bytes))
		return;
	budget_pay(L, b->bytes / BYTES_PER_STEP);
	lua_gc(L, LUA_GCCOLLECT);
	if (b->bytes > b->ceiling || n > b->ceiling - b->bytes)
		strike(b, HIT_MEMORY);
	budget_pay(L, 0);
}

struct lua_State *
budget_open(const struct budget_limits *limits)
{
	struct budget *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->limits = *limits;
	b->ceiling = SIZE_MAX;
	b->L = b->running = lua_newstate(budget_allocate, b);
	if (b->L != NULL)
		return b->L;
	heap_close(&b->heap);
	free(b);
	return NULL;
}

void
budget_close(struct lua_State *L)
{
	struct budget *b = budget_of(L);

	lua_close(b->L);
	heap_close(&b->heap);
	free(b);
}
