/* SPDX-License-Identifier: Apache-2.0 */
#include "base/luatext.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
luatext_escape(char out[LUATEXT_ESCAPED], unsigned char c)
{
	if (c < 0x20 || c >= 0x7f)
		return (size_t)snprintf(out, LUATEXT_ESCAPED, "\\%03d", c);
	return (size_t)snprintf(out, LUATEXT_ESCAPED, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
}

static void
step(struct luatext *s)
{
	s->line += *s->at++ == '\n';
}

static void
skip_line(struct luatext *s)
{
	while (s->at < s->end && *s->at != '\n')
		s->at++;
}

/* The number of '=' in the long bracket that opens here; -1: none opens. */
static int
long_level(const struct luatext *s)
{
	const char *p = s->at;

	if (p >= s->end || *p++ != '[')
		return -1;
	while (p < s->end && *p == '=')
		p++;
	return p < s->end && *p == '[' ? (int)(p - s->at) - 1 : -1;
}

static void
skip_long(struct luatext *s, int level)
{
	int seen = -1; /* '=' since the last ']'; -1: no ']' yet */

	for (s->at += level + 2; s->at < s->end; step(s)) {
		if (*s->at == ']' && seen == level) {
			s->at++;
			return;
		}
		if (*s->at == ']')
			seen = 0;
		else if (*s->at == '=' && seen >= 0)
			seen++;
		else
			seen = -1;
	}
}

static void
skip_comment(struct luatext *s)
{
	int level;

	s->at += 2;
	level = long_level(s);
	if (level >= 0)
		skip_long(s, level);
	else
		skip_line(s);
}

/* Skips a backslash and what belongs to it: an end of line may be two characters; after z comes any white space. */
static void
escaped(struct luatext *s)
{
	bool line, blanks;

	step(s);
	line = s->at < s->end && *s->at == '\r';
	blanks = s->at < s->end && *s->at == 'z';
	if (s->at < s->end)
		step(s);
	if (line && s->at < s->end && *s->at == '\n')
		step(s);
	while (blanks && s->at < s->end && isspace((unsigned char)*s->at))
		step(s);
}

/* The token is the text between the quotes. */
static void
quoted(struct luatext *s, struct luatext_token *t)
{
	char quote = *s->at++;

	t->start = s->at;
	while (s->at < s->end && *s->at != quote && *s->at != '\n') {
		if (*s->at == '\\')
			escaped(s);
		else
			step(s);
	}
	t->len = (size_t)(s->at - t->start);
	if (s->at < s->end && *s->at == quote)
		s->at++;
}

static bool
in_word(const struct luatext *s)
{
	return s->at < s->end && (isalnum((unsigned char)*s->at) || *s->at == '_');
}

static void
skip_blanks(struct luatext *s)
{
	for (;;)
		if (s->at < s->end && isspace((unsigned char)*s->at))
			step(s);
		else if (s->at + 1 < s->end && s->at[0] == '-' && s->at[1] == '-')
			skip_comment(s);
		else
			return;
}

size_t
luatext_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

struct luatext_token
luatext_next(struct luatext *s)
{
	struct luatext_token t;
	int level;

	skip_blanks(s);
	t = (struct luatext_token){ .kind = LUATEXT_END, .start = s->at, .line = s->line };
	level = long_level(s);
	if (s->at >= s->end)
		return t;
	t.kind = level >= 0 ? LUATEXT_LONG : *s->at == '"' || *s->at == '\'' ? LUATEXT_QUOTED : in_word(s) ? LUATEXT_WORD : LUATEXT_MARK;
	if (t.kind == LUATEXT_QUOTED) {
		quoted(s, &t);
		return t;
	}
	if (t.kind == LUATEXT_LONG)
		skip_long(s, level);
	else if (t.kind == LUATEXT_MARK)
		s->at++;
	while (t.kind == LUATEXT_WORD && in_word(s))
		s->at++;
	t.len = (size_t)(s->at - t.start);
	return t;
}

/* --- the elements of the list that is returned ------------------------------------------------ */

struct rows {
	const char *after; /* the word before the table: "return", or the name in rows = { */
	size_t after_len;
	bool assigned;     /* a = is between the word and the table */
	int *line;         /* owned */
	size_t n;
	int nest;          /* depth of nested brackets */
	enum { ROWS_SEEK, ROWS_WORD, ROWS_EQUALS, ROWS_INSIDE } state;
	bool fresh;        /* inside: the next token begins an element */
	const char *name;  /* the word after the last `return`; NULL: no word */
	size_t name_len;
	bool failed;
};

static void
row_begins(struct rows *r, int line)
{
	int *list = r->n == 0 || (r->n & (r->n - 1)) == 0 ? realloc(r->line, (r->n ? 2 * r->n : 1) * sizeof *list) : r->line;

	r->fresh = false;
	r->failed |= list == NULL;
	if (list == NULL)
		return;
	r->line = list;
	list[r->n++] = line;
}

static bool
is_word(const struct luatext_token *t, const char *word, size_t len)
{
	return t->kind == LUATEXT_WORD && t->len == len && memcmp(t->start, word, len) == 0;
}

/* Outside of brackets: the word, then the =, then the table. Of several the last one counts. */
static void
seek(struct rows *r, const struct luatext_token *t)
{
	char mark = t->kind == LUATEXT_MARK ? *t->start : '\0';

	if (is_word(t, r->after, r->after_len)) {
		r->state = r->assigned ? ROWS_EQUALS : ROWS_WORD;
		r->n = r->assigned ? r->n : 0; /* a name may stand anywhere; of several returns the last one is the return of the chunk */
		r->name = NULL;
	} else if (r->state == ROWS_EQUALS && mark == '=') {
		r->state = ROWS_WORD;
	} else if (r->state == ROWS_WORD && mark == '{') {
		r->state = ROWS_INSIDE;
		r->fresh = true;
		r->n = 0;
	} else {
		if (r->state == ROWS_WORD && t->kind == LUATEXT_WORD) {
			r->name = t->start;
			r->name_len = t->len;
		}
		r->state = ROWS_SEEK;
	}
}

static void
take(struct rows *r, const struct luatext_token *t)
{
	char mark = t->kind == LUATEXT_MARK && *t->start != '\0' ? *t->start : 'x'; /* strchr finds a NUL in every text */
	bool opens = strchr("([{", mark) != NULL, closes = strchr(")]}", mark) != NULL, ends = mark == ',' || mark == ';';

	if (r->nest == 0)
		seek(r, t);
	else if (r->state == ROWS_INSIDE && r->nest == 1 && ends)
		r->fresh = true;
	else if (r->state == ROWS_INSIDE && r->nest == 1 && r->fresh && !closes)
		row_begins(r, t->line);
	r->nest += opens;
	if (closes && r->nest > 0 && --r->nest == 0)
		r->state = ROWS_SEEK;
}

static void
read_rows(const char *text, size_t len, struct rows *r)
{
	struct luatext s = { .at = text, .end = text + len, .line = 1 };
	struct luatext_token t;

	while ((t = luatext_next(&s)).kind != LUATEXT_END)
		take(r, &t);
}

size_t
luatext_rows(const char *text, size_t len, int **lines)
{
	struct rows r = { .after = "return", .after_len = 6 };

	read_rows(text, len, &r);
	if (r.n == 0 && r.name != NULL) {
		free(r.line);
		r = (struct rows){ .after = r.name, .after_len = r.name_len, .assigned = true };
		read_rows(text, len, &r);
	}
	*lines = r.line;
	return r.failed ? 0 : r.n;
}

int
luatext_quoted(const char *text, size_t len, const char *bytes)
{
	struct luatext s = { .at = text, .end = text + len, .line = 1 };
	struct luatext_token t;
	int line = 0;

	while ((t = luatext_next(&s)).kind != LUATEXT_END) {
		if (t.kind != LUATEXT_QUOTED || t.len != strlen(bytes) || memcmp(t.start, bytes, t.len) != 0)
			continue;
		if (line != 0)
			return 0;
		line = t.line;
	}
	return line;
}
