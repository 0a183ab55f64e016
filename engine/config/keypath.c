/* SPDX-License-Identifier: Apache-2.0 */
#include "config/keypath.h"

#include "base/near.h"
#include "base/text.h"
#include "base/name.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
keypath_complain(struct keypath *k, enum fault_level level, const char *rule, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (k->said > KEYPATH_FAULTS_MAX)
		return;
	if (k->said++ == KEYPATH_FAULTS_MAX)
		faults_add(k->faults, level, "too_many_faults", k->file, 0, "there are more than %d faults; the others are not shown", KEYPATH_FAULTS_MAX);
	else
		faults_add(k->faults, level, rule, k->file, 0, "%s%s%s", k->path, k->len > 0 ? ": " : "", text);
}

size_t
keypath_enter(struct keypath *k, const char *key, size_t len)
{
	size_t before = k->len;
	char printed[80];

	text_printable(printed, sizeof printed, key, len);
	if (k->len + strlen(printed) + 1 < sizeof k->path)
		k->len += (size_t)snprintf(k->path + k->len, sizeof k->path - k->len, "%s%s", before > 0 ? "." : "", printed);
	return before;
}

static size_t
enter_number(struct keypath *k, long n)
{
	size_t before = k->len;
	char printed[24];

	snprintf(printed, sizeof printed, "[%ld]", n);
	if (k->len + strlen(printed) < sizeof k->path)
		k->len += (size_t)snprintf(k->path + k->len, sizeof k->path - k->len, "%s", printed);
	return before;
}

void
keypath_leave(struct keypath *k, size_t before)
{
	k->len = before;
	k->path[before] = '\0';
}

bool
keypath_table(struct lua_State *L, int idx, struct keypath *k, const char *what)
{
	if (lua_istable(L, idx))
		return true;
	keypath_complain(k, FAULT_ERROR, "form", "must be %s, not a %s", what, luaL_typename(L, idx));
	return false;
}

static bool
is_word(const char *const *words, const char *key)
{
	while (*words != NULL && strcmp(*words, key) != 0)
		words++;
	return *words != NULL;
}

void
keypath_known(struct lua_State *L, int idx, struct keypath *k, const char *const *words)
{
	char printed[80], known[200];
	const char *near;

	idx = lua_absindex(L, idx);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;

		if (key != NULL && is_word(words, key))
			continue;
		near = key != NULL ? near_word(words, key) : NULL;
		text_list(words, known, sizeof known);
		if (key == NULL)
			keypath_complain(k, FAULT_ERROR, "form", "has a key that is a %s; there are %s", luaL_typename(L, -2), known);
		else if (near != NULL)
			keypath_complain(k, FAULT_ERROR, "unknown_key", "has no key '%s'; did you mean %s?", text_printable(printed, sizeof printed, key, lua_rawlen(L, -2)),
				near);
		else
			keypath_complain(k, FAULT_ERROR, "unknown_key", "has no key '%s'; there are %s", text_printable(printed, sizeof printed, key, lua_rawlen(L, -2)),
				known);
	}
}

const char *
keypath_text(struct lua_State *L, int idx, struct keypath *k, const char *key, size_t *len)
{
	const char *text = NULL;
	size_t before;

	idx = lua_absindex(L, idx);
	lua_pushstring(L, key);
	if (lua_rawget(L, idx) == LUA_TSTRING) {
		text = lua_tolstring(L, -1, len);
	} else if (!lua_isnil(L, -1)) {
		before = keypath_enter(k, key, strlen(key));
		keypath_complain(k, FAULT_ERROR, "value", "must be a string, not a %s", luaL_typename(L, -1));
		keypath_leave(k, before);
	}
	lua_pop(L, 1);
	return text;
}

bool
keypath_flag(struct lua_State *L, int idx, struct keypath *k, const char *key)
{
	bool flag = false;
	size_t before;

	idx = lua_absindex(L, idx);
	lua_pushstring(L, key);
	if (lua_rawget(L, idx) == LUA_TBOOLEAN) {
		flag = lua_toboolean(L, -1);
	} else if (!lua_isnil(L, -1)) {
		before = keypath_enter(k, key, strlen(key));
		keypath_complain(k, FAULT_ERROR, "value", "must be true or false, not a %s", luaL_typename(L, -1));
		keypath_leave(k, before);
	}
	lua_pop(L, 1);
	return flag;
}

void
keypath_each(struct lua_State *L, int idx, struct keypath *k,
	void (*each)(struct lua_State *L, struct keypath *k, const char *key, size_t len, void *arg), void *arg)
{
	size_t len, before;

	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 8, NULL);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;

		if (key == NULL) {
			keypath_complain(k, FAULT_ERROR, "form", "has a key that is a %s; each key is a name: { NAME = ... }", luaL_typename(L, -2));
			continue;
		}
		before = keypath_enter(k, key, len);
		each(L, k, key, len, arg);
		keypath_leave(k, before);
	}
}

void
keypath_items(struct lua_State *L, int idx, struct keypath *k, void (*each)(struct lua_State *L, struct keypath *k, void *arg), void *arg)
{
	lua_Integer n;
	size_t keys = 0, before;

	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 8, NULL);
	n = (lua_Integer)lua_rawlen(L, idx);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
		keys++;
	if (keys != (size_t)n) { /* with holes the length may be any number up to the largest */
		keypath_complain(k, FAULT_ERROR, "form", "must be a list: { \"ONE\", \"TWO\" }, without keys");
		n = (size_t)n < keys ? n : (lua_Integer)keys;
	}
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, idx, i);
		before = enter_number(k, (long)i);
		each(L, k, arg);
		keypath_leave(k, before);
		lua_pop(L, 1);
	}
}

bool
keypath_name(struct keypath *k, const char *text, size_t len, const char *what, char *out, size_t size)
{
	char printed[40];

	if (text_upper(out, size, text, len) && name_ok(out, len))
		return true;
	keypath_complain(k, FAULT_ERROR, "value", "'%s' is not the name of a %s: 1 to 8 of A-Z 0-9 $ @ #", text_printable(printed, sizeof printed, text, len), what);
	return false;
}
