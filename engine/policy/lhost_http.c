/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_http: policy.http: an HTTP request to a host that policy_http of the region names. */
#include "policy/lhost_wait.h"

#include "net/http_url.h"
#include "policy/lhost_json.h"
#include "policy/record_answer.h"
#include "tls/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECONDS 1.0
#define SHOWN 200 /* bytes of a URL in the record, without its query, which may hold a password */
#define STEPS_PER_KILOBYTE 100

/* --- the answer ------------------------------------------------------------------------------- */

static const char *
lhost_http_words(const struct waited *a, char *out, size_t size)
{
	snprintf(out, size, "%d, %zu bytes", a->status, a->len);
	return out;
}

static int
lhost_http_push(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const struct waited *a)
{
	(void)s;
	lua_createtable(L, 0, 3);
	lua_pushinteger(L, a->status);
	lua_setfield(L, -2, "status");
	lhost_pay(L, h, a->len / 1024 * STEPS_PER_KILOBYTE);
	lua_pushlstring(L, a->body, a->len);
	lua_setfield(L, -2, "body");
	lhost_json_push(L, h, a->body, a->len);
	lua_setfield(L, -2, "json");
	return 1;
}

/* A mock's answer has json or body; the status is 200 when it has none. */
static void
lhost_http_push_mocked(struct lua_State *L, struct lhost *h)
{
	static const char *const keys[] = { "status", "json", "body" };

	(void)h;
	lua_createtable(L, 0, 3);
	lua_pushinteger(L, 200);
	lua_setfield(L, -2, "status");
	lua_pushliteral(L, "");
	lua_setfield(L, -2, "body");
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		lua_pushstring(L, keys[i]);
		if (lua_rawget(L, -3) != LUA_TNIL)
			lua_setfield(L, -2, keys[i]);
		else
			lua_pop(L, 1);
	}
}

static const struct lhost_wait_function http = { "http", MOCK_HTTP, lhost_wait_keep_body, lhost_http_words, lhost_http_push,
	.push_mocked = lhost_http_push_mocked };

/* --- the request ------------------------------------------------------------------------------ */

/* The string on the top, kept on the stack below the loop's two values. [-0, +0, may throw] */
static const char *
want_text(lua_State *L, const char *key, size_t *len)
{
	const char *text;

	if (lua_type(L, -1) != LUA_TSTRING)
		script_place_raise(L, "policy.http: %s must be a string, not a %s", key, luaL_typename(L, -1));
	text = lua_tolstring(L, -1, len);
	if (strcmp(key, "body") != 0 && strlen(text) != *len)
		script_place_raise(L, "policy.http: %s holds a NUL", key);
	return text;
}

static void
take_method(lua_State *L, struct wait_call *c, const char *text)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(text, methods[i]) == 0) {
			c->method = methods[i];
			return;
		}
	script_place_raise(L, "policy.http: method is \"GET\", \"POST\", \"PUT\", \"PATCH\" or \"DELETE\", not '%s'", text);
}

/* Whether the text may stand in a line of a request. */
static bool
is_printable(const char *text, bool blank)
{
	for (; *text != '\0'; text++)
		if (*text > '~' || *text < (blank ? ' ' : '!'))
			return false;
	return true;
}

/*
 * Whether the header says where the request ends, or which server it is for. Requests share connections: one with a
 * length of its own would become the beginning of another one.
 */
static bool
is_reserved(const char *name)
{
	static const char *const reserved[] = { "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
		"Transfer-Encoding", "Upgrade" };

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcasecmp(name, reserved[i]) == 0)
			return true;
	return false;
}

/* The text at idx; NULL: no string, or it holds a zero byte. */
static const char *
text_at(lua_State *L, int idx)
{
	size_t len = 0;
	const char *text = lua_type(L, idx) == LUA_TSTRING ? lua_tolstring(L, idx, &len) : NULL;

	return text != NULL && strlen(text) == len ? text : NULL;
}

/* Adds a header; the line stays on the stack. [-0, +1, may throw] */
static void
add_header(lua_State *L, struct wait_call *c)
{
	const char *name = text_at(L, -2), *value = text_at(L, -1);

	if (name == NULL || value == NULL || name[0] == '\0' || strchr(name, ':') != NULL || !is_printable(name, false) || !is_printable(value, true))
		script_place_raise(L, "policy.http: headers are { NAME = \"value\" }, printable ASCII");
	if (is_reserved(name))
		script_place_raise(L, "policy.http: the header %s cannot be set; the engine sends it as the URL and the body need it", name);
	if (c->headers == WAIT_HEADERS)
		script_place_raise(L, "policy.http: more than %d headers", WAIT_HEADERS);
	c->header[c->headers++] = lua_pushfstring(L, "%s: %s", name, value);
}

/* The lines stay on the stack. [-0, +*, may throw] */
static void
take_headers(lua_State *L, struct wait_call *c)
{
	int table;

	lua_pushliteral(L, "headers");
	if (lua_rawget(L, 1) == LUA_TNIL)
		return;
	table = lua_gettop(L);
	if (!lua_istable(L, table))
		script_place_raise(L, "policy.http: headers are { NAME = \"value\" }, printable ASCII");
	for (lua_pushnil(L); lua_next(L, table) != 0;) {
		add_header(L, c); /* [key value line] */
		lua_replace(L, -2);
		lua_insert(L, -2); /* [line key] */
	}
}

static void
take_body(lua_State *L, struct lhost *h, struct wait_call *c)
{
	size_t len = 0;

	lua_pushliteral(L, "body");
	if (lua_rawget(L, 1) != LUA_TNIL)
		c->body = want_text(L, "body", &len);
	lua_pushliteral(L, "json");
	if (lua_rawget(L, 1) != LUA_TNIL) {
		if (c->body != NULL)
			script_place_raise(L, "policy.http: body or json, not both");
		c->body = lhost_json_text(L, h, -1, &len);
		c->type = "application/json";
	}
	if (len > LHOST_JSON_MAX)
		script_place_raise(L, "policy.http: the body has more than %d bytes", LHOST_JSON_MAX);
	c->len = len;
}

static void
take_url(lua_State *L, struct wait_call *c)
{
	struct fault f;
	size_t len;

	lua_pushliteral(L, "url");
	lua_rawget(L, 1);
	c->url = want_text(L, "url", &len);
	if (!is_printable(c->url, false) || http_url_check(c->url, c->name, sizeof c->name, &f) < 0)
		script_place_raise(L, "policy.http: url: %s", is_printable(c->url, false) ? f.text : "it holds a character that a URL has not");
}

/* Checks the keys, and takes timeout, down and method. [-0, +0, may throw] */
static void
take_options(lua_State *L, struct lhost_waiting *s)
{
	size_t len;

	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (strcmp(key, "method") == 0)
			take_method(L, &s->call, want_text(L, key, &len));
		else if (strcmp(key, "url") != 0 && strcmp(key, "json") != 0 && strcmp(key, "body") != 0 && strcmp(key, "headers") != 0
			 && !lhost_wait_option(L, s, key))
			script_place_raise(L, "policy.http: no option '%s'; there are url, method, json, body, headers, timeout and down", key);
	}
}

/* Whether a word of the list is the host; names are equal in each case of their letters. */
static bool
is_named(const char *words, const char *host)
{
	size_t len = strlen(host);

	for (; words != NULL && *words != '\0'; words += strcspn(words, " "), words += *words == ' ')
		if (strcspn(words, " ") == len && strncasecmp(words, host, len) == 0)
			return true;
	return false;
}

static int
lhost_http_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/*
 * Names the call by a digest of its values; the order of the headers differs in each Lua state and does not count. A
 * partner may choose a part of the values, and no two calls may have one name.
 */
static void
name_call(struct wait_call *c)
{
	int shown = (int)strcspn(c->url, "?") < SHOWN ? (int)strcspn(c->url, "?") : SHOWN;
	char part[2 + WAIT_HEADERS][65], all[65];

	tls_digest(c->url, strlen(c->url), part[0]);
	tls_digest(c->body, c->len, part[1]);
	for (size_t i = 0; i < c->headers; i++)
		tls_digest(c->header[i], strlen(c->header[i]), part[2 + i]);
	qsort(part[2], c->headers, sizeof part[0], lhost_http_compare);
	tls_digest(part, (2 + c->headers) * sizeof part[0], all);
	snprintf(c->text, sizeof c->text, "http %s %.*s #%.*s", c->method, shown, c->url, LHOST_DIGITS, all);
}

/* host.http { url =, method =, json = or body =, headers =, timeout =, down = } -> { status =, json =, body = } */
static int
lhost_http_ask(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	struct lhost_waiting *s;

	if (!lua_istable(L, 1))
		script_place_raise(L, "policy.http: takes a table { url =, ... }, not a %s", luaL_typename(L, 1));
	lua_settop(L, 1);
	s = lhost_wait_push(L, &http, WAIT_HTTP, SECONDS);
	take_options(L, s);
	lhost_want_asking(L, h, "policy.http");
	take_url(L, &s->call);
	take_body(L, h, &s->call);
	take_headers(L, &s->call);
	if (s->call.method == NULL)
		s->call.method = s->call.body != NULL ? "POST" : "GET";
	lhost_pay(L, h, s->call.len / 1024 * STEPS_PER_KILOBYTE);
	name_call(&s->call);
	s->barred = !is_named(h->hosts, s->call.name);
	return lhost_wait_ask(L, h, s, s->call.url);
}

const luaL_Reg lhost_http_functions[] = {
	{ "http", lhost_http_ask },
	{ NULL, NULL },
};
