/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/past_text.h"

#include <stdbool.h>
#include <string.h>

struct cut { /* the text that is read, and its copy */
	const char *at, *end;
	char *out;
};

/* The end of the string that begins at s with its quote: behind its closing quote. */
static const char *
behind_string(const char *s, const char *end)
{
	const char *quote = s;

	while ((quote = memchr(quote + 1, '"', (size_t)(end - quote - 1))) != NULL) {
		const char *slash = quote;

		while (slash[-1] == '\\')
			slash--;
		if ((quote - slash) % 2 == 0)
			return quote + 1;
	}
	return end;
}

/* The end of the value that begins at s. */
static const char *
behind_value(const char *s, const char *end)
{
	int depth = 0;

	while (s < end) {
		if (*s == '"')
			s = behind_string(s, end);
		else if (depth == 0 && (*s == ',' || *s == '}' || *s == ']'))
			return s;
		else
			depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']'), s++;
		if (depth == 0 && s < end && (*s == ',' || *s == '}' || *s == ']'))
			return s;
	}
	return end;
}

static bool
is_unread(const char *name, size_t len)
{
#define NAME(word) { word, sizeof(word) - 1 }
	static const struct {
		const char *word;
		size_t len;
	} names[] = { NAME("events"), NAME("checks"), NAME("text"), NAME("file"), NAME("milliseconds"), NAME("microseconds"), NAME("subject"), NAME("issuer"),
		NAME("errors"), NAME("san"), NAME("serial"), NAME("not_before"), NAME("not_after"), NAME("hash"), NAME("reason"), NAME("notes"), NAME("stage"),
		NAME("params"), NAME("ok"), NAME("complete"), NAME("above") };
#undef NAME

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].len == len && names[i].word[0] == name[0] && memcmp(names[i].word, name, len) == 0)
			return true;
	return false;
}

/*
 * Whether the reader takes the value as one that is absent: null, false, {} and []; but an answer of the region, and
 * the tokens that a rate had left, are there.
 */
static bool
is_empty(const char *name, size_t len, const char *value, size_t left)
{
	if ((len == 6 && memcmp(name, "answer", 6) == 0) || (len == 4 && memcmp(name, "left", 4) == 0) || left < 2)
		return false;
	return *value == 'n' || *value == 'f' || memcmp(value, "{}", 2) == 0 || memcmp(value, "[]", 2) == 0;
}

/* Skips the value behind a name, and the comma that would stand alone. */
static void
skip(struct cut *c, const char *value)
{
	c->at = behind_value(value, c->end);
	if (c->at < c->end && *c->at == ',')
		c->at++;
	else if (c->out[-1] == ',')
		c->out--;
}

static void
take_string(struct cut *c)
{
	const char *s = c->at, *behind = behind_string(s, c->end);

	if (behind < c->end && *behind == ':' && behind - s > 2) {
		size_t len = (size_t)(behind - s - 2);

		if (is_unread(s + 1, len) || is_empty(s + 1, len, behind + 1, (size_t)(c->end - behind - 1))) {
			skip(c, behind + 1);
			return;
		}
	}
	memcpy(c->out, s, (size_t)(behind - s));
	c->out += behind - s;
	c->at = behind;
}

size_t
past_text_cut(char *out, const char *account, size_t len)
{
	struct cut c = { account, account + len, out };

	while (c.at < c.end)
		if (*c.at == '"' && c.out > out)
			take_string(&c);
		else
			*c.out++ = *c.at++;
	return (size_t)(c.out - out);
}
