/* SPDX-License-Identifier: Apache-2.0 */
#include "config/params.h"

#include "base/luatext.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>

/* --- the text --------------------------------------------------------------------------------- */

static bool
is_name(const char *s, size_t len)
{
	static const char *const reserved[] = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
		"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" };

	if (len == 0 || len >= 32 || isdigit((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(s, reserved[i]) == 0)
			return false;
	return true;
}

struct writing { /* the text under way; at stops at the end of out */
	char *out;
	size_t at;
	bool full;
};

static void
add(struct writing *w, const char *s, size_t len)
{
	w->full = w->full || w->at + len > PARAMS_TEXT_MAX;
	if (w->full)
		return;
	memcpy(w->out + w->at, s, len);
	w->at += len;
	w->out[w->at] = '\0';
}

static void
add_word(struct writing *w, const char *s)
{
	add(w, s, strlen(s));
}

/* A string as a literal of Lua. */
static void
add_string(struct writing *w, const char *s, size_t len)
{
	char escaped[LUATEXT_ESCAPED];

	add_word(w, "\"");
	for (size_t i = 0; i < len; i++)
		add(w, escaped, luatext_escape(escaped, (unsigned char)s[i]));
	add_word(w, "\"");
}

/* A number as a literal of Lua; a float keeps a point, so that it stays one. False: it is not finite. */
static bool
add_number(struct writing *w, lua_State *L, int idx)
{
	char text[48];
	double n = lua_tonumber(L, idx);

	if (!isfinite(n))
		return false;
	if (lua_isinteger(L, idx))
		snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, idx));
	else
		snprintf(text, sizeof text, "%.17g", n);
	add_word(w, text);
	if (!lua_isinteger(L, idx) && strpbrk(text, ".e") == NULL)
		add_word(w, ".0");
	return true;
}

/* False: the table is no list of strings. [-0, +0] */
static bool
add_list(struct writing *w, lua_State *L, int idx)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, idx), keys = 0;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
		keys++;
	add_word(w, "{");
	for (lua_Integer i = 1; i <= n; i++) {
		size_t len;
		const char *s = lua_rawgeti(L, idx, i) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

		add_word(w, i == 1 ? " " : ", ");
		if (s != NULL)
			add_string(w, s, len);
		lua_pop(L, 1);
		if (s == NULL)
			return false;
	}
	add_word(w, n > 0 ? " }" : "}");
	return keys == n;
}

/* False: a parameter cannot have the value at idx. [-0, +0] */
static bool
add_value(struct writing *w, lua_State *L, int idx)
{
	size_t len;
	const char *s;

	switch (lua_type(L, idx)) {
	case LUA_TSTRING:
		s = lua_tolstring(L, idx, &len);
		add_string(w, s, len);
		return true;
	case LUA_TNUMBER:
		return add_number(w, L, idx);
	case LUA_TBOOLEAN:
		add_word(w, lua_toboolean(L, idx) ? "true" : "false");
		return true;
	case LUA_TTABLE:
		return add_list(w, L, idx);
	default:
		return false;
	}
}

static int
params_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Collects the keys of the table, but for the script's name, sorted. Returns their number, -1 with a sentence. [-0,
 * +0]
 */
static int
collect(lua_State *L, int idx, const char *keys[PARAMS_MAX], struct fault *f)
{
	char printed[48];
	size_t len, n = 0;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;

		if (key == NULL && lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1)
			continue;
		if (key == NULL || !is_name(key, len) || strlen(key) != len || n == PARAMS_MAX) {
			lua_pop(L, 2);
			if (key == NULL)
				return fault_set(f, "holds a second value without a name; write { \"SCRIPT\", name = value }");
			if (n == PARAMS_MAX)
				return fault_set(f, "gives more than %d parameters", PARAMS_MAX);
			return fault_set(f, "gives the parameter '%s', which is no name: letters, digits and _", text_printable(printed, sizeof printed, key, len));
		}
		keys[n++] = key; /* the table keeps it */
	}
	qsort(keys, n, sizeof *keys, params_by_name);
	return (int)n;
}

int
params_read(lua_State *L, int idx, char out[PARAMS_TEXT_SIZE], struct fault *f)
{
	struct writing w = { .out = out };
	const char *keys[PARAMS_MAX];
	int n = collect(L, idx, keys, f);

	out[0] = '\0';
	if (n <= 0)
		return n;
	for (int i = 0; i < n; i++) {
		bool fits;

		add_word(&w, i == 0 ? "{ " : ", ");
		add_word(&w, keys[i]);
		add_word(&w, " = ");
		lua_pushstring(L, keys[i]);
		lua_rawget(L, idx);
		fits = add_value(&w, L, lua_gettop(L));
		lua_pop(L, 1);
		if (!fits)
			return fault_set(f, "gives the parameter '%s' a value that is no string, finite number, boolean or list of strings", keys[i]);
	}
	add_word(&w, " }");
	return w.full ? fault_set(f, "gives parameters of more than %d bytes", PARAMS_TEXT_MAX) : 0;
}

/* --- the list --------------------------------------------------------------------------------- */

int
params_add(struct params_list *l, const char *title, const char *attribute, int line, const char *text)
{
	struct params *grown = realloc(l->item, (l->n + 1) * sizeof *grown);
	char *copy = strdup(text);

	if (grown != NULL)
		l->item = grown;
	if (grown == NULL || copy == NULL) {
		free(copy);
		return -1;
	}
	grown[l->n] = (struct params){ .attribute = attribute, .line = line, .text = copy };
	snprintf(grown[l->n++].title, sizeof grown->title, "%s", title);
	return 0;
}

const struct params *
params_find(const struct params_list *l, const char *kind, const char *name, const char *attribute)
{
	char title[32];

	if (l->n == 0)
		return NULL;
	snprintf(title, sizeof title, "%s %s", kind, name);
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->item[i].title, title) == 0 && strcmp(l->item[i].attribute, attribute) == 0)
			return &l->item[i];
	return NULL;
}

bool
params_same(const struct params *a, const struct params *b)
{
	return strcmp(a != NULL ? a->text : "", b != NULL ? b->text : "") == 0;
}

void
params_drop(struct params_list *l, const char *kind, const char *name, const char *attribute)
{
	const struct params *p = params_find(l, kind, name, attribute);
	size_t i = p != NULL ? (size_t)(p - l->item) : l->n;

	if (p == NULL)
		return;
	free(l->item[i].text);
	l->item[i] = l->item[--l->n];
}

int
params_copy(struct params_list *to, const struct params_list *from)
{
	*to = (struct params_list){ 0 };
	for (size_t i = 0; i < from->n; i++)
		if (params_add(to, from->item[i].title, from->item[i].attribute, from->item[i].line, from->item[i].text) < 0) {
			params_free(to);
			return -1;
		}
	return 0;
}

void
params_free(struct params_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->item[i].text);
	free(l->item);
	*l = (struct params_list){ 0 };
}
