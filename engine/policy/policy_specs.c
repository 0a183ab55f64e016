/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_specs.h"

#include "base/clock.h"
#include "base/luatext.h"
#include "base/near.h"
#include "policy/policy.h"
#include "policy/policy_params.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX "_spec"
#define WARNINGS_MAX 20 /* of a reload, so that they do not hide other warnings */

struct running {
	const struct policy_specs_order *order;
	double until;                     /* of clock_span; 0: no limit */
	bool over;                        /* the time is over, and said so */
	struct sources *sources;          /* owned */
	struct policy *policy;            /* owned; in a state that no connection asks */
	enum fault_level level;
	struct policy_specs_result *result;
	struct coverage *coverage;        /* NULL: not wanted */
	struct faults *faults;
	unsigned said;                    /* number of warnings */
	const struct source *source;      /* of the spec */
	char script[SCRIPT_SIZE];         /* the script under test */
	int *line;                        /* owned; the first line of each row */
	size_t lines;
	int row;                          /* from 1; 0: before the first */
	int at;                           /* the row's line; 0: not known */
	char name[TEXT_SIZE];             /* the row's; "" none */
	bool held;                        /* the row holds so far */
};

/* Adds a fault of the current row. */
static void add_objection(struct running *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add_objection(struct running *r, const char *format, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	r->held = false;
	if (r->level == FAULT_WARNING && r->said++ >= WARNINGS_MAX)
		return;
	if (r->name[0] != '\0')
		faults_add(r->faults, r->level, "row", r->source->path, r->at, "row %d \"%s\": %s", r->row, r->name, text);
	else
		faults_add(r->faults, r->level, "row", r->source->path, r->at, "row %d: %s", r->row, text);
}

static const char *const row_words[] = { "name", "door", "facts", "mock", "params", "expect", NULL };
static const char *const expect_words[] = { "verdict", "code", "text", "userid", "sysplex", "ipconn", "template", "applid", "host",
	"port", NULL };

static bool
is_word(const char *const *words, const char *key)
{
	while (*words != NULL && strcmp(*words, key) != 0)
		words++;
	return *words != NULL;
}

static void
object_to_key(struct running *r, const char *const *words, const char *what, const char *key, size_t len)
{
	const char *near = near_word(words, key);
	char shown[60];

	text_printable(shown, sizeof shown, key, len);
	if (near != NULL)
		add_objection(r, "%s has no key \"%s\"; is \"%s\" meant?", what, shown, near);
	else
		add_objection(r, "%s has no key \"%s\"", what, shown);
}

/* Objects to each unknown key, which would be a test that is never made. The table is at idx. [-0, +0] */
static bool
keys_known(lua_State *L, int idx, struct running *r, const char *const *words, const char *what)
{
	bool known = true;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING && is_word(words, lua_tostring(L, -2)))
			continue;
		known = false;
		if (lua_type(L, -2) == LUA_TSTRING)
			object_to_key(r, words, what, lua_tostring(L, -2), lua_rawlen(L, -2));
		else
			add_objection(r, "%s has no key that is a %s", what, luaL_typename(L, -2));
	}
	return known;
}

/* Pushes a member without metamethods. Returns its type. [-0, +1] */
static int
push_field(lua_State *L, int idx, const char *key)
{
	lua_pushstring(L, key);
	return lua_rawget(L, idx);
}

static void
push_text(lua_State *L, const char *text, bool there)
{
	if (there)
		lua_pushstring(L, text);
	else
		lua_pushnil(L);
}

/* Pushes the member of the verdict as a row would have it; nil when the verdict has none. [-0, +1] */
static void
push_member(lua_State *L, const struct verdict *v, const char *key)
{
	const struct { const char *key, *text; } texts[] = {
		{ "verdict", verdict_name(v->kind) }, { "code", v->code }, { "text", v->text }, { "userid", v->userid },
		{ "ipconn", v->install.ipconn }, { "template", v->install.template }, { "applid", v->install.applid },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(key, texts[i].key) == 0) {
			push_text(L, texts[i].text, texts[i].text[0] != '\0');
			return;
		}
	if (strcmp(key, "host") == 0)
		push_text(L, v->install.host, v->install.has_host);
	else if (strcmp(key, "sysplex") == 0)
		lua_pushboolean(L, v->sysplex);
	else if (v->install.has_port)
		lua_pushinteger(L, v->install.port);
	else
		lua_pushnil(L);
}

/* Writes a value for a message. */
static const char *
show_value(lua_State *L, int idx, char *out, size_t size)
{
	size_t len;
	const char *s;

	if (lua_type(L, idx) == LUA_TSTRING) {
		s = lua_tolstring(L, idx, &len);
		return text_printable(out, size, s, len);
	}
	if (lua_type(L, idx) == LUA_TNUMBER)
		snprintf(out, size, "%g", lua_tonumber(L, idx));
	else if (lua_type(L, idx) == LUA_TBOOLEAN)
		snprintf(out, size, "%s", lua_toboolean(L, idx) ? "true" : "false");
	else
		snprintf(out, size, "%s", lua_isnil(L, idx) ? "nothing" : luaL_typename(L, idx));
	return out;
}

/* Writes the verdict with its code, text and place, for the end of a sentence. */
static const char *
show_verdict(const struct verdict *v, char *out, size_t size)
{
	char text[TEXT_SIZE];

	text_printable(text, sizeof text, v->text, strlen(v->text));
	if (v->kind == VERDICT_REFUSE)
		snprintf(out, size, "refuse %s \"%s\" at %s:%d", v->code, text, v->file, v->line);
	else
		snprintf(out, size, "%s at %s:%d", verdict_name(v->kind), v->file, v->line);
	return out;
}

/*
 * Compares a member of the verdict with the wanted value on the top; false there expects that the verdict has none.
 * [-1, +0]
 */
static bool
member_fits(lua_State *L, struct running *r, const struct verdict *v, const char *key)
{
	char want[TEXT_SIZE], got[TEXT_SIZE], whole[2 * TEXT_SIZE + PLACE_SIZE];
	bool fits;

	push_member(L, v, key); /* [want got] */
	fits = lua_rawequal(L, -1, -2) || (lua_isnil(L, -1) && lua_isboolean(L, -2) && !lua_toboolean(L, -2));
	if (!fits)
		add_objection(r, "%s: expected %s, got %s (%s)", key, show_value(L, -2, want, sizeof want), show_value(L, -1, got, sizeof got),
			show_verdict(v, whole, sizeof whole));
	lua_pop(L, 2);
	return fits;
}

/* Compares the verdict with the expectation at idx. Of another kind of verdict only the kind is said. */
static void
compare_verdict(lua_State *L, int idx, struct running *r, const struct verdict *v)
{
	push_field(L, idx, "verdict");
	if (!member_fits(L, r, v, "verdict"))
		return;
	for (lua_pushnil(L); lua_next(L, idx) != 0;) /* [key want] */
		member_fits(L, r, v, lua_tostring(L, -2));
}

/*
 * Whether the refusal is a failure of the script that the row does not name by its code. A row that expects a refusal
 * must not hold by a failure.
 */
static bool
script_failed(lua_State *L, int expect, const struct verdict *v)
{
	bool meant;

	if (strcmp(v->code, "policy_error") != 0 && strcmp(v->code, "policy_limit") != 0)
		return false;
	meant = push_field(L, expect, "code") == LUA_TSTRING && strcmp(lua_tostring(L, -1), v->code) == 0;
	lua_pop(L, 1);
	return !meant;
}

/* The door that a row names and the script has; DOOR_COUNT with the objection made. The row is at idx. */
static enum door
row_door(lua_State *L, int idx, struct running *r)
{
	enum door d = push_field(L, idx, "door") == LUA_TSTRING ? door_of(lua_tostring(L, -1)) : DOOR_COUNT;
	char shown[60], doors[80];

	show_value(L, -1, shown, sizeof shown);
	lua_pop(L, 1);
	if (d == DOOR_COUNT) {
		add_objection(r, "door is %s; it must be %s", shown, door_list(doors, sizeof doors));
	} else if (!policy_has(r->policy, r->script, d)) {
		add_objection(r, "script %s has no function %s", r->script, door_name(d));
		d = DOOR_COUNT;
	}
	return d;
}

/*
 * Asks the script with the parameters at idx - 1, the mock at idx and the facts at idx + 1, and compares the verdict
 * with the expectation at idx + 2.
 */
static void
ask_door(lua_State *L, int idx, struct running *r, enum door door)
{
	char whole[2 * TEXT_SIZE + PLACE_SIZE];
	struct verdict v;
	struct fault f;
	int params;

	if (policy_judge_row(r->policy, door, idx + 1, idx, &f) < 0 || policy_params_row(r->policy, r->script, idx - 1, &params, &f) < 0) {
		add_objection(r, "%s", f.text);
		return;
	}
	policy_ask_table(r->policy, r->script, door, idx + 1, idx, params, &v);
	policy_params_drop(r->policy, params);
	if (script_failed(L, idx + 2, &v))
		add_objection(r, "the script failed: %s", show_verdict(&v, whole, sizeof whole));
	else
		compare_verdict(L, idx + 2, r, &v);
}

/* Pushes the row's mock, or an empty one: a region without ipconns and counters. [-0, +1] */
static void
push_mock(lua_State *L, int idx)
{
	if (push_field(L, idx, "mock") != LUA_TNIL)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
}

/* Checks the form of the row at idx, then asks. [-0, +0] */
static void
ask_row(lua_State *L, int idx, struct running *r)
{
	enum door door = row_door(L, idx, r);
	int top = lua_gettop(L);

	if (door < DOOR_COUNT)
		coverage_row(r->coverage, r->script, door);
	push_field(L, idx, "params");                                                      /* [params] */
	push_mock(L, idx);                                                                 /* [params mock] */
	if (push_field(L, idx, "facts") != LUA_TTABLE)                                     /* [params mock facts] */
		add_objection(r, "facts must be a table");
	else if (push_field(L, idx, "expect") != LUA_TTABLE)                               /* [params mock facts expect] */
		add_objection(r, "expect must be a table");
	else if (push_field(L, top + 4, "verdict") != LUA_TSTRING)                         /* [params mock facts expect verdict] */
		add_objection(r, "expect has no verdict");
	else if (keys_known(L, top + 4, r, expect_words, "expect") && door < DOOR_COUNT)
		ask_door(L, top + 2, r, door);
	lua_settop(L, top);
}

static void
name_row(lua_State *L, int idx, struct running *r)
{
	r->name[0] = '\0';
	if (push_field(L, idx, "name") == LUA_TSTRING)
		text_printable(r->name, sizeof r->name, lua_tostring(L, -1), lua_rawlen(L, -1));
	lua_pop(L, 1);
}

/* Sets the line of the row: its first line, or the line of its name when the list is not written out in the file. */
static void
find_row(struct running *r)
{
	r->at = r->row <= (int)r->lines ? r->line[r->row - 1] : 0;
	if (r->at == 0 && r->name[0] != '\0')
		r->at = luatext_quoted(r->source->bytes, r->source->len, r->name);
}

/* Runs the row on the top of the stack. [-0, +0] */
static void
run_row(lua_State *L, struct running *r)
{
	int idx = lua_gettop(L);

	r->held = true;
	r->name[0] = '\0';
	if (lua_istable(L, idx))
		name_row(L, idx, r);
	find_row(r);
	if (lua_istable(L, idx)) {
		keys_known(L, idx, r, row_words, "a row");
		ask_row(L, idx, r);
	} else {
		add_objection(r, "is a %s, not a table", luaL_typename(L, idx));
	}
	r->result->rows++;
	r->result->failed += !r->held;
}

/*
 * Adds a fault for each key that is not the number of a row, since such a row would not be asked. The list is at 2.
 * [-0, +0]
 */
static void
keys_counted(lua_State *L, struct running *r, lua_Integer n)
{
	char shown[60];

	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		lua_Integer i = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;

		if (i >= 1 && i <= n)
			continue;
		r->result->failed++;
		faults_add(r->faults, r->level, "row", r->source->path, 0,
			"the list of rows has a key %s, which is not asked; a list of rows has no names and no gaps",
			show_value(L, -2, shown, sizeof shown));
	}
}

/* False when the time is over: then no other row is asked. */
static bool
in_time(struct running *r)
{
	if (r->over || r->until == 0 || clock_span() < r->until)
		return !r->over;
	r->over = true;
	r->result->failed++;
	faults_add(r->faults, r->level, "row", r->source->path, 0,
		"the rows take longer than %g seconds; row %d and those after it were not asked: shorten the tables, or set region { specs = \"warn\" }",
		r->order->seconds, r->row);
	return false;
}

/* Arguments: the struct running, the list of rows. */
static int
policy_specs_rows(lua_State *L)
{
	struct running *r = lua_touserdata(L, 1);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 2);

	luaL_checkstack(L, 16, "specs");
	if (n == 0)
		faults_add(r->faults, r->level, "row", r->source->path, 0, "has no rows");
	keys_counted(L, r, n);
	for (r->row = 1; r->row <= n && in_time(r); r->row++) {
		lua_rawgeti(L, 2, r->row);
		run_row(L, r);
		lua_settop(L, 2);
	}
	return 0;
}

/* Runs the list of rows on the top of the state's stack. [-1, +0] */
static void
run_rows(struct running *r)
{
	lua_State *L = policy_lua(r->policy);

	lua_pushcfunction(L, policy_specs_rows);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, r);
	lua_insert(L, -2); /* [inside r rows] */
	if (lua_pcall(L, 2, 0, 0) == LUA_OK)
		return;
	faults_add(r->faults, r->level, "row", r->source->path, r->at, "row %d: %s", r->row,
		lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "cannot be read");
	r->result->failed++;
	lua_pop(L, 1);
}

/* Runs the spec r->source against the script of its name. */
static void
run_spec(struct running *r)
{
	struct faults found = { 0 };
	int status;

	status = policy_load(r->policy, r->script, &found);
	if (status == 0)
		status = policy_push_spec(r->policy, r->source->name, &found);
	faults_merge(r->faults, &found, r->level); /* a fault that the generation has reported is not repeated */
	if (status < 0) {
		r->result->unread++;
		coverage_unread(r->coverage, r->script);
		return;
	}
	r->lines = luatext_rows(r->source->bytes, r->source->len, &r->line);
	run_rows(r);
	free(r->line);
	r->line = NULL;
}

static bool
is_wanted(const struct running *r)
{
	const struct source *s = r->order->loaded != NULL ? sources_first(r->order->loaded) : NULL;

	while (s != NULL && (s->library || strcmp(s->name, r->script) != 0))
		s = s->next;
	return s != NULL || r->order->loaded == NULL;
}

static void
policy_specs_file(void *arg, const char *name)
{
	struct running *r = arg;
	size_t n = strlen(name), tail = strlen(SUFFIX);
	struct fault f;

	if (n <= tail || strcmp(name + n - tail, SUFFIX) != 0)
		return;
	snprintf(r->script, sizeof r->script, "%.*s", (int)(n - tail), name);
	if (r->over || !is_wanted(r))
		return;
	r->source = sources_get(r->sources, name, &f);
	if (r->source != NULL) {
		run_spec(r);
		return;
	}
	faults_add(r->faults, r->level, "file", NULL, 0, "%s", f.text);
	r->result->unread++;
}

static void
run_files(struct running *r)
{
	const struct definition *d = r->order->d;
	struct budget_limits limits = { d->region.instructions, d->region.milliseconds, (size_t)d->region.kilobytes };
	struct fault f;

	r->sources = sources_new(r->order->library_dir, d->region.policies);
	if (r->sources == NULL) {
		faults_add(r->faults, r->level, "memory", NULL, 0, "no memory to run the rows of decision tables");
		return;
	}
	r->policy = policy_new(r->sources, &limits, NULL, NULL, r->faults);
	if (r->policy != NULL && sources_scan(r->sources, policy_specs_file, r, &f) < 0)
		faults_add(r->faults, r->level, "library", NULL, 0, "%s", f.text);
	if (r->said > WARNINGS_MAX)
		faults_add(r->faults, r->level, "row", d->file, 0, "%u rows do not hold; sallyport check --specs shows all of their faults",
			r->result->failed);
}

void
policy_specs_run(const struct policy_specs_order *o, struct policy_specs_result *out, struct faults *faults)
{
	struct running r = { .order = o, .level = o->level, .result = out, .coverage = o->coverage, .faults = faults };

	*out = (struct policy_specs_result){ 0 };
	if (o->seconds > 0)
		r.until = clock_span() + o->seconds;
	run_files(&r);
	policy_free(r.policy); /* before its sources */
	sources_free(r.sources);
}
