/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_params.h"

#include "policy/lparams.h"
#include "policy/policy_internal.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdlib.h>
#include <string.h>

struct bound { /* the parameters of an attribute */
	struct bound *next;
	const char *script; /* the text of the attribute; borrowed, and compared by address */
	const char *text;   /* borrowed */
	int ref;            /* of the table; LUA_NOREF: the script did not load again */
};

struct making {
	const struct script *script;
	const char *text; /* NULL: the table at 2 of the function that makes the values, or nil */
	int ref;
};

/* Arguments: the making; the given table or nil. The text is a table of Lua without calls and names. */
static int
policy_params_make(lua_State *L)
{
	struct making *m = lua_touserdata(L, 1);

	lua_settop(L, 2);
	luaL_checkstack(L, 8, "params");
	if (m->text != NULL) {
		lua_pushfstring(L, "return %s", m->text);
		if (luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), "=params", "t") != LUA_OK)
			return lua_error(L);
		lua_call(L, 0, 1);
		lua_replace(L, 2);
	}
	if (m->script->params != LUA_NOREF)
		lua_rawgeti(L, LUA_REGISTRYINDEX, m->script->params);
	else
		lua_pushnil(L);
	lparams_push(L, lua_gettop(L), 2);
	m->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

/* Makes the table; the given one is the value on the top, which stays. -1 with a sentence. [-0, +0] */
static int
make(struct policy *p, struct making *m, struct fault *f)
{
	lua_State *L = p->L;
	int status;

	if (!lua_checkstack(L, 3))
		return fault_set(f, "out of memory");
	budget_arm(L, LOAD_TIMES);
	lua_pushcfunction(L, policy_params_make);
	lua_pushlightuserdata(L, m);
	lua_pushvalue(L, -3);
	status = lua_pcall(L, 2, 0, 0);
	if (budget_disarm(L) != HIT_NONE && status != LUA_OK)
		fault_set(f, "its parameters exceed the limits of loading");
	else if (status != LUA_OK)
		fault_set(f, "%s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "out of memory");
	if (status != LUA_OK)
		lua_pop(L, 1);
	return status == LUA_OK ? 0 : -1;
}

/* Makes the table of a text; NULL: of the defaults. */
static int
make_of_text(struct policy *p, struct making *m, struct fault *f)
{
	int rc;

	if (!lua_checkstack(p->L, 1))
		return fault_set(f, "out of memory");
	lua_pushnil(p->L);
	rc = make(p, m, f);
	lua_pop(p->L, 1);
	return rc;
}

/* The table of the defaults, once for each script. */
static int
bind_defaults(struct policy *p, struct script *s, struct fault *f)
{
	struct making m = { .script = s };

	if (s->defaults != LUA_NOREF)
		return 0;
	if (make_of_text(p, &m, f) < 0)
		return -1;
	s->defaults = m.ref;
	return 0;
}

int
policy_params_bind(struct policy *p, const char *script, const char *text, struct fault *f)
{
	struct script *s = (struct script *)policy_script(p, script);
	struct making m = { .script = s, .text = text };
	struct bound *b;

	if (text == NULL)
		return bind_defaults(p, s, f);
	b = calloc(1, sizeof *b);
	if (b == NULL)
		return fault_set(f, "out of memory");
	if (make_of_text(p, &m, f) < 0) {
		free(b);
		return -1;
	}
	*b = (struct bound){ .next = p->bound, .script = script, .text = text, .ref = m.ref };
	p->bound = b;
	return 0;
}

static const struct bound *
find_bound(const struct policy *p, const char *script)
{
	const struct bound *b = p->bound;

	while (b != NULL && b->script != script)
		b = b->next;
	return b;
}

const char *
policy_params_text(const struct policy *p, const char *script)
{
	const struct bound *b = find_bound(p, script);

	return b != NULL ? b->text : NULL;
}

int
policy_params_find(const struct policy *p, const char *script)
{
	const struct bound *b = find_bound(p, script);
	const struct script *s;

	if (b != NULL)
		return b->ref;
	s = policy_script(p, script);
	return s != NULL ? s->defaults : LUA_NOREF;
}

void
policy_params_renew(struct policy *p)
{
	for (struct script *s = p->script; s != NULL; s = s->next) {
		bool wanted = s->defaults != LUA_NOREF;

		s->defaults = LUA_NOREF;
		if (wanted && s->loaded)
			bind_defaults(p, s, NULL);
	}
	for (struct bound *b = p->bound; b != NULL; b = b->next) {
		struct making m = { .script = policy_script(p, b->script), .text = b->text };

		b->ref = m.script != NULL && make_of_text(p, &m, NULL) == 0 ? m.ref : LUA_NOREF;
	}
}

void
policy_params_free(struct policy *p)
{
	struct bound *next;

	for (struct bound *b = p->bound; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	p->bound = NULL;
}

int
policy_params_row(struct policy *p, const char *script, int idx, int *ref, struct fault *f)
{
	struct making m = { .script = policy_script(p, script) };
	int rc;

	if (m.script == NULL || !lua_checkstack(p->L, 1))
		return fault_set(f, "script %.64s is not loaded", script);
	if (!lua_isnil(p->L, idx) && !lua_istable(p->L, idx))
		return fault_set(f, "params must be a table, not a %s", luaL_typename(p->L, idx));
	lua_pushvalue(p->L, idx);
	rc = make(p, &m, f);
	lua_pop(p->L, 1);
	*ref = m.ref;
	return rc;
}

void
policy_params_drop(struct policy *p, int ref)
{
	luaL_unref(p->L, LUA_REGISTRYINDEX, ref);
}
