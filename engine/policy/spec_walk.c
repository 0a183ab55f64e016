/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_walk: a row with walk = true: one connection through all doors of a definition. The walk is that of `ask`; this
 * file makes its question of the facts of the row (spec_question.c), and compares its answer.
 */
#include "policy/spec_internal.h"

#include <lauxlib.h>
#include <lua.h>

#include <string.h>

static const char *const walk_words[] = { "name", "walk", "facts", "certificate", "expect", NULL };
static const char *const outcome_words[] = { "verdict", "code", "ipconn", "doors",
#define X(id, word, ...) word,
	DOORS(X)
#undef X
	NULL };

static const char *
text(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* --- the answer ------------------------------------------------------------------------------- */

static void
copy(char *out, size_t size, const char *value)
{
	snprintf(out, size, "%s", value != NULL ? value : "");
}

/* The verdict of a door as its entry has it. */
static struct verdict
verdict_of(const json_t *entry)
{
	const json_t *granted = json_object_get(entry, "granted"), *port = json_object_get(granted, "port");
	const char *kind = text(entry, "verdict");
	struct verdict v = { .kind = VERDICT_REFUSE, .line = (int)json_integer_value(json_object_get(entry, "line")) };

	for (int k = 0; kind != NULL && k <= VERDICT_PASS; k++)
		if (strcmp(kind, verdict_name((enum verdict_kind)k)) == 0)
			v.kind = (enum verdict_kind)k;
	copy(v.code, sizeof v.code, text(entry, "code"));
	copy(v.text, sizeof v.text, text(entry, "text"));
	copy(v.file, sizeof v.file, text(entry, "file"));
	copy(v.userid, sizeof v.userid, text(granted, "userid"));
	v.sysplex = json_is_true(json_object_get(granted, "sysplex"));
	copy(v.install.ipconn, sizeof v.install.ipconn, text(granted, "ipconn"));
	copy(v.install.template, sizeof v.install.template, text(granted, "template"));
	copy(v.install.applid, sizeof v.install.applid, text(granted, "applid"));
	v.install.has_host = text(granted, "host") != NULL;
	copy(v.install.host, sizeof v.install.host, text(granted, "host"));
	v.install.has_port = port != NULL;
	v.install.port = (int)json_integer_value(port);
	return v;
}

/* The last answer of that door; NULL: it was not asked. */
static const json_t *
find_door(const json_t *doors, const char *door)
{
	for (size_t i = json_array_size(doors); i > 0; i--)
		if (strcmp(text(json_array_get(doors, i - 1), "door"), door) == 0)
			return json_array_get(doors, i - 1);
	return NULL;
}

/* The code of the refusal; NULL: none. That of a request is in its own entry. */
static const char *
code_of(const json_t *row)
{
	const json_t *requests = json_object_get(row, "requests");
	size_t n = json_array_size(requests);
	const char *code = text(row, "code");

	return code == NULL && n > 0 ? text(json_array_get(requests, n - 1), "code") : code;
}

/* --- the expectation -------------------------------------------------------------------------- */

/* Compares a door with the expectation on the top: a table, or false when it must not be asked. [-0, +0] */
static void
expect_door(lua_State *L, struct spec_run *r, const char *door)
{
	const json_t *entry = find_door(r->doors, door);
	int idx = lua_gettop(L);
	char of[40];
	struct verdict v;

	snprintf(of, sizeof of, "%s: ", door);
	if (lua_isboolean(L, idx) && !lua_toboolean(L, idx)) {
		if (entry != NULL)
			spec_object(r, "%sexpected not to be asked, and was asked", of);
	} else if (!lua_istable(L, idx) || !spec_keys(L, idx, r, spec_expect_words, door)) {
		spec_object(r, "%sexpect has a table with the verdict, or false for a door that is not asked", of);
	} else if (spec_member(L, idx, "verdict") != LUA_TSTRING) {
		spec_object(r, "%sexpect has no verdict", of);
	} else if (entry == NULL) {
		spec_object(r, "%sexpected to be asked, and was not", of);
	} else {
		v = verdict_of(entry);
		spec_expect(L, idx, r, &v, of);
	}
	lua_settop(L, idx);
}

/* Compares an outcome with the expectation on the top, which is "accept", a name, or false for none. [-0, +0] */
static void
expect_text(lua_State *L, struct spec_run *r, const char *key, const char *got)
{
	char want[TEXT_SIZE];
	bool none = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
	bool fits = none ? got == NULL : lua_type(L, -1) == LUA_TSTRING && got != NULL && strcmp(lua_tostring(L, -1), got) == 0;

	if (!fits)
		spec_object(r, "%s: expected %s, got %s", key, spec_show(L, -1, want, sizeof want), got != NULL ? got : "nothing");
}

/* Writes the doors of the answer, "admit, install". */
static void
list_doors(const json_t *doors, char *out, size_t size)
{
	const json_t *entry;
	size_t i, at = 0;

	out[0] = '\0';
	json_array_foreach(doors, i, entry)
		if (door_of(text(entry, "door")) < DOOR_COUNT && at < size)
			at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? ", " : "", text(entry, "door"));
}

/* Compares the doors in their order with the list on the top. [-0, +0] */
static void
expect_doors(lua_State *L, struct spec_run *r)
{
	char want[300] = "", got[300];
	size_t at = 0;
	int idx = lua_gettop(L);

	for (lua_Integer i = 1; lua_istable(L, idx) && i <= (lua_Integer)lua_rawlen(L, idx) && at < sizeof want; i++) {
		at += (size_t)snprintf(want + at, sizeof want - at, "%s%s", i > 1 ? ", " : "",
			lua_rawgeti(L, idx, i) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
		lua_pop(L, 1);
	}
	list_doors(r->doors, got, sizeof got);
	if (!lua_istable(L, idx))
		spec_object(r, "doors: expect has a list of the doors in their order");
	else if (strcmp(want, got) != 0)
		spec_object(r, "doors: expected %s, got %s", want, got);
}

/* Compares the answer with the table at idx. */
static void
expect_answer(lua_State *L, int idx, struct spec_run *r, const json_t *row)
{
	bool accepted = json_is_true(json_object_get(row, "accepted"));

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) { /* [key want] */
		const char *key = lua_tostring(L, -2);

		if (strcmp(key, "verdict") == 0)
			expect_text(L, r, key, accepted ? "accept" : "refuse");
		else if (strcmp(key, "code") == 0)
			expect_text(L, r, key, accepted ? NULL : code_of(row));
		else if (strcmp(key, "ipconn") == 0)
			expect_text(L, r, key, text(row, "ipconn"));
		else if (strcmp(key, "doors") == 0)
			expect_doors(L, r);
		else
			expect_door(L, r, key);
	}
}

/* --- the walk --------------------------------------------------------------------------------- */

/* Keeps the doors of the answer, and of its request. */
static void
keep_doors(struct spec_run *r, const json_t *row)
{
	r->doors = json_array();
	json_array_extend(r->doors, json_object_get(row, "doors"));
	json_array_extend(r->doors, json_object_get(row, "requests"));
}

/* The region that is asked; NULL with the objection. Its scripts are covered like those of the rows. */
static const struct policy_specs_walk *
find_region(struct spec_run *r)
{
	const struct policy_specs_walk *w = r->order->walk;
	struct policy *p;
	struct fault f;

	if (w == NULL) {
		spec_object(r, "a row with walk = true needs the definition of a region: name it by --region FILE");
		return NULL;
	}
	p = w->begin(w->arg, &f);
	if (p == NULL) {
		spec_object(r, "the walk has no region: %s", f.text);
		return NULL;
	}
	if (r->order->cover != NULL)
		policy_watch(p, r->order->cover);
	return w;
}

/* Asks, and compares the answer with the table at idx. */
static void
ask(lua_State *L, int idx, struct spec_run *r)
{
	const struct policy_specs_walk *w = find_region(r);
	struct fault f = { "" };

	if (w == NULL)
		return;
	json_decref(r->answer);
	r->answer = w->ask(w->arg, r->question, &f);
	if (r->answer == NULL) {
		spec_object(r, "%s", f.text);
		return;
	}
	keep_doors(r, r->answer);
	expect_answer(L, idx, r, r->answer);
}

void
spec_walk(struct lua_State *L, int idx, struct spec_run *r)
{
	int top = lua_gettop(L);

	if (spec_member(L, idx, "walk") != LUA_TBOOLEAN || !lua_toboolean(L, -1))
		spec_object(r, "walk must be true");
	else if (!spec_keys(L, idx, r, walk_words, "a row with walk = true"))
		lua_settop(L, top);
	else if (spec_member(L, idx, "facts") != LUA_TTABLE)                    /* [walk facts] */
		spec_object(r, "facts must be a table");
	else if (spec_member(L, idx, "expect") != LUA_TTABLE)                   /* [walk facts expect] */
		spec_object(r, "expect must be a table");
	else if (spec_member(L, top + 3, "verdict") != LUA_TSTRING)             /* [walk facts expect verdict] */
		spec_object(r, "expect has no verdict");
	else if (spec_keys(L, top + 3, r, outcome_words, "expect") && spec_question(L, idx, top + 2, r))
		ask(L, top + 3, r);
	lua_settop(L, top);
}
