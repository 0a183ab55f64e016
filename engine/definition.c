/* SPDX-License-Identifier: Apache-2.0 */
#include "definition.h"

#include "constructor.h"
#include "place.h"
#include "relation.h"
#include "sandbox.h"

#include <lauxlib.h>
#include <lua.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINITION_BYTES_MAX (1024 * 1024)
#define LOAD_TIMES 10 /* loading may cost ten times what an ask may (DESIGN 3.3) */
#define CHUNK "?"     /* what Lua's messages call the chunk; the place is put before them here */

static const struct sandbox_limits ask_limits = { .instructions = 1000000, .milliseconds = 50, .kilobytes = 4096 };

struct run {
	struct reading *r;
	const char *bytes;
	size_t len;
};

/* Pushes the environment: an empty table, so that every name that is read or assigned to passes by here. [-0, +1, may throw] */
static void
push_environment(lua_State *L, struct reading *r)
{
	lua_newtable(L);
	lua_newtable(L); /* [env meta] */
	lua_pushlightuserdata(L, r);
	lua_pushcclosure(L, constructor_find, 1);
	lua_setfield(L, -2, "__index");
	lua_pushlightuserdata(L, r);
	lua_pushcclosure(L, constructor_assigned, 1);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
}

/* Strings have no methods in a definition: it is data. */
static void
drop_string_methods(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_pushnil(L);
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

/* All that may throw happens in here, under lua_pcall. */
static int
run_inside(lua_State *L)
{
	const struct run *run = lua_touserdata(L, 1);

	drop_string_methods(L);
	if (luaL_loadbufferx(L, run->bytes, run->len, "=" CHUNK, "t") != LUA_OK)
		return lua_error(L);
	push_environment(L, run->r);
	lua_setupvalue(L, -2, 1);
	lua_call(L, 0, 0);
	return 0;
}

/* Message handler: a message without a place (a limit, a C function) gets the line that was running. */
static int
put_line(lua_State *L)
{
	const char *message = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "an error without a message";

	if (strncmp(message, CHUNK ":", 2) == 0)
		lua_pushvalue(L, 1);
	else
		lua_pushfstring(L, CHUNK ":%d: %s", reading_line(L), message);
	return 1;
}

static void
complain_of_lua(struct reading *r, const char *message, const char *limit)
{
	char printed[300];
	int line = 0, at = 0;

	if (message == NULL || sscanf(message, CHUNK ":%d: %n", &line, &at) < 1)
		at = 0;
	if (message != NULL)
		text_printable(printed, sizeof printed, message + at, strlen(message + at));
	if (limit != NULL)
		reading_complain(r, line, "the definition was stopped at its limit of %s", limit);
	else
		reading_complain(r, line, "%s", message != NULL ? printed : "out of memory");
}

/* False: Lua stopped before the end of the text. */
static bool
run_definition(struct reading *r, const char *bytes, size_t len)
{
	struct sandbox *s = sandbox_new(&ask_limits);
	struct run run = { .r = r, .bytes = bytes, .len = len };
	enum sandbox_hit hit;
	char limit[64];
	lua_State *L;
	int status;

	if (s == NULL) {
		reading_complain(r, 0, "out of memory");
		return false;
	}
	L = sandbox_lua(s);
	lua_settop(L, 0);
	lua_pushcfunction(L, put_line);
	lua_pushcfunction(L, run_inside);
	lua_pushlightuserdata(L, &run); /* [handler run_inside run] */
	sandbox_arm(s, LOAD_TIMES);
	status = lua_pcall(L, 1, 0, 1);
	hit = sandbox_disarm(s);
	if (status != LUA_OK || hit != HIT_NONE)
		complain_of_lua(r, status == LUA_OK ? NULL : lua_tostring(L, -1),
			hit == HIT_NONE ? NULL : sandbox_hit_text(s, limit, sizeof limit));
	sandbox_free(s);
	return status == LUA_OK && hit == HIT_NONE;
}

/* --- what can only be said when all was read --- */

static void
check_pending(struct reading *r)
{
	for (size_t i = 0; i < r->npending; i++) {
		const struct pending *p = &r->pending[i];

		if (!p->done)
			reading_complain(r, p->line, "%s \"%s\" has no table; write %s \"%s\" { ... }", p->word, p->name, p->word, p->name);
	}
}

static void
fill_in(struct definition *d)
{
	if (*d->region.control == '\0')
		snprintf(d->region.control, sizeof d->region.control, "run/%s.sock", d->region.applid);
	for (size_t i = 0; i < d->nipconns; i++)
		if (*d->ipconn[i].networkid == '\0')
			memcpy(d->ipconn[i].networkid, d->region.networkid, sizeof d->ipconn[i].networkid);
}

static int
by_line(const void *a, const void *b)
{
	const struct fault_entry *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->text != NULL ? x->text : "", y->text != NULL ? y->text : "");
}

/* When Lua stopped in the middle the parts are judged no further: half of them would only seem to be missing. */
static void
judge(struct reading *r)
{
	check_pending(r);
	if (r->d->region.line == 0)
		reading_complain(r, 1, "there is no region { applid = \"...\", networkid = \"...\" }");
	fill_in(r->d);
	relation_check(r->d, &r->places, r->region_sound, r->faults);
}

/* False: Lua stopped before the end. */
static bool
read_all(struct reading *r, const char *bytes, size_t len)
{
	bool whole;

	places_read(&r->places, bytes, len);
	whole = run_definition(r, bytes, len);
	if (whole)
		judge(r);
	if (r->faults->n > r->before)
		qsort(r->faults->entry + r->before, r->faults->n - r->before, sizeof *r->faults->entry, by_line);
	places_free(&r->places);
	return whole;
}

/* A draft is handed out in spite of faults, as long as it is whole. */
static struct definition *
read_bytes(const char *file, const char *bytes, size_t len, bool draft, struct faults *faults)
{
	struct reading r = { .d = calloc(1, sizeof *r.d), .faults = faults, .before = faults->n };
	size_t errors = faults->errors;
	bool whole;

	if (r.d == NULL || strlen(file) >= sizeof r.d->file || len > DEFINITION_BYTES_MAX) {
		faults_add(faults, FAULT_ERROR, file, 0, r.d == NULL ? "out of memory" : len > DEFINITION_BYTES_MAX
			? "the definition is larger than 1 MiB" : "the file's name is longer than 255 bytes");
		free(r.d);
		return NULL;
	}
	memcpy(r.d->file, file, strlen(file) + 1);
	whole = read_all(&r, bytes, len);
	free(r.pending);
	if (whole && (draft || faults->errors == errors))
		return r.d;
	definition_free(r.d);
	return NULL;
}

struct definition *
definition_read(const char *file, const char *bytes, size_t len, struct faults *faults)
{
	return read_bytes(file, bytes, len, false, faults);
}

/* The whole file, at most one byte more than is allowed; NULL with errno. */
static char *
slurp(const char *file, size_t *len)
{
	char *bytes = malloc(DEFINITION_BYTES_MAX + 1);
	FILE *in = bytes != NULL ? fopen(file, "re") : NULL;
	int failed;

	if (in == NULL) {
		free(bytes);
		return NULL;
	}
	*len = fread(bytes, 1, DEFINITION_BYTES_MAX + 1, in);
	failed = ferror(in) ? errno : 0;
	fclose(in);
	if (failed == 0)
		return bytes;
	free(bytes);
	errno = failed;
	return NULL;
}

static struct definition *
read_file(const char *file, bool draft, struct faults *faults)
{
	struct definition *d;
	size_t len;
	char *bytes = slurp(file, &len);

	if (bytes == NULL) {
		faults_add(faults, FAULT_ERROR, file, 0, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	d = read_bytes(file, bytes, len, draft, faults);
	free(bytes);
	return d;
}

struct definition *
definition_load(const char *file, struct faults *faults)
{
	return read_file(file, false, faults);
}

struct definition *
definition_draft(const char *file, struct faults *faults)
{
	return read_file(file, true, faults);
}
