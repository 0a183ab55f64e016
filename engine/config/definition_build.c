/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_internal.h"

#include "config/datafile.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fault in a loop is one fault. */
static bool
said_just_now(const struct reading *r, int line, const char *text)
{
	const struct fault_entry *last = r->faults->n > r->before ? &r->faults->entry[r->faults->n - 1] : NULL;

	return last != NULL && last->line == line && last->text != NULL && strcmp(last->text, text) == 0;
}

void
reading_complain(struct reading *r, const char *rule, int line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (r->full || said_just_now(r, line, text))
		return;
	faults_add(r->faults, FAULT_ERROR, rule, r->d->file, line, "%s", text);
	r->full = r->faults->n - r->before >= FAULTS_MAX;
	if (r->full)
		faults_add(r->faults, FAULT_ERROR, "too_many_faults", r->d->file, line, "there are more than %d faults; the others are not shown", FAULTS_MAX);
}

void *
definition_build_one_more(struct reading *r, void *list, size_t n, size_t size)
{
	void *more = list;

	if (n == 0 || (n & (n - 1)) == 0)
		more = realloc(list, (n ? 2 * n : 1) * size);
	if (more == NULL)
		reading_complain(r, "memory", 0, "out of memory");
	return more;
}

/* --- one table --- */

bool
definition_build_given(const struct making *t, const char *name)
{
	const struct attribute *a = attribute_find(t->attribute, name);

	return a != NULL && (t->given >> (a - t->attribute) & 1) != 0;
}

/* The URM's doors are its functions; the key names the script. */
static const char *
key_of_door(const struct making *t, const char *key)
{
	bool of_urm = strcmp(key, "install") == 0 || strcmp(key, "delete") == 0;

	return of_urm && t->attribute == tcpipservice_attributes ? "urm" : NULL;
}

static void
unknown_key(struct making *t, const char *key, size_t len)
{
	char printed[64];
	const char *near = strlen(key) == len ? attribute_nearest(t->attribute, key) : NULL, *urm = key_of_door(t, key);
	int line = key_lines_of(&t->r->places, t->line, key);

	text_printable(printed, sizeof printed, key, len);
	if (t->attribute == tcpipservice_attributes && tcpipservice_not_ipic(key))
		reading_complain(t->r, "not_ipic", line, "'%s' in %s does not apply to IPIC; leave it out", printed, t->title);
	else if (urm != NULL)
		reading_complain(t->r, "unknown_key", line, "unknown key '%s' in %s; the script for that door is named by '%s'", printed, t->title, urm);
	else if (near != NULL)
		reading_complain(t->r, "unknown_key", line, "unknown key '%s' in %s; did you mean '%s'?", printed, t->title, near);
	else
		reading_complain(t->r, "unknown_key", line, "unknown key '%s' in %s", printed, t->title);
}

static bool
is_number(const struct attribute *a)
{
	return a->kind == ATTR_INT || a->kind == ATTR_SECONDS;
}

/* A number in quotes is taken for a slip, except for the word that stands for none. */
static int
set_string(const struct attribute *a, void *object, const char *value, size_t len, struct fault *f)
{
	char allowed[160], printed[48];

	if (!is_number(a) || (a->no != NULL && strcasecmp(a->no, value) == 0))
		return attribute_set_text(a, object, value, len, f);
	return fault_set(f, "%s is the string \"%s\"; it must be %s%s", a->name, text_printable(printed, sizeof printed, value, len),
		a->no ? "" : "a number, ", attribute_allowed(a, allowed, sizeof allowed));
}

static int
set_value(lua_State *L, int idx, const struct attribute *a, void *object, struct fault *f)
{
	char allowed[160];
	size_t len;
	const char *value;

	if (lua_type(L, idx) == LUA_TSTRING) {
		value = lua_tolstring(L, idx, &len);
		return set_string(a, object, value, len, f);
	}
	if (lua_type(L, idx) == LUA_TNUMBER && is_number(a))
		return attribute_set_number(a, object, lua_tonumber(L, idx), f);
	return fault_set(f, "%s is a %s; it must be %s%s", a->name, luaL_typename(L, idx), is_number(a) ? "" : "a string: ",
		attribute_allowed(a, allowed, sizeof allowed));
}

/* [.. key value] as lua_next left them; neither is changed. False: a fault was added. */
static bool
take_pair(lua_State *L, struct making *t)
{
	const struct attribute *a;
	struct stray *stray;
	struct fault f;
	const char *key;
	size_t len;

	if (lua_type(L, -2) != LUA_TSTRING) {
		reading_complain(t->r, "form", t->line, "%s holds a value without a name; write name = value", t->title);
		return false;
	}
	key = lua_tolstring(L, -2, &len);
	a = strlen(key) == len ? attribute_find(t->attribute, key) : NULL;
	if (a == NULL) {
		unknown_key(t, key, len);
		return false;
	}
	t->given |= (uint64_t)1 << (a - t->attribute);
	if ((stray = definition_stray_at(L, -1, t->r)) != NULL)
		fault_set(&f, is_number(a) ? "%s is %s; it must be a number" : "%s = %s needs quotation marks: \"%s\"", a->name, stray->word, stray->word);
	else if (set_value(L, -1, a, t->object, &f) == 0)
		return true;
	reading_complain(t->r, "value", key_lines_of(&t->r->places, t->line, key), "%s: %s", t->title, f.text);
	return false;
}

/* Reads raw: lua_next runs no metamethod. */
void
definition_build_take(lua_State *L, int idx, struct making *t)
{
	char allowed[160];

	attribute_defaults(t->attribute, t->object);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
		t->faulty |= !take_pair(L, t);
	for (const struct attribute *a = t->attribute; a->name != NULL; a++)
		if (a->required && !definition_build_given(t, a->name)) {
			t->faulty = true;
			reading_complain(t->r, "missing", t->line, "%s lacks %s; it must be %s", t->title, a->name, attribute_allowed(a, allowed, sizeof allowed));
		}
}

/* --- region, and what has a name --- */

static struct reading *
reading_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* region { … } */
static int
make_region(lua_State *L)
{
	struct reading *r = reading_of(L);
	struct region_def region;
	struct making t = { .r = r, .word = "region", .title = "region", .attribute = region_attributes, .object = &region };

	t.line = datafile_line(L);
	r->region_tried = true;
	if (lua_gettop(L) != 1 || !lua_istable(L, 1)) {
		reading_complain(r, "form", t.line, "region takes one table: region { applid = \"...\", networkid = \"...\" }");
		return 0;
	}
	memset(&region, 0, sizeof region);
	definition_build_take(L, 1, &t);
	region.line = t.line;
	region.given = t.given;
	if (r->d->region.line != 0) {
		reading_complain(r, "twice", t.line, "a second region; the first is at line %d", r->d->region.line);
		return 0;
	}
	r->d->region = region;
	r->region_sound = !t.faulty;
	return 0;
}

/* The table after the name. Upvalues: the reading, the number of the pending constructor. */
static int
make_named(lua_State *L)
{
	struct reading *r = reading_of(L);
	struct pending *p = &r->pending[lua_tointeger(L, lua_upvalueindex(2))];
	struct making t = { .r = r, .word = p->word, .line = p->line };
	char title[32];

	snprintf(title, sizeof title, "%s %s", p->word, *p->name ? p->name : "?");
	t.title = title;
	p->done = true;
	if (lua_gettop(L) != 1 || !lua_istable(L, 1))
		reading_complain(r, "form", datafile_line(L), "%s takes one table after its name: %s \"NAME\" { ... }", title, p->word);
	else
		definition_keep_named(L, p, &t);
	return 0;
}

static void
take_name(lua_State *L, struct reading *r, struct pending *p)
{
	const struct attribute row = { .name = p->word, .kind = ATTR_NAME, .offset = offsetof(struct pending, name),
		.size = strcmp(p->word, "transaction") == 0 ? TRAN_SIZE : sizeof p->name };
	struct fault f;
	size_t len;
	const char *name = lua_tolstring(L, 1, &len);

	if (attribute_set_text(&row, p, name, len, &f) < 0)
		reading_complain(r, "value", p->line, "the name of this %s", f.text);
}

/* tcpipservice "NAME", ipconn "NAME" … Upvalues: the reading, the word. */
static int
begin_named(lua_State *L)
{
	struct reading *r = reading_of(L);
	struct pending p = { .word = lua_touserdata(L, lua_upvalueindex(2)), .line = datafile_line(L) }, *list;
	struct stray *stray;

	if ((stray = definition_stray_at(L, 1, r)) != NULL) {
		reading_complain(r, "form", p.line, "a name needs quotation marks: %s \"%s\" { ... }", p.word, stray->word);
		return definition_stray_nothing(L);
	}
	if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
		reading_complain(r, "form", p.line, "%s takes a name and then a table: %s \"NAME\" { ... }", p.word, p.word);
		return definition_stray_nothing(L);
	}
	if (r->npending > NAMED_MAX)
		return luaL_error(L, "a region.lua defines at most %d resources, and there is one more; let a second region have some", NAMED_MAX);
	if ((list = definition_build_one_more(r, r->pending, r->npending, sizeof p)) == NULL)
		return definition_stray_nothing(L);
	r->pending = list;
	take_name(L, r, &p);
	list[r->npending++] = p;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushinteger(L, (lua_Integer)r->npending - 1);
	lua_pushcclosure(L, make_named, 2);
	return 1;
}

/* --- the environment --- */

static const char *const words[] = { "region", "tcpipservice", "ipconn", "program", "transaction", NULL };

static void
push_constructor(lua_State *L, struct reading *r, const char *word)
{
	lua_pushlightuserdata(L, r);
	if (strcmp(word, "region") == 0) {
		lua_pushcclosure(L, make_region, 1);
		return;
	}
	lua_pushlightuserdata(L, (void *)(uintptr_t)word);
	lua_pushcclosure(L, begin_named, 2);
}

int
definition_build_find(lua_State *L)
{
	struct reading *r = reading_of(L);
	const char *word = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0) {
			push_constructor(L, r, words[i]);
			return 1;
		}
	return definition_stray_push(L, r, word);
}

int
definition_build_assigned(lua_State *L)
{
	struct reading *r = reading_of(L);
	const char *word = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
	char printed[64];

	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0) {
			r->region_tried |= i == 0;
			reading_complain(r, "form", datafile_line(L), "%s is no variable; leave the = out", word);
			return 0;
		}
	text_printable(printed, sizeof printed, word, strlen(word));
	reading_complain(r, "form", datafile_line(L), "'%s' is assigned to; a definition is region { ... }, or a tcpipservice, ipconn, program "
		"or transaction \"NAME\" { ... }, and helpers are local", printed);
	return 0;
}
