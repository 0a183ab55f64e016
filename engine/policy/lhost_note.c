/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_note: policy.note: a door notes a value for the later doors of its connection. */
#include "policy/lhost.h"

#include "policy/facts_json.h"
#include "policy/lhost_internal.h"
#include "policy/notes.h"
#include "policy/record_answer.h"

#include <math.h>
#include <string.h>

/*
 * Raises where no note can be made: while the script loads, and where no later door reads it. A plain Lua takes each.
 */
static void
want_reader(lua_State *L, const struct lhost *h)
{
	if (h->pay == NULL)
		return;
	if (!h->asking)
		script_place_raise(L, "policy.note: call it in the function of a door, not while the script loads");
	if (h->now.notes == NULL)
		script_place_raise(L, "policy.note: no later door reads a note of this function; make notes at admit, certify, bind or install");
}

static void
take_key(lua_State *L, struct note *note)
{
	size_t len;
	const char *key;

	if (lua_type(L, 1) != LUA_TSTRING)
		script_place_raise(L, "policy.note: the key must be a string, not a %s", luaL_typename(L, 1));
	key = lua_tolstring(L, 1, &len);
	if (!notes_key_fits(key, len))
		script_place_raise(L, "policy.note: the key must be a name of 1 to %d letters, digits and \"_\" that begins with no digit", NOTE_KEY_MAX);
	memcpy(note->key, key, len + 1);
}

/* The text is borrowed from the stack. */
static void
take_value(lua_State *L, struct note *note)
{
	switch (lua_type(L, 2)) {
	case LUA_TSTRING:
		note->kind = NOTE_TEXT;
		note->text = (char *)lua_tolstring(L, 2, &note->len);
		if (note->len > NOTE_TEXT_MAX)
			script_place_raise(L, "policy.note: '%s' has %d bytes; a note has at most %d", note->key, (int)note->len, NOTE_TEXT_MAX);
		break;
	case LUA_TNUMBER:
		note->kind = lua_isinteger(L, 2) ? NOTE_INTEGER : NOTE_NUMBER;
		note->integer = lua_tointeger(L, 2);
		note->number = lua_tonumber(L, 2);
		if (!isfinite(note->number))
			script_place_raise(L, "policy.note: '%s' is no finite number", note->key);
		break;
	case LUA_TBOOLEAN:
		note->kind = NOTE_FLAG;
		note->flag = lua_toboolean(L, 2);
		break;
	default:
		script_place_raise(L, "policy.note: '%s' must be a string, a number or a boolean, not a %s", note->key, luaL_typename(L, 2));
	}
}

static void
keep_note(const struct lhost *h, const struct note *note)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "note");

	jsontext_string(j, "key", note->key);
	if (j != NULL)
		facts_json_note(j, "value", note);
	record_answer_end(h->now.entry);
}

/* policy.note(key, value): returns nothing */
static int
lhost_note_make(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	struct note note = { .door = h->now.door };
	struct fault f = { "" };

	lua_settop(L, 2);
	want_reader(L, h);
	take_key(L, &note);
	take_value(L, &note);
	lhost_pay(L, h, NOTES_MAX + note.len / 8);
	if (h->now.notes != NULL && notes_put(h->now.notes, &note, &f) < 0)
		script_place_raise(L, "policy.note: %s", f.text);
	keep_note(h, &note);
	return 0;
}

const luaL_Reg lhost_note_functions[] = {
	{ "note", lhost_note_make },
	{ NULL, NULL },
};
