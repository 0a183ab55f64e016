/* SPDX-License-Identifier: Apache-2.0 */
/* spec_expect: compares a verdict with the expectation of a row. */
#include "policy/spec_internal.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <string.h>

const char *const spec_expect_words[] = { "verdict", "code", "text", "userid", "sysplex", "ipconn", "template", "applid", "host", "port",
	NULL };

static void
push_text(lua_State *L, const char *text, bool there)
{
	if (there)
		lua_pushstring(L, text);
	else
		lua_pushnil(L);
}

/* Pushes the member of the verdict as a row would have it; nil when the verdict lacks it. [-0, +1] */
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

const char *
spec_show(lua_State *L, int idx, char *out, size_t size)
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

const char *
spec_show_verdict(const struct verdict *v, char *out, size_t size)
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
 * Whether the refusal is a failure of the script that the row does not name by its code. A row that expects a refusal
 * must not hold by a failure.
 */
static bool
script_failed(lua_State *L, int expect, const struct verdict *v)
{
	bool meant;

	if (strcmp(v->code, "policy_error") != 0 && strcmp(v->code, "policy_limit") != 0)
		return false;
	meant = spec_member(L, expect, "code") == LUA_TSTRING && strcmp(lua_tostring(L, -1), v->code) == 0;
	lua_pop(L, 1);
	return !meant;
}

/*
 * Compares a member of the verdict with the wanted value on the top; false there expects a verdict without it.
 * [-1, +0]
 */
static bool
member_fits(lua_State *L, struct spec_run *r, const struct verdict *v, const char *of, const char *key)
{
	char want[TEXT_SIZE], got[TEXT_SIZE], whole[SPEC_VERDICT];
	bool fits;

	push_member(L, v, key); /* [want got] */
	fits = lua_rawequal(L, -1, -2) || (lua_isnil(L, -1) && lua_isboolean(L, -2) && !lua_toboolean(L, -2));
	if (!fits)
		spec_object(r, "%s%s: expected %s, got %s (%s)", of, key, spec_show(L, -2, want, sizeof want), spec_show(L, -1, got, sizeof got),
			spec_show_verdict(v, whole, sizeof whole));
	lua_pop(L, 2);
	return fits;
}

void
spec_expect(lua_State *L, int idx, struct spec_run *r, const struct verdict *v, const char *of)
{
	char whole[SPEC_VERDICT];

	if (script_failed(L, idx, v)) {
		spec_object(r, "%sthe script failed: %s", of, spec_show_verdict(v, whole, sizeof whole));
		return;
	}
	spec_member(L, idx, "verdict");
	if (!member_fits(L, r, v, of, "verdict"))
		return;
	for (lua_pushnil(L); lua_next(L, idx) != 0;) /* [key want] */
		member_fits(L, r, v, of, lua_tostring(L, -2));
}
