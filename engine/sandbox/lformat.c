/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lformat.h"

#include "sandbox/budget.h"
#include "sandbox/lbuf.h"

#include <lauxlib.h>
#include <lua.h>

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SPEC_MAX = 22,   /* flags, width and precision of one conversion */
	NUMBER_MAX = 512 /* longest text of one number: 309 digits, a point, 99 more, a sign */
};

/* The flags that the conversions of these letters allow. */
struct rule {
	const char *letters, *flags;
	bool precision;
};

/* One conversion: "%-5.3" and its letter. */
struct spec {
	char text[SPEC_MAX + 8]; /* NUL-terminated, for snprintf */
	size_t n;
	bool precision;
	char letter;
	const struct rule *rule; /* NULL for %q */
};

static const struct rule rules[] = {
	{ "c", "-", false },
	{ "di", "-+0 ", true },
	{ "u", "-0", true },
	{ "oxX", "-#0", true },
	{ "aA", "-+#0 ", true },
	{ "feEgG", "-+#0 ", true },
	{ "p", "-", false },
	{ "s", "-", true },
};

static const struct rule *
rule_of(char letter)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (letter != '\0' && strchr(rules[i].letters, letter) != NULL)
			return &rules[i];
	return NULL;
}

static const char *
two_digits(const char *p)
{
	if (isdigit((unsigned char)*p))
		p++;
	if (isdigit((unsigned char)*p))
		p++;
	return p;
}

/* Whether the text between '%' and the letter follows the rule. A width does not begin with 0. */
static bool
allowed(const char *p, const struct rule *rule)
{
	p += strspn(p, rule->flags);
	if (*p != '0') {
		p = two_digits(p);
		if (*p == '.' && rule->precision)
			p = two_digits(p + 1);
	}
	return isalpha((unsigned char)*p);
}

/* Reads the conversion after a '%' into *spec. Returns the place of its letter. */
static const char *
read_spec(lua_State *L, const char *p, struct spec *spec)
{
	size_t n = strspn(p, "-+ #0123456789.");
	const struct rule *rule;

	if (n >= SPEC_MAX)
		luaL_error(L, "invalid format (too long)");
	spec->text[0] = '%';
	memcpy(spec->text + 1, p, n + 1);
	spec->text[n + 2] = '\0';
	spec->n = n + 1;
	spec->letter = p[n];
	spec->precision = memchr(p, '.', n) != NULL;
	if (spec->letter == 'q' && n > 0)
		luaL_error(L, "specifier '%%q' cannot have modifiers");
	rule = rule_of(spec->letter);
	if (spec->letter != 'q' && rule == NULL)
		luaL_error(L, "invalid conversion '%s' to 'format'", spec->text);
	spec->rule = rule;
	return p + n;
}

/* Called before a conversion reaches snprintf. */
static void
check_spec(lua_State *L, const struct spec *spec)
{
	if (!allowed(spec->text + 1, spec->rule))
		luaL_error(L, "invalid conversion specification: '%s'", spec->text);
}

/*
 * read_spec has checked these conversions against the rules, so that snprintf gets only formats that fit the argument.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void
add_integer(struct lbuf *b, struct spec *spec, int arg)
{
	lua_Integer v = luaL_checkinteger(b->L, arg);

	check_spec(b->L, spec);
	memcpy(spec->text + spec->n, "ll", 2);
	spec->text[spec->n + 2] = spec->letter;
	spec->text[spec->n + 3] = '\0';
	b->n += (size_t)snprintf(lbuf_room(b, NUMBER_MAX), NUMBER_MAX, spec->text, (long long)v);
}

static void
add_float(struct lbuf *b, const struct spec *spec, int arg)
{
	lua_Number v = luaL_checknumber(b->L, arg);

	check_spec(b->L, spec);
	b->n += (size_t)snprintf(lbuf_room(b, NUMBER_MAX), NUMBER_MAX, spec->text, v);
}

static void
add_char(struct lbuf *b, const struct spec *spec, int arg)
{
	check_spec(b->L, spec);
	b->n += (size_t)snprintf(lbuf_room(b, NUMBER_MAX), NUMBER_MAX, spec->text, (int)luaL_checkinteger(b->L, arg));
}

static void
add_pointer(struct lbuf *b, struct spec *spec, const void *p)
{
	char *room = lbuf_room(b, NUMBER_MAX);

	check_spec(b->L, spec);
	if (p == NULL) {
		spec->text[spec->n] = 's';
		b->n += (size_t)snprintf(room, NUMBER_MAX, spec->text, "(null)");
	} else {
		b->n += (size_t)snprintf(room, NUMBER_MAX, spec->text, p);
	}
}

/* Width and precision are at most 99, so a long string is copied whole, without snprintf. */
static void
add_string(struct lbuf *b, const struct spec *spec, int arg)
{
	size_t len;
	const char *s = luaL_tolstring(b->L, arg, &len);

	if (spec->n == 1) {
		lbuf_add(b, s, len);
		lua_pop(b->L, 1);
		return;
	}
	lbuf_pay(b->L, len);
	luaL_argcheck(b->L, strlen(s) == len, arg, "string contains zeros");
	check_spec(b->L, spec);
	if (!spec->precision && len >= 100) {
		lbuf_add(b, s, len);
	} else {
		b->n += (size_t)snprintf(lbuf_room(b, NUMBER_MAX), NUMBER_MAX, spec->text, s);
	}
	lua_pop(b->L, 1);
}

#pragma GCC diagnostic pop

static void
quote_string(struct lbuf *b, const char *s, size_t len)
{
	lbuf_pay(b->L, 8 * len);
	lbuf_char(b, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\' || c == '\n') {
			lbuf_char(b, '\\');
			lbuf_char(b, (char)c);
		} else if (iscntrl(c)) {
			bool digit = isdigit((unsigned char)s[i + 1]); /* a NUL follows the last byte */

			b->n += (size_t)snprintf(lbuf_room(b, 5), 5, digit ? "\\%03d" : "\\%d", c);
		} else {
			lbuf_char(b, (char)c);
		}
	}
	lbuf_char(b, '"');
}

static void
quote_number(struct lbuf *b, int arg)
{
	char text[64];

	if (lua_isinteger(b->L, arg)) {
		long long v = lua_tointeger(b->L, arg);

		snprintf(text, sizeof text, v == LLONG_MIN ? "0x%llx" : "%lld", v);
	} else {
		double v = lua_tonumber(b->L, arg);

		if (isinf(v))
			strcpy(text, v > 0 ? "1e9999" : "-1e9999");
		else if (isnan(v))
			strcpy(text, "(0/0)");
		else
			snprintf(text, sizeof text, "%a", v);
	}
	lbuf_add(b, text, strlen(text));
}

static void
add_quoted(struct lbuf *b, int arg)
{
	size_t len;
	const char *s;

	switch (lua_type(b->L, arg)) {
	case LUA_TSTRING:
		s = lua_tolstring(b->L, arg, &len);
		quote_string(b, s, len);
		break;
	case LUA_TNUMBER:
		quote_number(b, arg);
		break;
	case LUA_TNIL:
	case LUA_TBOOLEAN:
		s = luaL_tolstring(b->L, arg, &len);
		lbuf_add(b, s, len);
		lua_pop(b->L, 1);
		break;
	default:
		luaL_argerror(b->L, arg, "value has no literal form");
	}
}

static void
add_argument(struct lbuf *b, struct spec *spec, int arg)
{
	switch (spec->letter) {
	case 'c':
		add_char(b, spec, arg);
		break;
	case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
		add_integer(b, spec, arg);
		break;
	case 'p':
		add_pointer(b, spec, lua_topointer(b->L, arg));
		break;
	case 'q':
		add_quoted(b, arg);
		break;
	case 's':
		add_string(b, spec, arg);
		break;
	default:
		add_float(b, spec, arg);
	}
}

int
lformat_format(struct lua_State *L)
{
	int top = lua_gettop(L), arg = 1;
	size_t len;
	const char *p = luaL_checklstring(L, 1, &len);
	const char *stop = p + len;
	struct spec spec;
	struct lbuf b;

	lbuf_begin(&b, L);
	for (; p < stop; p++) {
		const char *c = memchr(p, '%', (size_t)(stop - p));

		budget_pay(L, 4);
		lbuf_add(&b, p, (size_t)((c != NULL ? c : stop) - p));
		if (c == NULL)
			break;
		p = c + 1;
		if (*p == '%') {
			lbuf_char(&b, '%');
			continue;
		}
		if (++arg > top)
			return luaL_argerror(L, arg, "no value");
		p = read_spec(L, p, &spec);
		add_argument(&b, &spec, arg);
	}
	lbuf_push(&b);
	return 1;
}

/* -- pack -- */

/*
 * The most bytes that Lua's functions can write or skip for a format, strings not counted: 16 for each letter, and each
 * number.
 */
static size_t
format_bytes(lua_State *L, const char *p, size_t len)
{
	size_t sum = 0, number = 0;

	lbuf_pay(L, 16 * len);
	for (size_t i = 0; i < len; i++) {
		bool digit = isdigit((unsigned char)p[i]);

		number = !digit ? 0 : number > INT_MAX / 10 ? INT_MAX : number * 10 + (size_t)(p[i] - '0');
		sum += digit ? number : 16;
		if (sum >> 40 != 0)
			return sum;
	}
	return sum;
}

/* Calls Lua's own function in the same frame, so that its errors name ours. */
static int
call_stock(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Lua's own pack uses a buffer that grows by doubling without a collection, so the room is made before. */
static int
lformat_pack(lua_State *L)
{
	size_t len;
	const char *p = luaL_checklstring(L, 1, &len);
	size_t bytes = format_bytes(L, p, len);

	for (int i = 2; i <= lua_gettop(L); i++)
		bytes += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 16;
	budget_pay(L, (size_t)lua_gettop(L));
	lbuf_pay(L, 16 * bytes);
	budget_room(L, 4 * bytes);
	return call_stock(L);
}

static int
lformat_packsize(lua_State *L)
{
	size_t len;

	luaL_checklstring(L, 1, &len);
	lbuf_pay(L, 64 * len);
	return call_stock(L);
}

static int
lformat_unpack(lua_State *L)
{
	size_t len, data;

	luaL_checklstring(L, 1, &len);
	luaL_checklstring(L, 2, &data);
	lbuf_pay(L, 64 * len);
	lbuf_pay(L, data);
	return call_stock(L);
}

static const luaL_Reg tolled[] = {
	{ "pack", lformat_pack },
	{ "packsize", lformat_packsize },
	{ "unpack", lformat_unpack },
};

void
lformat_add_pack(struct lua_State *L)
{
	for (size_t i = 0; i < sizeof tolled / sizeof *tolled; i++) {
		lua_getfield(L, -2, tolled[i].name);
		lua_pushcclosure(L, tolled[i].func, 1);
		lua_setfield(L, -2, tolled[i].name);
	}
}
