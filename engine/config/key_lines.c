/* SPDX-License-Identifier: Apache-2.0 */
#include "config/key_lines.h"

#include "base/luatext.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_DEEP 200 /* the deepest nesting that Lua allows */

/* All keys of all tables, for key_lines_twice. */
struct every {
	struct key_lines_key *key; /* owned; group is the number of its table */
	size_t n;
	int table[TABLES_DEEP + 1], tables; /* open tables by depth, counted from 1 */
	bool failed, code;
};

struct scan {
	struct key_lines *places;
	struct every *every; /* NULL: not collected */
	char before;         /* the token before: a mark, 'w' a word, '[' one that begins a key, 0 any other */
	char lead;           /* the token before word */
	bool in_quotes;      /* word has quotation marks */
	struct luatext text;
	int depth; /* of braces */
	const char *word; /* the last token that can be a key; NULL: another token followed it */
	size_t word_len;
	int word_line;
};

/* Makes room for one more in a list that doubles; NULL without memory. */
static void *
one_more(void *list, size_t n, size_t size)
{
	if (n != 0 && (n & (n - 1)) != 0)
		return list;
	return realloc(list, (n ? 2 * n : 1) * size);
}

static void
keep_key(struct scan *s)
{
	struct key_lines *p = s->places;
	struct key_lines_key *list = one_more(p->key, p->nkeys, sizeof *list);

	if (list == NULL)
		return;
	p->key = list;
	list[p->nkeys++] = (struct key_lines_key){ s->word, s->word_len, s->word_line, (int)p->ngroups };
}

static void
keep_group(struct scan *s)
{
	struct key_lines *p = s->places;
	struct key_lines_group *list = one_more(p->group, p->ngroups, sizeof *list);

	if (list == NULL)
		return;
	p->group = list;
	list[p->ngroups++].line = s->text.line;
}

/*
 * Whether the word is a key: it follows { , or ; or it follows a [ that begins a key, and is in quotation marks or a
 * number.
 */
static void
keep_every(struct scan *s, struct every *e)
{
	bool key = s->in_quotes || isdigit((unsigned char)*s->word) ? s->lead == '[' : s->lead == '{' || s->lead == ',' || s->lead == ';';
	struct key_lines_key *list;

	if (!key || e->code || s->depth < 1 || s->depth > TABLES_DEEP)
		return;
	list = one_more(e->key, e->n, sizeof *list);
	if (list == NULL) {
		e->failed = true;
		return;
	}
	e->key = list;
	list[e->n++] = (struct key_lines_key){ s->word, s->word_len, s->word_line, e->table[s->depth] };
}

static void
open_every(struct scan *s, struct every *e)
{
	e->tables++;
	if (s->depth <= TABLES_DEEP)
		e->table[s->depth] = e->tables;
}

/* A name, or a quoted string, which may be the key of ["key"] = value. */
static void
word(struct scan *s, const struct luatext_token *t)
{
	s->word = t->start;
	s->word_len = t->len;
	s->word_line = t->line;
	s->lead = s->before;
	s->in_quotes = t->kind == LUATEXT_QUOTED;
	s->before = 'w';
	if (s->every != NULL && t->kind == LUATEXT_WORD && t->len == 8 && memcmp(t->start, "function", 8) == 0)
		s->every->code = true;
}

static void
equals(struct scan *s)
{
	if (s->text.at < s->text.end && *s->text.at == '=') {
		s->text.at++;
		return;
	}
	if (s->word != NULL && s->every != NULL)
		keep_every(s, s->every);
	if (s->word != NULL && s->depth == 1)
		keep_key(s);
}

static void
brace(struct scan *s)
{
	if (s->depth++ == 0)
		keep_group(s);
	if (s->every != NULL)
		open_every(s, s->every);
}

static void
mark(struct scan *s, char c)
{
	bool begins = c != '[' || (s->before != 0 && strchr("{,;", s->before) != NULL); /* a [ in another place is an index */

	if (c == '=')
		equals(s);
	else if (c == '{')
		brace(s);
	else if (c == '}' && s->depth > 0)
		s->depth--;
	if (c != ']')
		s->word = NULL;
	s->before = begins ? c : 0;
}

static void
scan(struct key_lines *p, const char *text, size_t len, int before, struct every *every)
{
	struct scan s = { .places = p, .every = every, .text = { .at = text, .end = text + len, .line = before + 1 } };
	struct luatext_token t;

	while ((t = luatext_next(&s.text)).kind != LUATEXT_END)
		if (t.kind == LUATEXT_LONG)
			s.before = 0;
		else if (t.kind == LUATEXT_MARK)
			mark(&s, *t.start);
		else
			word(&s, &t);
}

void
key_lines_add(struct key_lines *p, const char *text, size_t len, int before)
{
	scan(p, text, len, before, NULL);
}

void
key_lines_free(struct key_lines *p)
{
	free(p->key);
	free(p->group);
	*p = (struct key_lines){ .nkeys = 0 };
}

/*
 * Returns the constructor's table: the first that opens on its line or on the next one (several may open on one line).
 * A table further down belongs to another constructor: this one was called with a table written elsewhere.
 */
static int
first_group(const struct key_lines *p, int line)
{
	size_t low = 0, high = p->ngroups;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->group[middle].line >= line)
			high = middle;
		else
			low = middle + 1;
	}
	return low < p->ngroups && p->group[low].line <= line + 1 ? (int)low + 1 : 0;
}

/*
 * The first key of that group or of a later one; p->nkeys: there is none. Keys and groups are in the order of the
 * text.
 */
static size_t
first_key(const struct key_lines *p, int group)
{
	size_t low = 0, high = p->nkeys;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->key[middle].group >= group)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int
key_lines_of(const struct key_lines *p, int line, const char *key)
{
	int first = first_group(p, line);

	for (size_t i = first > 0 ? first_key(p, first) : p->nkeys; i < p->nkeys; i++) {
		const struct key_lines_key *k = &p->key[i];

		if (p->group[k->group - 1].line != p->group[first - 1].line)
			break;
		if (k->len == strlen(key) && memcmp(k->at, key, k->len) == 0)
			return k->line;
	}
	return line;
}

/* --- twice ------------------------------------------------------------------------------------ */

/* [1] and ["1"] are different keys. */
static bool
is_number(const struct key_lines_key *k)
{
	return isdigit((unsigned char)*k->at) && k->at[-1] != '"' && k->at[-1] != '\'';
}

static int
same_key(const struct key_lines_key *a, const struct key_lines_key *b)
{
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	if (is_number(a) != is_number(b))
		return is_number(a) ? -1 : 1;
	return memcmp(a->at, b->at, a->len);
}

/* Order: by table, by name, by place. */
static int
key_lines_name_order(const void *a, const void *b)
{
	const struct key_lines_key *x = a, *y = b;
	int order = same_key(x, y);

	return order != 0 ? order : x->at < y->at ? -1 : x->at > y->at;
}

int
key_lines_twice(const char *text, size_t len, struct key_lines_key *out)
{
	struct every e = { .n = 0 };
	struct key_lines p = { .nkeys = 0 };
	int found = 0;

	scan(&p, text, len, 0, &e);
	key_lines_free(&p);
	if (e.n > 0)
		qsort(e.key, e.n, sizeof *e.key, key_lines_name_order);
	for (size_t i = 1; i < e.n; i++) {
		if (same_key(&e.key[i - 1], &e.key[i]) != 0 || (found && out->at < e.key[i].at))
			continue;
		*out = e.key[i];
		found = 1;
	}
	free(e.key);
	return e.failed ? -1 : found;
}
