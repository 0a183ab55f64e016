/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stray: a word in a definition that means nothing there. Its fault waits until it is seen what the word was for: urm = shop is a text without
 * quotation marks, Region { } a misspelt constructor.
 */
#include "config/definition_internal.h"

#include "config/datafile.h"

#include <lauxlib.h>
#include <lua.h>

#include <string.h>

static const char *const words[] = { "region", "tcpipservice", "ipconn", "program", "transaction", NULL };

static void
say(struct reading *r, struct stray *s)
{
	const char *near = near_word(words, s->word);

	if (s->said)
		return;
	s->said = true;
	r->region_tried |= near != NULL && strcmp(near, "region") == 0;
	reading_complain(r, "unknown_word", s->line, "there is no '%s' here, only region, tcpipservice, ipconn, program and transaction%s%s%s", s->word,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int
definition_stray_nothing(lua_State *L)
{
	lua_pushcfunction(L, definition_stray_nothing);
	return 1;
}

/* The word is called. Upvalues: the reading, the number of the word. */
static int
called(lua_State *L)
{
	struct reading *r = lua_touserdata(L, lua_upvalueindex(1));

	say(r, &r->stray[lua_tointeger(L, lua_upvalueindex(2))]);
	return definition_stray_nothing(L);
}

int
definition_stray_push(lua_State *L, struct reading *r, const char *word)
{
	struct stray s = { .line = datafile_line(L) }, *list;

	text_printable(s.word, sizeof s.word, word, strlen(word));
	if (r->nstrays >= FAULTS_MAX || (list = definition_build_one_more(r, r->stray, r->nstrays, sizeof s)) == NULL) {
		say(r, &s);
		return definition_stray_nothing(L);
	}
	r->stray = list;
	list[r->nstrays++] = s;
	lua_pushlightuserdata(L, r);
	lua_pushinteger(L, (lua_Integer)r->nstrays - 1);
	lua_pushcclosure(L, called, 2);
	return 1;
}

struct stray *
definition_stray_at(lua_State *L, int idx, struct reading *r)
{
	struct stray *s = NULL;

	if (lua_tocfunction(L, idx) != called)
		return NULL;
	if (lua_getupvalue(L, idx, 2) != NULL) {
		s = &r->stray[lua_tointeger(L, -1)];
		lua_pop(L, 1);
		s->said = true;
	}
	return s;
}

void
constructor_strays(struct reading *r, int line)
{
	for (size_t i = 0; i < r->nstrays; i++)
		if (line == 0 || r->stray[i].line != line)
			say(r, &r->stray[i]);
}
