/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_list.h"

#include "config/advertise.h"

#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair { /* of a map */
	char name[NAME_PAIR_SIZE];
	const char *value; /* borrowed from the table */
};

static int
refuse(const struct attribute *a, struct fault *f)
{
	char allowed[160];

	return fault_set(f, "%s is not understood; it must be %s", a->name, attribute_allowed(a, allowed, sizeof allowed));
}

/* The string at the top, which must be one word. NULL: another value. [-0, +0] */
static const char *
word_at_top(lua_State *L)
{
	size_t len;
	const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	return word != NULL && len > 0 && strlen(word) == len && strchr(word, ' ') == NULL ? word : NULL;
}

int
definition_list_words(lua_State *L, int idx, const struct attribute *a, void *object, struct fault *f)
{
	char text[VALUE_SIZE] = "";
	size_t n = 0;
	lua_Unsigned items = lua_rawlen(L, idx);

	for (lua_Unsigned i = 1; i <= items && n < sizeof text; i++) {
		const char *word = lua_rawgeti(L, idx, (lua_Integer)i) == LUA_TSTRING ? word_at_top(L) : NULL;

		n += word != NULL ? (size_t)snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? " " : "", word) : sizeof text;
		lua_pop(L, 1);
	}
	return n < sizeof text ? attribute_set_text(a, object, text, n, f) : refuse(a, f);
}

static int
definition_list_order(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->name, ((const struct pair *)b)->name);
}

/* Reads the [.. key value] of lua_next. False: it is no pair of a name and a word. [-0, +0] */
static bool
read_pair(lua_State *L, struct pair *p)
{
	size_t len;
	const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;

	p->value = word_at_top(L);
	return p->value != NULL && name != NULL && strlen(name) == len && text_upper(p->name, sizeof p->name, name, len);
}

int
definition_list_map(lua_State *L, int idx, const struct attribute *a, void *object, struct fault *f)
{
	struct pair pair[ADVERTISE_MAX];
	char text[ADVERTISE_SIZE] = "";
	size_t pairs = 0, n = 0;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
		if (pairs == ADVERTISE_MAX || !read_pair(L, &pair[pairs++])) {
			lua_pop(L, 2);
			return refuse(a, f);
		}
	qsort(pair, pairs, sizeof *pair, definition_list_order);
	for (size_t i = 0; i < pairs && n < sizeof text; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s=%s", n > 0 ? " " : "", pair[i].name, pair[i].value);
	return n < sizeof text ? attribute_set_text(a, object, text, n, f) : refuse(a, f);
}
