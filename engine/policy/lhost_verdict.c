/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_verdict: verdicts in Lua: immutable userdata that only these constructors make. */
#include "policy/lhost.h"

#include "base/text.h"
#include "config/attribute.h"
#include "policy/lhost_internal.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"
#include "sandbox/registry.h"

#include <stdio.h>
#include <string.h>

/* Registry keys; a look-up allocates nothing and cannot raise. plain_key: the verdicts of push_kept, by line. */
static const char verdict_key, plain_key;

const struct verdict *
lhost_verdict(struct lua_State *L, int idx)
{
	const struct verdict *v = lua_touserdata(L, idx);
	bool ours;

	if (v == NULL || !lua_checkstack(L, 2) || !lua_getmetatable(L, idx))
		return NULL;
	registry_get(L, &verdict_key);
	ours = lua_topointer(L, -1) == lua_topointer(L, -2);
	lua_pop(L, 2);
	return ours ? v : NULL;
}

/* Pushes a refusal, all zero, made at that place; the constructor sets the rest. [-0, +1, may throw] */
static struct verdict *
push_at(lua_State *L, const struct script_place *at)
{
	struct verdict *v = lua_newuserdatauv(L, sizeof *v, 0);

	*v = (struct verdict){ .kind = VERDICT_REFUSE, .line = at->line };
	text_copy(v->file, sizeof v->file, at->file);
	registry_get(L, &verdict_key);
	lua_setmetatable(L, -2);
	return v;
}

/* As push_at, with the place of the script. */
static struct verdict *
verdict_push(lua_State *L)
{
	struct script_place at;

	script_place(L, &at);
	return push_at(L, &at);
}

/* Sets the text, cut at TEXT_SIZE - 1 bytes, but not within a UTF-8 character. */
static void
set_text(struct verdict *v, const char *text, size_t len)
{
	if (len >= sizeof v->text) {
		len = sizeof v->text - 1;
		for (int i = 0; i < 3 && ((unsigned char)text[len] & 0xc0) == 0x80; i++)
			len--;
	}
	memcpy(v->text, text, len);
	v->text[len] = '\0';
}

static bool
is_like(const struct verdict *v, const struct script_place *at, enum verdict_kind kind, const char *code, const char *text, size_t len)
{
	return v != NULL && v->kind == kind && strcmp(v->file, at->file) == 0 && strcmp(v->code, code) == 0 && len < sizeof v->text &&
		v->text[len] == '\0' && memcmp(v->text, text, len) == 0;
}

/*
 * Pushes a verdict without grants. A verdict does not change: when the last verdict of the same line is equal, it is
 * used again. A script has the same answer for most requests, and the verdict is the largest value of a question.
 * False: there is none, and the list of the last verdicts is on the top. [-0, +1, may throw]
 */
static bool
push_again(lua_State *L, const struct script_place *at, enum verdict_kind kind, const char *code, const char *text, size_t len)
{
	registry_get(L, &plain_key);
	lua_rawgeti(L, -1, at->line);
	if (is_like(lua_touserdata(L, -1), at, kind, code, text, len))
		return true;
	lua_pop(L, 1);
	return false;
}

/* Pushes a new verdict, and keeps it in the list on the top. [-0, +1, may throw] */
static void
push_kept(lua_State *L, const struct script_place *at, enum verdict_kind kind, const char *code, const char *text, size_t len)
{
	struct verdict *v = push_at(L, at);

	v->kind = kind;
	text_copy(v->code, sizeof v->code, code);
	set_text(v, text, len);
	lua_pushvalue(L, -1);
	lua_rawseti(L, -3, at->line);
}

static int
answer_plain(lua_State *L, enum verdict_kind kind)
{
	struct script_place at;

	script_place(L, &at);
	if (!push_again(L, &at, kind, "", "", 0))
		push_kept(L, &at, kind, "", "", 0);
	return 1;
}

/* Makes *v a refusal at its own place. */
static void
refuse_here(struct verdict *v, const char *code, const char *text)
{
	struct verdict kept = *v;

	verdict_refuse(v, code, "%s", text);
	memcpy(v->file, kept.file, sizeof v->file);
	v->line = kept.line;
}

static const char *
want_code(lua_State *L, int idx)
{
	const char *code;
	size_t len;

	if (lua_isnoneornil(L, idx))
		return "refused";
	if (lua_type(L, idx) != LUA_TSTRING)
		script_place_raise(L, "policy.refuse: the code must be a string, not a %s", luaL_typename(L, idx));
	code = lua_tolstring(L, idx, &len);
	if (!name_code_ok(code, len))
		script_place_raise(L, "policy.refuse: a code is 1 to 32 of a-z, 0-9 and _ (the words go into the second argument), not '%.40s'", code);
	if (strcmp(code, "policy_error") == 0 || strcmp(code, "policy_limit") == 0)
		script_place_raise(L, "policy.refuse: the code %s is the engine's own", code);
	return code;
}

static const char *
want_text(lua_State *L, int idx, size_t *len)
{
	const char *text;

	*len = 0;
	if (lua_isnoneornil(L, idx))
		return "";
	if (lua_type(L, idx) != LUA_TSTRING)
		script_place_raise(L, "policy.refuse: the text must be a string, not a %s", luaL_typename(L, idx));
	text = lua_tolstring(L, idx, len);
	if (memchr(text, '\0', *len) != NULL)
		script_place_raise(L, "policy.refuse: the text holds a NUL");
	return text;
}

/* policy.refuse(code, text) */
static int
lhost_verdict_refuse(lua_State *L)
{
	const char *code, *text;
	struct script_place at;
	size_t len;

	if (lua_gettop(L) > 2)
		script_place_raise(L, "policy.refuse: takes a code and a text and no more (string.format makes one text of several)");
	code = want_code(L, 1);
	text = want_text(L, 2, &len);
	script_place(L, &at);
	if (!push_again(L, &at, VERDICT_REFUSE, code, text, len))
		push_kept(L, &at, VERDICT_REFUSE, code, text, len);
	return 1;
}

/* policy.pass() */
static int
lhost_verdict_pass(lua_State *L)
{
	return answer_plain(L, VERDICT_PASS);
}

/*
 * host.no_rule(file, line, text): the refusal of a chain whose rules all passed, at the place where the chain was
 * built.
 */
static int
lhost_verdict_no_rule(lua_State *L)
{
	const char *file = luaL_checkstring(L, 1), *text = luaL_checkstring(L, 3);
	int line = (int)luaL_checkinteger(L, 2);
	struct verdict *v = verdict_push(L);

	verdict_refuse(v, "no_rule", "%s", text);
	snprintf(v->file, sizeof v->file, "%s", file);
	v->line = line;
	return 1;
}

static bool
is_one_of(const char *const *words, const char *word)
{
	while (*words != NULL && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/*
 * Raises for a key of the table at idx that is not one of the words: a misspelt `template` must not install without a
 * template. The table of a module is a frozen view, so that the table behind it is read.
 */
static void
want_keys(lua_State *L, const char *who, int idx, const char *const *keys)
{
	const char *near, *key;
	char copy[64], list[80];
	size_t len;

	if (lua_type(L, idx) != LUA_TTABLE)
		script_place_raise(L, "%s: takes a table, not a %s", who, luaL_typename(L, idx));
	lfrozen_read_through(L, idx);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			script_place_raise(L, "%s: a key that is a %s; keys are names", who, luaL_typename(L, -2));
		key = lua_tolstring(L, -2, &len);
		if (is_one_of(keys, key))
			continue;
		text_printable(copy, sizeof copy, key, len);
		near = near_word(keys, key);
		if (near != NULL)
			script_place_raise(L, "%s: no key '%s'; is '%s' meant?", who, copy, near);
		script_place_raise(L, "%s: no key '%s'; there are %s", who, copy, text_list(keys, list, sizeof list));
	}
}

/* Pushes t[key] without metamethods. Returns its type. */
static int
raw_field(lua_State *L, int idx, const char *key)
{
	lua_pushstring(L, key);
	return lua_rawget(L, idx);
}

/* Copies a name of the table into out, unchanged. False: the value is not a name, and *v is a refusal. */
static bool
take_name(lua_State *L, const char *who, const char *key, char out[NAME_SIZE], struct verdict *v)
{
	const char *name;
	char text[TEXT_SIZE], copy[24];
	size_t len;
	int type = raw_field(L, 1, key);

	if (type == LUA_TNIL)
		return lua_pop(L, 1), true;
	if (type != LUA_TSTRING)
		script_place_raise(L, "%s: %s must be a string, not a %s", who, key, luaL_typename(L, -1));
	name = lua_tolstring(L, -1, &len);
	if (name_ok(name, len)) {
		memcpy(out, name, len + 1);
		return lua_pop(L, 1), true;
	}
	snprintf(text, sizeof text, "%s '%s' is not a name: 1 to 8 of A-Z, 0-9, $, @ and #", key, text_printable(copy, sizeof copy, name, len));
	refuse_here(v, "bad_name", text);
	return lua_pop(L, 1), false;
}

/* policy.accept { userid=, sysplex= } */
static int
lhost_verdict_accept(lua_State *L)
{
	static const char *const keys[] = { "userid", "sysplex", NULL };
	struct verdict *v;

	lua_settop(L, 1);
	if (lua_isnil(L, 1))
		return answer_plain(L, VERDICT_ACCEPT);
	want_keys(L, "policy.accept", 1, keys);
	if (raw_field(L, 1, "sysplex") != LUA_TNIL && !lua_isboolean(L, -1))
		script_place_raise(L, "policy.accept: sysplex must be true or false, not a %s", luaL_typename(L, -1));
	v = verdict_push(L); /* [opts sysplex v] */
	if (take_name(L, "policy.accept", "userid", v->userid, v)) {
		v->kind = VERDICT_ACCEPT;
		v->sysplex = lua_toboolean(L, 2);
	}
	return 1;
}

static bool
host_ok(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	return len < HOST_SIZE;
}

static bool
take_host(lua_State *L, struct verdict *v)
{
	const char *host;
	size_t len;
	int type = raw_field(L, 1, "host");

	if (type == LUA_TNIL)
		return lua_pop(L, 1), true;
	if (type != LUA_TSTRING)
		script_place_raise(L, "policy.install: host must be a string, not a %s", luaL_typename(L, -1));
	host = lua_tolstring(L, -1, &len);
	if (!host_ok(host, len)) {
		refuse_here(v, "bad_name", "host is not a host name: at most 116 printable characters, no blanks");
		return lua_pop(L, 1), false;
	}
	memcpy(v->install.host, host, len + 1);
	v->install.has_host = true;
	return lua_pop(L, 1), true;
}

static void
take_port(lua_State *L, struct verdict *v)
{
	lua_Integer port;
	int whole, type = raw_field(L, 1, "port");

	if (type != LUA_TNIL) {
		if (type != LUA_TNUMBER)
			script_place_raise(L, "policy.install: port must be a number, not a %s", luaL_typename(L, -1));
		port = lua_tointegerx(L, -1, &whole);
		if (!whole || port < -1 || port == 0 || port > 65535)
			script_place_raise(L, "policy.install: port must be 1 to 65535, or -1 for no call-back");
		v->install.port = (int)port;
		v->install.has_port = true;
	}
	lua_pop(L, 1);
}

/* Whether the member is "", which means the same as absence: no template, or the APPLID of the CAPEX (IPIC.md 6.2). */
static bool
blank(lua_State *L, const char *key)
{
	bool is = raw_field(L, 1, key) == LUA_TSTRING && lua_rawlen(L, -1) == 0;

	lua_pop(L, 1);
	return is;
}

static bool
take_names(lua_State *L, struct verdict *v)
{
	if (!take_name(L, "policy.install", "ipconn", v->install.ipconn, v))
		return false;
	if (!blank(L, "template") && !take_name(L, "policy.install", "template", v->install.template, v))
		return false;
	if (!blank(L, "applid") && !take_name(L, "policy.install", "applid", v->install.applid, v))
		return false;
	if (v->install.ipconn[0] != '\0')
		return true;
	refuse_here(v, "bad_name", "ipconn is missing: the answer must name the new ipconn");
	return false;
}

/* policy.install { ipconn=, template=, applid=, host=, port= } */
static int
lhost_verdict_install(lua_State *L)
{
	static const char *const keys[] = { "ipconn", "template", "applid", "host", "port", NULL };
	struct verdict *v;

	lua_settop(L, 1);
	want_keys(L, "policy.install", 1, keys);
	v = verdict_push(L);
	take_port(L, v); /* first: a wrong port is an error, whatever the names are */
	if (take_names(L, v) && take_host(L, v))
		v->kind = VERDICT_INSTALL;
	return 1;
}

/* host.kind(value) -> "accept", "refuse", "install", "pass"; nil for a value that is no verdict */
static int
lhost_verdict_kind(lua_State *L)
{
	const struct verdict *v = lhost_verdict(L, 1);

	if (v != NULL)
		lua_pushstring(L, verdict_name(v->kind));
	else
		lua_pushnil(L);
	return 1;
}

/* A member of a verdict as text; NULL: not set, or not a member of that kind of verdict. */
static const char *
text_field(const struct verdict *v, const char *key)
{
	const struct {
		const char *key, *value;
	} row[] = {
		{ "kind", verdict_name(v->kind) }, { "verdict", verdict_name(v->kind) }, { "code", v->code }, { "text", v->text },
		{ "userid", v->userid }, { "ipconn", v->install.ipconn }, { "template", v->install.template },
		{ "applid", v->install.applid }, { "file", v->file },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (strcmp(row[i].key, key) == 0)
			return row[i].value[0] != '\0' ? row[i].value : NULL;
	return NULL;
}

static const char *const fields[] = {
	"kind", "verdict", "code", "text", "userid", "sysplex", "ipconn", "template", "applid", "host", "port", "file", "line", NULL,
};

/* verdict.member -> its value, nil when it is not set; raises for a name that no verdict has */
static int
lhost_verdict_index(lua_State *L)
{
	const struct verdict *v = lhost_verdict(L, 1);
	const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	if (v == NULL)
		return luaL_error(L, "not a verdict");
	if (lua_type(L, 2) == LUA_TSTRING && !is_one_of(fields, key))
		return lstrict_refuse(L, "a verdict", fields, 2);
	if (strcmp(key, "line") == 0 && v->line > 0)
		lua_pushinteger(L, v->line);
	else if (strcmp(key, "port") == 0 && v->install.has_port)
		lua_pushinteger(L, v->install.port);
	else if (strcmp(key, "host") == 0 && v->install.has_host)
		lua_pushstring(L, v->install.host);
	else if (strcmp(key, "sysplex") == 0 && v->kind == VERDICT_ACCEPT)
		lua_pushboolean(L, v->sysplex);
	else
		lua_pushstring(L, text_field(v, key)); /* nil for NULL */
	return 1;
}

static int
lhost_verdict_newindex(lua_State *L)
{
	script_place_raise(L, "a verdict cannot be changed; make another one");
}

/* tostring(verdict) -> "refuse not_lan: 192.0.2.1 (policies/lan.lua:14)" */
static int
lhost_verdict_tostring(lua_State *L)
{
	const struct verdict *v = lhost_verdict(L, 1);

	if (v == NULL)
		return luaL_error(L, "not a verdict");
	lua_settop(L, 0);
	lua_pushstring(L, verdict_name(v->kind));
	if (v->code[0] != '\0')
		lua_pushfstring(L, " %s", v->code);
	if (v->install.ipconn[0] != '\0')
		lua_pushfstring(L, " %s", v->install.ipconn);
	if (v->text[0] != '\0')
		lua_pushfstring(L, ": %s", v->text);
	if (v->file[0] != '\0')
		lua_pushfstring(L, " (%s:%d)", v->file, v->line);
	lua_concat(L, lua_gettop(L));
	return 1;
}

void
lhost_verdict_open(struct lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "__index", lhost_verdict_index },
		{ "__newindex", lhost_verdict_newindex },
		{ "__tostring", lhost_verdict_tostring },
		{ NULL, NULL },
	};

	luaL_newlib(L, methods);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "verdict");
	lua_setfield(L, -2, "__name");
	registry_set(L, &verdict_key);
	lua_newtable(L);
	registry_set(L, &plain_key);
}

const luaL_Reg lhost_verdict_functions[] = {
	{ "accept", lhost_verdict_accept },
	{ "refuse", lhost_verdict_refuse },
	{ "install", lhost_verdict_install },
	{ "pass", lhost_verdict_pass },
	{ "no_rule", lhost_verdict_no_rule },
	{ "kind", lhost_verdict_kind },
	{ NULL, NULL },
};
