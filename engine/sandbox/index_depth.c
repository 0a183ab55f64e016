/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/index_depth.h"

#include <stdbool.h>
#include <string.h>

enum { NESTED_MAX = 250 }; /* levels of brackets: more than Lua allows */

struct walk {
	const char *p, *end;
	int line;
	int chain;       /* indexes of the current expression so far */
	bool value;      /* the last token ends a value: a bracket behind it is a call or an index */
	bool member;     /* the last token was '.' or ':': a name behind it continues the expression */
	unsigned depth;
	struct {
		int chain;   /* of the expression before the bracket */
		bool call, index;
	} open[NESTED_MAX];
};

/* Skips a long bracket at p ("[[", "[==["). False: there is none. */
static bool
skip_long(struct walk *w)
{
	const char *p = w->p + 1;
	size_t level;

	level = strspn(p, "=");
	p += level;
	if (*w->p != '[' || *p != '[')
		return false;
	for (p++; p < w->end && !(*p == ']' && strspn(p + 1, "=") == level && p[level + 1] == ']'); p++)
		w->line += *p == '\n';
	w->p = p < w->end ? p + level + 2 : w->end;
	return true;
}

static void
skip_comment(struct walk *w)
{
	w->p += 2;
	if (w->p < w->end && skip_long(w))
		return;
	while (w->p < w->end && *w->p != '\n')
		w->p++;
}

static void
skip_quoted(struct walk *w)
{
	char quote = *w->p++;

	for (; w->p < w->end && *w->p != quote; w->p++) {
		if (w->p[0] == '\\' && w->p + 1 < w->end)
			w->p++;
		w->line += *w->p == '\n';
	}
	if (w->p < w->end)
		w->p++;
}

static bool
in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A number ends a value. The sign of an exponent belongs to it. */
static void
skip_number(struct walk *w)
{
	for (; w->p < w->end && (in_word(*w->p) || *w->p == '.'); w->p++)
		if (strchr("eEpP", *w->p) != NULL && (w->p[1] == '+' || w->p[1] == '-'))
			w->p++;
	w->chain = 0;
	w->value = true;
}

static bool
keyword(const char *p, size_t n)
{
	static const char *const words[] = { "and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in", "local", "not",
		"or", "repeat", "return", "then", "until", "while" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && memcmp(words[i], p, n) == 0)
			return true;
	return false;
}

static void
take_word(struct walk *w)
{
	const char *start = w->p;

	while (w->p < w->end && in_word(*w->p))
		w->p++;
	if (!w->member)
		w->chain = 0;
	w->value = w->member || !keyword(start, (size_t)(w->p - start));
}

static bool
open_bracket(struct walk *w)
{
	if (w->depth == NESTED_MAX)
		return false;
	w->open[w->depth].chain = w->chain;
	w->open[w->depth].call = w->value || *w->p == '{';
	w->open[w->depth++].index = *w->p == '[' && w->value;
	w->chain = 0;
	w->value = false;
	return true;
}

/* (e) has the indexes of e, a call begins at zero, and t[e] adds the indexes of t and of e. */
static void
close_bracket(struct walk *w)
{
	w->value = true;
	if (w->depth == 0)
		return;
	w->depth--;
	if (w->open[w->depth].index)
		w->chain += w->open[w->depth].chain + 1;
	else if (w->open[w->depth].call)
		w->chain = 0;
}

static bool
take_sign(struct walk *w)
{
	bool dots = w->p[0] == '.' && w->p[1] == '.';
	bool member = !dots && (*w->p == '.' || *w->p == ':');

	if (strchr("([{", *w->p) != NULL)
		return open_bracket(w) && w->p++ != NULL;
	if (strchr(")]}", *w->p) != NULL) {
		close_bracket(w);
	} else if (member) {
		w->chain += *w->p == '.';
	} else {
		w->chain = 0;
		w->value = dots; /* "..." is a value; after ".." the flag has no effect */
	}
	w->member = member;
	w->p += dots ? strspn(w->p, ".") : 1;
	return true;
}

/* Reads one token; the caller skips blanks and comments. False: nested too deep. */
static bool
take_one(struct walk *w)
{
	char c = *w->p, next = w->p[1];

	if (c == '"' || c == '\'' || (c == '[' && (next == '[' || next == '=') && skip_long(w))) {
		if (c != '[')
			skip_quoted(w);
		w->chain = 0;
		w->value = true;
	} else if ((c >= '0' && c <= '9') || (c == '.' && next >= '0' && next <= '9')) {
		skip_number(w);
	} else if (in_word(c)) {
		take_word(w);
	} else {
		return take_sign(w);
	}
	w->member = false;
	return true;
}

int
index_depth_longer(const char *text, size_t len, int max)
{
	struct walk w = { .p = text, .end = text + len, .line = 1 };

	while (w.p < w.end) {
		if (w.p[0] == '-' && w.p[1] == '-')
			skip_comment(&w);
		else if (strchr(" \t\r\n\f\v", *w.p) != NULL)
			w.line += *w.p++ == '\n';
		else if (!take_one(&w) || w.chain > max)
			return w.line;
	}
	return 0;
}
