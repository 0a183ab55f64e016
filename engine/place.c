/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	struct places *places;
	const char *at, *end;
	int line;
	int depth; /* of braces */
	const char *word; /* the last thing that can be a key; NULL: something else came after it */
	size_t word_len;
	int word_line;
};

/* One more at the end of a list that doubles; NULL without memory. */
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
	struct places *p = s->places;
	struct place_key *list = one_more(p->key, p->nkeys, sizeof *list);

	if (list == NULL)
		return;
	p->key = list;
	list[p->nkeys++] = (struct place_key){ (size_t)(s->word - p->text), s->word_len, s->word_line, (int)p->ngroups };
}

static void
keep_group(struct scan *s)
{
	struct places *p = s->places;
	struct place_group *list = one_more(p->group, p->ngroups, sizeof *list);

	if (list == NULL)
		return;
	p->group = list;
	list[p->ngroups++].line = s->line;
}

static void
step(struct scan *s)
{
	s->line += *s->at++ == '\n';
}

static void
skip_line(struct scan *s)
{
	while (s->at < s->end && *s->at != '\n')
		s->at++;
}

/* How many '=' stand in a long bracket that opens here; -1: none opens. */
static int
long_level(const struct scan *s)
{
	const char *p = s->at;

	if (p >= s->end || *p++ != '[')
		return -1;
	while (p < s->end && *p == '=')
		p++;
	return p < s->end && *p == '[' ? (int)(p - s->at) - 1 : -1;
}

static void
skip_long(struct scan *s, int level)
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
skip_comment(struct scan *s)
{
	int level;

	s->at += 2;
	level = long_level(s);
	if (level >= 0)
		skip_long(s, level);
	else
		skip_line(s);
}

/* A quoted string; it may be the key of ["key"] = value. */
static void
quoted(struct scan *s)
{
	char quote = *s->at++;

	s->word = s->at;
	s->word_line = s->line;
	while (s->at < s->end && *s->at != quote && *s->at != '\n') {
		if (*s->at == '\\' && s->at + 1 < s->end)
			step(s);
		step(s);
	}
	s->word_len = (size_t)(s->at - s->word);
	if (s->at < s->end && *s->at == quote)
		s->at++;
}

static void
word(struct scan *s)
{
	s->word = s->at;
	s->word_line = s->line;
	while (s->at < s->end && (isalnum((unsigned char)*s->at) || *s->at == '_'))
		s->at++;
	s->word_len = (size_t)(s->at - s->word);
}

static void
mark(struct scan *s)
{
	char c = *s->at;

	if (c == '=' && s->at + 1 < s->end && s->at[1] == '=')
		s->at++;
	else if (c == '=' && s->depth == 1 && s->word != NULL)
		keep_key(s);
	else if (c == '{' && s->depth++ == 0)
		keep_group(s);
	else if (c == '}' && s->depth > 0)
		s->depth--;
	if (c != ']')
		s->word = NULL;
	s->at++;
}

void
places_read(struct places *p, const char *text, size_t len)
{
	struct scan s = { .places = p, .at = text, .end = text + len, .line = 1 };

	*p = (struct places){ .text = text };
	while (s.at < s.end) {
		int level = long_level(&s);

		if (level >= 0)
			skip_long(&s, level);
		else if (*s.at == '-' && s.at + 1 < s.end && s.at[1] == '-')
			skip_comment(&s);
		else if (*s.at == '"' || *s.at == '\'')
			quoted(&s);
		else if (isalnum((unsigned char)*s.at) || *s.at == '_')
			word(&s);
		else if (isspace((unsigned char)*s.at))
			step(&s);
		else
			mark(&s);
	}
}

void
places_free(struct places *p)
{
	free(p->key);
	free(p->group);
	*p = (struct places){ .text = NULL };
}

/* The first table that opens on the constructor's line or the next is the constructor's; several may open on one line. A
 * table further down belongs to somebody else: this constructor was given one that was written elsewhere. */
static int
first_group(const struct places *p, int line)
{
	for (size_t i = 0; i < p->ngroups; i++)
		if (p->group[i].line >= line)
			return p->group[i].line <= line + 1 ? (int)i + 1 : 0;
	return 0;
}

int
place_of(const struct places *p, int line, const char *key)
{
	int first = first_group(p, line);

	for (size_t i = 0; i < p->nkeys && first > 0; i++) {
		const struct place_key *k = &p->key[i];

		if (k->group < first || k->len != strlen(key) || memcmp(p->text + k->at, key, k->len) != 0)
			continue;
		if (k->group == first || p->group[k->group - 1].line == p->group[first - 1].line)
			return k->line;
	}
	return line;
}
