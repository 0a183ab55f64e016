/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/check_sites.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/luatext.h"

#define BEHIND 6 /* tokens of kind LUATEXT_END before the first and behind the last one, so that no look leaves the list */
#define NAMES_MAX 16

struct names { /* that a text gives to the library or to policy.check */
	const struct luatext_token *name[NAMES_MAX];
	size_t n;
};

static bool
is_word(const struct luatext_token *t, const char *word)
{
	return t->kind == LUATEXT_WORD && t->len == strlen(word) && memcmp(t->start, word, t->len) == 0;
}

static bool
is_mark(const struct luatext_token *t, char mark)
{
	return t->kind == LUATEXT_MARK && *t->start == mark;
}

static bool
holds(const struct names *names, const struct luatext_token *t)
{
	for (size_t i = 0; i < names->n && t->kind == LUATEXT_WORD; i++)
		if (names->name[i]->len == t->len && memcmp(names->name[i]->start, t->start, t->len) == 0)
			return true;
	return false;
}

static void
add_name(struct names *names, const struct luatext_token *t)
{
	if (t->kind == LUATEXT_WORD && names->n < NAMES_MAX)
		names->name[names->n++] = t;
}

/* NAME = require "policy", NAME = require("policy"); t is the token `require`. */
static bool
is_library(const struct luatext_token *t)
{
	const struct luatext_token *name = is_mark(t + 1, '(') ? t + 2 : t + 1;

	return is_word(t, "require") && is_mark(t - 1, '=') && name->kind == LUATEXT_QUOTED && name->len == 6 &&
		memcmp(name->start, "policy", 6) == 0;
}

/* MODULE.check; t is the token `check`. */
static bool
is_member(const struct names *modules, const struct luatext_token *t)
{
	return is_word(t, "check") && is_mark(t - 1, '.') && holds(modules, t - 2);
}

static bool
is_alone(const struct luatext_token *t)
{
	return !is_mark(t - 1, '.') && !is_mark(t - 1, ':') && !is_word(t - 1, "function");
}

/* A string in quotes that is a whole argument. */
static bool
is_constant(const struct luatext_token *t)
{
	return t->kind == LUATEXT_QUOTED && is_mark(t + 1, ',');
}

/* All tokens of the text, between BEHIND ends; *n: their number. NULL: no memory. */
static struct luatext_token *
read_tokens(const char *text, size_t len, size_t *n)
{
	struct luatext t = { .at = text, .end = text + len, .line = 1 };
	struct luatext_token *all = calloc(len + 1 + 2 * BEHIND, sizeof *all); /* a token has a byte at least */

	for (*n = 0; all != NULL; (*n)++) {
		all[BEHIND + *n] = luatext_next(&t);
		if (all[BEHIND + *n].kind == LUATEXT_END)
			break;
	}
	return all;
}

int
check_sites(const char *text, size_t len, void (*found)(void *arg, int line, const char *name, size_t name_len), void *arg)
{
	struct names modules = { .n = 0 }, checks = { .n = 0 };
	size_t n;
	struct luatext_token *all = read_tokens(text, len, &n);

	for (const struct luatext_token *t = all + BEHIND; all != NULL && t < all + BEHIND + n; t++) {
		bool member = is_member(&modules, t);

		if (is_library(t))
			add_name(&modules, t - 2);
		if (member && !is_mark(t + 1, '(') && is_mark(t - 3, '='))
			add_name(&checks, t - 4);
		if (is_mark(t + 1, '(') && (member || (holds(&checks, t) && is_alone(t))))
			found(arg, t->line, is_constant(t + 2) ? t[2].start : NULL, t[2].len);
	}
	free(all);
	return all != NULL ? 0 : -1;
}
