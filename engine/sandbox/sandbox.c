/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "sandbox/lbase.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"

#include <lauxlib.h>
#include <lua.h>

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	WINDOW = 1000,             /* steps between two looks at the clock */
	WINDOW_BYTES = 8 << 20,    /* bytes the instructions of one window may touch, about 10 ms of work */
	GLANCE = 200000,           /* nanoseconds of wall time between two looks at the thread's clock */
	RESERVE = 64 << 10,        /* bytes past the limit once it was hit, so that the error can be told */
	BYTES_PER_STEP = 64,       /* what a collection of the whole state costs */
};

/* A growth that was refused and not yet tried again: Lua collects and asks once more with the same three values. */
struct refusal {
	bool pending;
	void *ptr;
	size_t osize, nsize;
};

struct sandbox {
	lua_State *L;       /* owned */
	lua_State *running; /* borrowed: where the hook belongs; L or the watched coroutine */
	struct sandbox_limits limits, now; /* its own; those armed last */
	bool armed;
	unsigned times;     /* of the budget armed last */
	enum sandbox_hit hit;
	long left;          /* steps */
	long unlooked;      /* steps charged since the clock was read */
	int64_t looked;     /* wall time of the last look */
	int64_t began;      /* CPU time of the thread at the first look, 0: not looked yet */
	size_t bytes, ceiling;
	size_t biggest;     /* at least as large as any block in the state */
	struct refusal refusal;
	unsigned long fail_in; /* growths until injected failure, 0: none */
	bool failing;
};

static const char env_key;

static void tick(lua_State *L, lua_Debug *ar);

/* -- the budget -- */

/* One instruction may walk, copy or compare a whole block, so the bigger the blocks the oftener the hook looks. */
static int
interval(const struct sandbox *s)
{
	size_t n = s->biggest == 0 ? WINDOW : WINDOW_BYTES / s->biggest;

	return n > WINDOW ? WINDOW : n == 0 ? 1 : (int)n;
}

/* lua_sethook touches plain fields only and may be called at any moment, also from the allocator. */
static void
set_hook(struct sandbox *s)
{
	lua_sethook(s->running, tick, LUA_MASKCOUNT, s->hit != HIT_NONE ? 1 : interval(s));
}

static void
strike(struct sandbox *s, enum sandbox_hit what)
{
	if (s->hit != HIT_NONE || !s->armed)
		return;
	s->hit = what;
	s->ceiling = s->ceiling > SIZE_MAX - RESERVE ? SIZE_MAX : s->ceiling + RESERVE;
	set_hook(s);
}

static int64_t
nanoseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The thread's clock costs a system call, the wall clock none; and no thread's time passes faster than the wall's. */
static void
look(struct sandbox *s)
{
	int64_t wall = nanoseconds(CLOCK_MONOTONIC), now;

	s->unlooked = 0;
	if (s->began != 0 && wall - s->looked < GLANCE)
		return;
	s->looked = wall;
	now = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
	if (s->began == 0)
		s->began = now;
	else if ((double)(now - s->began) > s->now.milliseconds * s->times * 1e6)
		strike(s, HIT_TIME);
}

/* Raises nothing: the allocator charges too. */
static void
charge(struct sandbox *s, size_t n)
{
	if (!s->armed)
		return;
	if (n > (size_t)s->left) {
		s->left = 0;
		strike(s, HIT_INSTRUCTIONS);
		return;
	}
	s->left -= (long)n;
	s->unlooked += (long)n;
	if (s->unlooked >= WINDOW)
		look(s);
}

/* level: where the script stands, seen from here: 0 in the hook, 1 in a library function. */
static void
raise_limit(struct sandbox *s, lua_State *L, int level)
{
	char text[64];

	luaL_checkstack(L, 4, NULL);
	luaL_where(L, level);
	lua_pushfstring(L, "limit: %s", sandbox_hit_text(s, text, sizeof text));
	lua_concat(L, 2);
	lua_error(L);
}

static void
tick(lua_State *L, lua_Debug *ar)
{
	struct sandbox *s = sandbox_of(L);
	int n = lua_gethookcount(L);

	(void)ar;
	charge(s, (size_t)n);
	if (n < WINDOW && s->armed)
		look(s);
	if (sandbox_hit(s) != HIT_NONE) {
		lua_sethook(L, tick, LUA_MASKCOUNT, 1);
		raise_limit(s, L, 0);
	}
}

void
sandbox_pay(struct lua_State *L, size_t n)
{
	struct sandbox *s = sandbox_of(L);

	if (s == NULL)
		return;
	charge(s, n);
	if (sandbox_hit(s) != HIT_NONE)
		raise_limit(s, L, 1);
}

static void
arm(struct sandbox *s, const struct sandbox_limits *limits, unsigned times, size_t beyond)
{
	size_t room = limits->kilobytes > SIZE_MAX / 1024 / times ? SIZE_MAX : limits->kilobytes * 1024 * times;

	room = room > SIZE_MAX - beyond ? SIZE_MAX : room + beyond;
	while (s->biggest > s->bytes * 2)
		s->biggest /= 2; /* what is left is smaller than all of it */
	s->running = s->L;
	s->armed = true;
	s->now = *limits;
	s->times = times;
	s->hit = HIT_NONE;
	s->refusal.pending = false;
	s->left = limits->instructions > LONG_MAX / (long)times ? LONG_MAX : limits->instructions * (long)times;
	s->unlooked = 0;
	s->began = 0;
	s->ceiling = room > SIZE_MAX - s->bytes ? SIZE_MAX : s->bytes + room;
	set_hook(s);
}

void
sandbox_arm(struct sandbox *s, unsigned times)
{
	arm(s, &s->limits, times != 0 ? times : 1, 0);
}

void
sandbox_arm_for(struct sandbox *s, const struct sandbox_limits *limits, size_t beyond)
{
	arm(s, limits, 1, beyond);
}

void
sandbox_watch(struct sandbox *s, struct lua_State *co)
{
	s->running = co;
	set_hook(s);
}

enum sandbox_hit
sandbox_disarm(struct sandbox *s)
{
	enum sandbox_hit hit = sandbox_hit(s);

	lua_sethook(s->running, NULL, 0, 0);
	lua_sethook(s->L, NULL, 0, 0);
	s->running = s->L;
	s->armed = false;
	s->hit = hit;
	s->ceiling = SIZE_MAX;
	s->refusal.pending = false;
	s->fail_in = 0;
	s->failing = false;
	return hit;
}

enum sandbox_hit
sandbox_hit(const struct sandbox *s)
{
	if (s->hit == HIT_NONE && s->refusal.pending)
		return HIT_MEMORY;
	return s->hit;
}

const char *
sandbox_hit_text(const struct sandbox *s, char *out, size_t size)
{
	unsigned times = s->times;

	switch (sandbox_hit(s)) {
	case HIT_NONE:
		snprintf(out, size, "none");
		break;
	case HIT_INSTRUCTIONS:
		snprintf(out, size, "%ld instructions", s->now.instructions * (long)times);
		break;
	case HIT_TIME:
		snprintf(out, size, "%g ms of CPU time", s->now.milliseconds * times);
		break;
	case HIT_MEMORY:
		snprintf(out, size, "%zu KiB", s->now.kilobytes * times);
		break;
	}
	return out;
}

void
sandbox_fail_at(struct sandbox *s, unsigned long n)
{
	s->fail_in = n;
	s->failing = false;
}

size_t
sandbox_bytes(const struct sandbox *s)
{
	return s->bytes;
}

/* -- the allocator -- */

static bool
injected(struct sandbox *s)
{
	if (s->fail_in != 0 && --s->fail_in == 0)
		s->failing = true;
	return s->failing;
}

static bool
is_retry(const struct refusal *r, const void *ptr, size_t osize, size_t nsize)
{
	return r->pending && r->ptr == ptr && r->osize == osize && r->nsize == nsize;
}

/* After a refusal Lua collects the whole state: whoever lives at the edge of the limit pays for each of these. */
static void
refuse(struct sandbox *s, void *ptr, size_t osize, size_t nsize, bool again)
{
	if (again)
		strike(s, HIT_MEMORY);
	s->refusal = (struct refusal){ .pending = s->armed && !again, .ptr = ptr, .osize = osize, .nsize = nsize };
	charge(s, s->bytes / BYTES_PER_STEP);
	if (s->armed)
		look(s);
}

static void
note_block(struct sandbox *s, size_t n)
{
	size_t was = s->biggest;

	if (n <= was || n < WINDOW_BYTES / WINDOW)
		return;
	if (s->biggest == 0)
		s->biggest = WINDOW_BYTES / WINDOW;
	while (s->biggest < n && s->biggest < SIZE_MAX / 2)
		s->biggest *= 2;
	if (s->armed && s->biggest != was)
		set_hook(s);
}

static void *
grow(struct sandbox *s, void *ptr, size_t osize, size_t nsize)
{
	size_t more = nsize - osize;
	bool again = is_retry(&s->refusal, ptr, osize, nsize);
	void *p = NULL;

	if (s->refusal.pending && !again)
		strike(s, HIT_MEMORY); /* Lua could not collect and raised at once */
	s->refusal.pending = false;
	if (!injected(s) && s->bytes <= s->ceiling && more <= s->ceiling - s->bytes)
		p = realloc(ptr, nsize);
	if (p == NULL) {
		refuse(s, ptr, osize, nsize, again);
		return NULL;
	}
	s->bytes += more;
	note_block(s, nsize);
	return p;
}

/* For a new block Lua passes the kind of object where the old size stands. */
static void *
allocate(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct sandbox *s = ud;
	void *p;

	if (ptr == NULL)
		osize = 0;
	if (nsize > osize)
		return grow(s, ptr, osize, nsize);
	s->bytes -= osize - nsize;
	if (nsize == 0) {
		free(ptr);
		return NULL;
	}
	p = realloc(ptr, nsize);
	return p != NULL ? p : ptr;
}

void
sandbox_room(struct lua_State *L, size_t n)
{
	struct sandbox *s = sandbox_of(L);

	if (s == NULL || !s->armed || (s->bytes <= s->ceiling && n <= s->ceiling - s->bytes))
		return;
	sandbox_pay(L, s->bytes / BYTES_PER_STEP);
	lua_gc(L, LUA_GCCOLLECT);
	if (s->bytes > s->ceiling || n > s->ceiling - s->bytes)
		strike(s, HIT_MEMORY);
	sandbox_pay(L, 0);
}

/* -- the environment -- */

void
sandbox_push_env(struct lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key);
}

void
sandbox_define(struct lua_State *L, const char *name)
{
	sandbox_push_env(L);
	sandbox_read_through(L, -1);
	lua_insert(L, -2);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

static int
env_newindex(lua_State *L)
{
	return luaL_error(L, "assignment to global '%s': policies keep no globals; use local", luaL_tolstring(L, 2, NULL));
}

static int
build(lua_State *L)
{
	lbase_push(L);
	lstrict_library(L, "", 0);
	lfrozen_push(L, env_newindex);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); /* a chunk loaded without an environment gets the frozen one */
	return 0;
}

struct sandbox *
sandbox_new(const struct sandbox_limits *limits)
{
	struct sandbox *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->limits = *limits;
	s->ceiling = SIZE_MAX;
	s->L = s->running = lua_newstate(allocate, s);
	if (s->L == NULL) {
		free(s);
		return NULL;
	}
	lua_pushcfunction(s->L, build);
	if (lua_pcall(s->L, 0, 0, 0) != LUA_OK) {
		sandbox_free(s);
		return NULL;
	}
	lua_gc(s->L, LUA_GCINC, 0, 0, 0);
	return s;
}

void
sandbox_free(struct sandbox *s)
{
	if (s == NULL)
		return;
	lua_close(s->L);
	free(s);
}

struct lua_State *
sandbox_lua(struct sandbox *s)
{
	return s->L;
}

/* The allocator is the one mark of a state that cannot be copied, costs no stack and never raises. */
struct sandbox *
sandbox_of(struct lua_State *L)
{
	void *ud;

	return lua_getallocf(L, &ud) == allocate ? ud : NULL;
}
