/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lpattern.h"

#include "sandbox/budget.h"
#include "sandbox/lbuf.h"

#include <lauxlib.h>
#include <lua.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum {
	DEPTH = 200,  /* as in Lua: a pattern that needs more is "too complex" */
	PAY_EACH = 128,
};

/* One item of a pattern that matches one character: [at, end), before its suffix. */
struct item {
	const char *at, *end;
};

static void
step(struct lpattern *m)
{
	if (++m->steps < PAY_EACH)
		return;
	m->steps = 0;
	budget_pay(m->L, PAY_EACH);
}

void
lpattern_begin(struct lpattern *m, struct lua_State *L, const char *subject, size_t len, const char *pattern, size_t pattern_len)
{
	m->L = L;
	m->subject = subject;
	m->end = subject + len;
	m->pattern_end = pattern + pattern_len;
	m->depth = DEPTH;
	m->captures = 0;
	m->steps = 0;
}

/* -- items -- */

/* The end of a set; p is after its '['. A ']' in the first place is a member. */
static const char *
set_end(struct lpattern *m, const char *p)
{
	bool first = true;

	if (p < m->pattern_end && *p == '^')
		p++;
	for (; p < m->pattern_end; first = false) {
		step(m);
		if (*p == ']' && !first)
			return p + 1;
		if (*p++ == '%' && p < m->pattern_end)
			p++;
	}
	luaL_error(m->L, "malformed pattern (missing ']')");
	return NULL;
}

static struct item
item_at(struct lpattern *m, const char *p)
{
	struct item it = { p, p + 1 };

	if (*p == '[')
		it.end = set_end(m, p + 1);
	else if (*p == '%') {
		if (it.end == m->pattern_end)
			luaL_error(m->L, "malformed pattern (ends with '%%')");
		it.end++;
	}
	return it;
}

static char
suffix(const struct lpattern *m, struct item it)
{
	return it.end < m->pattern_end ? *it.end : '\0';
}

static bool
in_class(int c, int letter)
{
	bool in;

	switch (tolower(letter)) {
	case 'a': in = isalpha(c); break;
	case 'c': in = iscntrl(c); break;
	case 'd': in = isdigit(c); break;
	case 'g': in = isgraph(c); break;
	case 'l': in = islower(c); break;
	case 'p': in = ispunct(c); break;
	case 's': in = isspace(c); break;
	case 'u': in = isupper(c); break;
	case 'w': in = isalnum(c); break;
	case 'x': in = isxdigit(c); break;
	case 'z': in = c == 0; break;
	default: return c == letter;
	}
	return isupper(letter) ? !in : in;
}

/* Whether the members [p, last) of a set contain c. */
static bool
in_members(struct lpattern *m, int c, const char *p, const char *last)
{
	while (p < last) {
		step(m);
		if (*p == '%') {
			if (in_class(c, (unsigned char)p[1]))
				return true;
			p += 2;
		} else if (p[1] == '-' && p + 2 < last) {
			if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
				return true;
			p += 3;
		} else if ((unsigned char)*p++ == c) {
			return true;
		}
	}
	return false;
}

static bool
in_set(struct lpattern *m, int c, struct item set)
{
	const char *p = set.at + 1;

	if (*p == '^')
		return !in_members(m, c, p + 1, set.end - 1);
	return in_members(m, c, p, set.end - 1);
}

static bool
fits(struct lpattern *m, const char *s, struct item it)
{
	int c;

	step(m);
	if (s >= m->end)
		return false;
	c = (unsigned char)*s;
	switch (*it.at) {
	case '.':
		return true;
	case '%':
		return in_class(c, (unsigned char)it.at[1]);
	case '[':
		return in_set(m, c, it);
	default:
		return c == (unsigned char)*it.at;
	}
}

/* -- repetitions -- */

static const char *
most(struct lpattern *m, const char *s, struct item it)
{
	const char *reach = s;
	const char *e;

	while (fits(m, reach, it))
		reach++;
	for (; reach >= s; reach--) {
		e = lpattern_match(m, reach, it.end + 1);
		if (e != NULL)
			return e;
	}
	return NULL;
}

static const char *
least(struct lpattern *m, const char *s, struct item it)
{
	const char *e;

	while ((e = lpattern_match(m, s, it.end + 1)) == NULL) {
		if (!fits(m, s, it))
			return NULL;
		s++;
	}
	return e;
}

/* -- captures -- */

static const char *
open_capture(struct lpattern *m, const char *s, const char *p)
{
	bool position = p + 1 < m->pattern_end && p[1] == ')';
	const char *e;

	if (m->captures >= LPATTERN_CAPTURES)
		luaL_error(m->L, "too many captures");
	m->capture[m->captures] = (struct lpattern_capture){ s, position ? LPATTERN_POSITION : LPATTERN_OPEN };
	m->captures++;
	e = lpattern_match(m, s, p + (position ? 2 : 1));
	if (e == NULL)
		m->captures--;
	return e;
}

static const char *
close_capture(struct lpattern *m, const char *s, const char *p)
{
	int i = m->captures - 1;
	const char *e;

	while (i >= 0 && m->capture[i].len != LPATTERN_OPEN)
		i--;
	if (i < 0)
		luaL_error(m->L, "invalid pattern capture");
	m->capture[i].len = s - m->capture[i].at;
	e = lpattern_match(m, s, p + 1);
	if (e == NULL)
		m->capture[i].len = LPATTERN_OPEN;
	return e;
}

/* Returns the end of the text of an earlier capture when it occurs at s; NULL: it does not. */
static const char *
same_again(struct lpattern *m, const char *s, int digit)
{
	int i = digit - '1';
	size_t len;

	if (i < 0 || i >= m->captures || m->capture[i].len == LPATTERN_OPEN)
		luaL_error(m->L, "invalid capture index %%%d", i + 1);
	if (m->capture[i].len == LPATTERN_POSITION)
		return NULL;
	len = (size_t)m->capture[i].len;
	lbuf_pay(m->L, len);
	if ((size_t)(m->end - s) < len || memcmp(s, m->capture[i].at, len) != 0)
		return NULL;
	return s + len;
}

/* -- %b and %f -- */

static const char *
balanced(struct lpattern *m, const char *s, const char *p)
{
	int nested = 0;

	if (p + 1 >= m->pattern_end)
		luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
	if (s >= m->end || *s != p[0])
		return NULL;
	for (; s < m->end; s++) {
		step(m);
		if (*s == p[1] && nested > 0) {
			if (--nested == 0)
				return s + 1;
		} else if (*s == p[0]) {
			nested++;
		}
	}
	return NULL;
}

/*
 * p is after "%f", and the item after that is the set. The NUL after the subject and a NUL before it count as
 * characters.
 */
static bool
frontier(struct lpattern *m, const char *s, const char *p, struct item *set)
{
	int before = s == m->subject ? 0 : (unsigned char)s[-1];

	if (p >= m->pattern_end || *p != '[')
		luaL_error(m->L, "missing '[' after '%%f' in pattern");
	*set = item_at(m, p);
	return !in_set(m, before, *set) && in_set(m, (unsigned char)*s, *set);
}

/* -- the matcher -- */

/* Matches one item with its suffix. True: continue at *s and *p; false: *s is the result. */
static bool
plain_item(struct lpattern *m, const char **s, const char **p)
{
	struct item it = item_at(m, *p);
	char how = suffix(m, it);
	bool fit;

	if (how == '*' || how == '-') {
		*s = how == '*' ? most(m, *s, it) : least(m, *s, it);
		return false;
	}
	fit = fits(m, *s, it);
	if (how == '+') {
		*s = fit ? most(m, *s + 1, it) : NULL;
		return false;
	}
	if (how == '?') {
		const char *e = fit ? lpattern_match(m, *s + 1, it.end + 1) : NULL;

		*p = it.end + 1;
		if (e != NULL)
			*s = e;
		return e == NULL;
	}
	*p = it.end;
	*s = fit ? *s + 1 : NULL;
	return fit;
}

/*
 * Matches an item that starts with '%' and is no class. 1: continue at *s and *p; 0: *s is the result; -1: it is a
 * class.
 */
static int
escape_item(struct lpattern *m, const char **s, const char **p)
{
	char c = *p + 1 < m->pattern_end ? (*p)[1] : '\0';
	struct item set;

	if (c == 'b') {
		*s = balanced(m, *s, *p + 2);
		*p += 4;
	} else if (c == 'f') {
		*s = frontier(m, *s, *p + 2, &set) ? *s : NULL;
		*p = *s != NULL ? set.end : *p;
	} else if (isdigit((unsigned char)c)) {
		*s = same_again(m, *s, (unsigned char)c);
		*p += 2;
	} else {
		return -1;
	}
	return *s != NULL;
}

/* Matches one item of any kind. True: continue at *s and *p; false: *s is the result. */
static bool
any_item(struct lpattern *m, const char **s, const char **p)
{
	int more;

	switch (**p) {
	case '(':
		*s = open_capture(m, *s, *p);
		return false;
	case ')':
		*s = close_capture(m, *s, *p);
		return false;
	case '$':
		if (*p + 1 != m->pattern_end)
			break;
		*s = *s == m->end ? *s : NULL;
		return false;
	case '%':
		more = escape_item(m, s, p);
		if (more >= 0)
			return more;
		break;
	}
	return plain_item(m, s, p);
}

const char *
lpattern_match(struct lpattern *m, const char *s, const char *p)
{
	step(m);
	if (m->depth-- == 0)
		luaL_error(m->L, "pattern too complex");
	while (p != m->pattern_end && any_item(m, &s, &p))
		step(m);
	m->depth++;
	return s;
}

void
lpattern_push_capture(struct lpattern *m, int i, const char *s, const char *e)
{
	const struct lpattern_capture *c = &m->capture[i];

	if (i >= m->captures) {
		if (i != 0)
			luaL_error(m->L, "invalid capture index %%%d", i + 1);
		lua_pushlstring(m->L, s, (size_t)(e - s));
	} else if (c->len == LPATTERN_POSITION) {
		lua_pushinteger(m->L, c->at - m->subject + 1);
	} else if (c->len == LPATTERN_OPEN) {
		luaL_error(m->L, "unfinished capture");
	} else {
		lbuf_pay(m->L, (size_t)c->len);
		lua_pushlstring(m->L, c->at, (size_t)c->len);
	}
}

int
lpattern_push_captures(struct lpattern *m, const char *s, const char *e)
{
	int n = m->captures == 0 && s != NULL ? 1 : m->captures;

	luaL_checkstack(m->L, n, "too many captures");
	for (int i = 0; i < n; i++)
		lpattern_push_capture(m, i, s, e);
	return n;
}
